import { createRequire } from 'node:module';
import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readHeadersOnce } from './kafka-headers.js';

type Headers = Record<string, string | Buffer | null | (string | Buffer)[]>;
interface Encoder {
  readonly buffer: Buffer;
}
const require = createRequire(import.meta.url);
const Decoder = require('kafkajs/src/protocol/decoder.js') as new (buffer: Buffer) => {
  readVarIntBytes(): Buffer;
};
const encode = require('kafkajs/src/protocol/recordBatch/record/v0/index.js') as (record: {
  key: null;
  value: Buffer;
  headers: Headers;
}) => Encoder;
const decode = require('kafkajs/src/protocol/recordBatch/record/v0/decoder.js') as (
  decoder: unknown,
  batch: object,
) => { value: Buffer; headers: Headers };

/** Through kafkajs' own encoder and decoder of a record. */
function throughKafkajs(headers: Headers): { value: Buffer; headers: Headers } {
  const { buffer } = encode({ key: null, value: Buffer.from('value'), headers });
  const record = new Decoder(buffer).readVarIntBytes();
  return decode(new Decoder(record), { firstOffset: '0', firstTimestamp: '0', magicByte: 2 });
}

/** kafkajs takes what an object inherits, `constructor` for one, for a header's first value. */
const inherited = (name: string | undefined): boolean => (name ?? '') in {};

function firstText(value: Headers[string] | undefined): string | undefined {
  const first = Array.isArray(value) ? value[0] : value;
  return first === null || first === undefined ? undefined : first.toString();
}

describe('headers read once', () => {
  beforeEach(() => readHeadersOnce());
  afterAll(() => readHeadersOnce(false));

  it('are those kafkajs reads, as text, the first value of each', () => {
    const value = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 80 }),
      fc.constantFrom('binance', 'novate.trade.v1', '1', '2'),
    );
    const name = fc.oneof(fc.string({ minLength: 1 }), fc.constantFrom('ce_source', 'ce_type'));
    // Twelve names of five values are 60 headers: no record reaches the limit, which has its own test below.
    const some = fc.dictionary(
      name,
      fc.oneof(value, fc.array(value, { minLength: 1, maxLength: 5 })),
      { maxKeys: 12 },
    );
    fc.assert(
      fc.property(fc.array(some, { minLength: 1, maxLength: 4 }), (records) => {
        // One after the other: what was read at a place before must not stay there.
        for (const headers of records) {
          readHeadersOnce(false);
          const theirs = throughKafkajs(headers);
          readHeadersOnce();
          const ours = throughKafkajs(headers);
          expect(ours.value).toEqual(theirs.value);
          const expected = Object.entries(theirs.headers)
            .map(([key, each]) => [key, firstText(each)])
            .filter(([key]) => !inherited(key));
          const read = Object.entries(ours.headers).filter(([key]) => !inherited(key));
          expect(read).toEqual(expected);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('may have names that objects inherit', () => {
    const { headers } = throughKafkajs({ constructor: 'x', toString: 'y' } as never);
    expect(Object.entries(headers)).toEqual([
      ['constructor', 'x'],
      ['toString', 'y'],
    ]);
  });

  it('are at most 64, and what follows them is read all the same', () => {
    const many = Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`h${i}`, `${i}`]));
    const { headers, value } = throughKafkajs(many);
    expect(Object.keys(headers)).toHaveLength(64);
    expect(headers['h63']).toBe('63');
    expect(value.toString()).toBe('value');
  });

  it('are counted by their values, since a name with many is a header for each on the wire', () => {
    const values = Array.from({ length: 64 }, (_, i) => `${i}`);
    const { headers, value } = throughKafkajs({ first: values, second: 'unread' });
    expect(Object.entries(headers)).toEqual([['first', '0']]);
    expect(value.toString()).toBe('value');
  });
});
