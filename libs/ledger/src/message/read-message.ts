import { isUtf8 } from 'node:buffer';
import type { Micros, StreamPosition, StreamTopic } from '#events';
import { type Rejection, type RejectName, reject } from '../codes.js';
import type { InputBody } from '../commands.js';
import { checkId } from '../ids.js';
import { bodyOf, Unreadable } from './body.js';

/** Limits of one message. */
export const MAX_MESSAGE_BYTES = 1_048_576;
export const MAX_JSON_DEPTH = 16;

/** Kafka topics of the sequenced inputs. */
export const topics: { readonly [T in StreamTopic]: string } = {
  trades: 'novate.trades.v1',
  deposits: 'novate.deposits.v1',
  marks: 'novate.marks.v1',
  funding: 'novate.funding.v1',
  windows: 'novate.windows.v1',
};

/** A message as it came: its topic, its CloudEvents headers (`ce_...`), its bytes. */
export interface Message {
  readonly topic: StreamTopic;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly value: Uint8Array;
}

export type ReadMessage =
  | { readonly ok: true; readonly at: StreamPosition; readonly body: InputBody }
  | {
      readonly ok: false;
      /** Where the envelope was readable: the message still takes its place in its stream. */
      readonly at?: StreamPosition;
      readonly rejection: Rejection;
      readonly occurredAt: Micros;
    };

/** Reads and shape-checks one message. Never throws, whatever the bytes. Meaning is checked by `decide`. */
export function readMessage(message: Message): ReadMessage {
  const envelope = readEnvelope(message);
  if ('rejection' in envelope) {
    return { ok: false, rejection: envelope.rejection, occurredAt: 0 };
  }
  const { at, type } = envelope;
  try {
    return { ok: true, at, body: bodyOf(message.topic, type, readJson(message.value)) };
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    return { ok: false, at, rejection: error.rejection, occurredAt: 0 };
  }
}

function missing(field: string, reason: string): { rejection: Rejection } {
  return { rejection: reject('MISSING_ENVELOPE', field, reason) };
}

function readEnvelope({
  topic,
  headers,
}: Message): { readonly at: StreamPosition; readonly type: string } | { rejection: Rejection } {
  const { ce_source: venue, ce_subject: key, ce_type: type } = headers;
  if (venue === undefined || venue === '') return missing('source', 'source is missing');
  if (key === undefined || key === '') return missing('subject', 'subject is missing');
  if (type === undefined || type === '') return missing('type', 'type is missing');
  const sequence = wholeNumber(headers['ce_sequence']);
  if (sequence === undefined) return missing('sequence', 'sequence is not a whole number above 0');
  const window = wholeNumber(headers['ce_window']);
  if (window === undefined) return missing('window', 'window is not a whole number above 0');
  const malformed = checkId('source', venue) ?? checkId('subject', key);
  if (malformed !== undefined) return { rejection: malformed };
  return { at: { stream: { venue, topic, key }, sequence, window }, type };
}

function wholeNumber(text: string | undefined): number | undefined {
  if (text === undefined || !/^[1-9]\d{0,15}$/.test(text)) return undefined;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : undefined;
}

function unreadable(name: RejectName, reason: string): Unreadable {
  return new Unreadable(reject(name, 'value', reason));
}

function readJson(value: Uint8Array): unknown {
  if (value.byteLength > MAX_MESSAGE_BYTES) {
    throw unreadable('TOO_LARGE', `the message has ${value.byteLength} bytes`);
  }
  if (!isUtf8(value)) throw unreadable('INVALID_ENCODING', 'the message is not UTF-8');
  if (depthOf(value) > MAX_JSON_DEPTH) {
    throw unreadable('TOO_DEEP', `the message nests deeper than ${MAX_JSON_DEPTH} levels`);
  }
  try {
    return JSON.parse(textOf(value)) as unknown;
  } catch {
    throw unreadable('MALFORMED_JSON', 'the message is not valid JSON');
  }
}

/** A view over the same bytes, unless they are a Buffer already, as they are from every channel we have. */
function textOf(value: Uint8Array): string {
  const bytes = Buffer.isBuffer(value)
    ? value
    : Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  return bytes.toString('utf8');
}

const [QUOTE, BACKSLASH, OPEN, CLOSE] = [0x22, 0x5c, 0x5b, 0x5d];

/** Deepest nesting of brackets outside strings, found without a parser that could be overrun. */
function depthOf(bytes: Uint8Array): number {
  let depth = 0;
  let deepest = 0;
  for (let i = 0; i < bytes.length; i += 1) {
    const byte = bytes[i]!;
    if (byte === QUOTE) {
      for (i += 1; i < bytes.length && bytes[i] !== QUOTE; i += 1) {
        if (bytes[i] === BACKSLASH) i += 1;
      }
    } else if ((byte & 0xdf) === OPEN) {
      // [ is 0x5b and { is 0x7b: they differ in bit 5 only. The same holds for ] and }.
      depth += 1;
      if (depth > deepest) deepest = depth;
    } else if ((byte & 0xdf) === CLOSE) {
      depth -= 1;
    }
  }
  return deepest;
}
