import { createRequire } from 'node:module';

/** Headers of a message that are read: the envelope has nine, tracing a few. */
const MAX_HEADERS = 64;

type ReadArray = (this: unknown, reader: (decoder: unknown) => unknown) => readonly unknown[];
interface KafkaDecoder {
  readonly prototype: { readVarIntArray: ReadArray };
}

const require = createRequire(import.meta.url);
let bound = false;

/**
 * Lets kafkajs see the first headers of a message only. It copies all headers of a record once for
 * each of them, so one message full of them, well below the broker's limit, would hold the process
 * for hours. They are read to their end; nothing else on the wire is an array of this kind.
 */
export function boundHeaders(): void {
  if (bound) return;
  bound = true;
  const { prototype } = require('kafkajs/src/protocol/decoder.js') as KafkaDecoder;
  const readAll = prototype.readVarIntArray;
  prototype.readVarIntArray = function (reader) {
    const all = readAll.call(this, reader);
    return all.length > MAX_HEADERS ? all.slice(0, MAX_HEADERS) : all;
  };
}
