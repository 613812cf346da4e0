import { createRequire } from 'node:module';

/** Headers of a message that are read: the envelope has nine, tracing a few. */
const MAX_HEADERS = 64;
/** Texts up to this length are compared with the one that stood at the same place in the message before. */
const MAX_KNOWN = 64;

/** kafkajs' reader over the bytes of one record. */
interface Cursor {
  readonly buffer: Buffer;
  offset: number;
  readVarInt(): number;
}
type ReadArray = (this: Cursor, reader: (cursor: Cursor) => unknown) => unknown;
interface KafkaDecoder {
  readonly prototype: { readVarIntArray: ReadArray };
}

const require = createRequire(import.meta.url);
const { prototype } = require('kafkajs/src/protocol/decoder.js') as KafkaDecoder;
const readAsKafkajs = prototype.readVarIntArray;

/**
 * Lets kafkajs read the headers of a record in one pass, as text, the first MAX_HEADERS of them and the first value of
 * each name. It would copy all headers once for each of them: for an ordinary message a third of all garbage there is,
 * and for one full of headers, well below the broker's limit, hours. Nothing else on the wire is an array of this kind,
 * and the one caller does nothing with it but `reduce`.
 * @param on false: as kafkajs has it, for whoever wants to compare
 */
export function readHeadersOnce(on = true): void {
  prototype.readVarIntArray = on ? headersOf : readAsKafkajs;
}

function headersOf(this: Cursor): { reduce(): Record<string, string> } {
  const headers = readHeaders(this);
  return { reduce: () => headers };
}

function readHeaders(cursor: Cursor): Record<string, string> {
  const headers: Record<string, string> = {};
  const count = cursor.readVarInt();
  for (let i = 0; i < count && cursor.offset < cursor.buffer.length; i += 1) {
    const read = i < MAX_HEADERS;
    const name = readText(cursor, read ? names[i] : undefined, read);
    const value = readText(cursor, read ? values[i] : undefined, read);
    // `__proto__` set to a text is no text: such a header is not one we know anyway.
    if (name !== undefined && value !== undefined && !Object.hasOwn(headers, name)) {
      headers[name] = value;
    }
  }
  return headers;
}

/** The text last read at one place: messages of a topic have the same names, and many of the same values, in the same places. */
class Known {
  private readonly bytes = new Uint8Array(MAX_KNOWN);
  private length = -1;
  private text = '';

  read(buffer: Buffer, from: number, length: number): string {
    if (length === this.length && this.isSame(buffer, from)) return this.text;
    const text = buffer.toString('utf8', from, from + length);
    for (let i = 0; i < length; i += 1) this.bytes[i] = buffer[from + i]!;
    this.length = length;
    this.text = text;
    return text;
  }

  private isSame(buffer: Buffer, from: number): boolean {
    // From the end: what counts up differs there.
    for (let i = this.length - 1; i >= 0; i -= 1) {
      if (buffer[from + i] !== this.bytes[i]) return false;
    }
    return true;
  }
}

const names = Array.from({ length: MAX_HEADERS }, () => new Known());
const values = Array.from({ length: MAX_HEADERS }, () => new Known());

/** A length, -1 for none, and so many bytes of UTF-8. */
function readText(cursor: Cursor, known: Known | undefined, wanted: boolean): string | undefined {
  const length = cursor.readVarInt();
  if (length < 0) return undefined;
  const from = cursor.offset;
  cursor.offset += length;
  if (!wanted) return undefined;
  if (known === undefined || length > MAX_KNOWN) {
    return cursor.buffer.toString('utf8', from, from + length);
  }
  return known.read(cursor.buffer, from, length);
}
