import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { canonicalJson } from '../canonical.js';
import type { AnyNewEvent } from '../event.js';
import { InvalidEvent } from '../journal/errors.js';
import type { BatchHeader } from '../journal/journal.js';
import { rejection, trade, trades, unwritable } from '../testing/facts.js';
import { CODEC, decodeEvents, encodeEvents } from './codec.js';

function roundTrip(events: readonly AnyNewEvent[]): string[] {
  const place = { shard: 0, seq: 0, firstPosition: 0, count: events.length, epoch: 1 };
  const header: BatchHeader = { ...place, codec: CODEC, recordedAt: 1, offsets: [] };
  return decodeEvents(encodeEvents(events), header).map((event) => {
    const { position: _, recordedAt: __, ...rest } = event as { position?: 0; recordedAt?: 0 };
    return canonicalJson(rest);
  });
}

/** An event with any data at all: the codec knows nothing of the vocabulary. */
const withData = (data: unknown): AnyNewEvent =>
  ({ ...trade(1), type: 'AssetRegistered', data }) as unknown as AnyNewEvent;

const key = fc.string({ unit: 'grapheme', maxLength: 12 }).filter((k) => k !== '__proto__');
const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { maxDepth: 4 },
    fc.string({ unit: 'grapheme', maxLength: 80 }),
    fc.maxSafeInteger(),
    fc.boolean(),
    fc.array(tie('any'), { maxLength: 5 }),
    fc.dictionary(key, tie('any'), { maxKeys: 6, noNullPrototype: true }),
  ),
})).any;

describe('the codec', () => {
  it('brings back any data JSON can hold', () => {
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 30 }), (data) => {
        const events = data.map(withData);
        expect(roundTrip(events)).toEqual(events.map((event) => canonicalJson(event)));
      }),
      { numRuns: 150 },
    );
  });
  it('keeps times, sequences and sizes up to 2^53 - 1 exactly', () => {
    const numbers = [0, 1, -1, 2 ** 31, 2 ** 32, 2 ** 32 + 1, 1_723_161_600_000_001];
    const all = [...numbers, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER];
    expect(roundTrip([withData({ all })])).toEqual([canonicalJson(withData({ all }))]);
  });
  it('survives more shapes than msgpackr has numbers for', () => {
    const events = Array.from({ length: 3_000 }, (_, i) =>
      withData({ [`key${i % 1_000}`]: { i } }),
    );
    expect(roundTrip(events)).toEqual(events.map((event) => canonicalJson(event)));
  });
  it('needs nothing but the batch to read it', () => {
    const alone = encodeEvents(trades(0, 3));
    encodeEvents([withData({ other: 'shape' }), ...trades(3, 5)]);
    expect(encodeEvents(trades(0, 3)).equals(alone)).toBe(true);
  });
  it('keeps the keys that outsiders choose, and stores no shape for them', () => {
    const headers = JSON.parse('{"__proto__":"x","hasOwnProperty":"y","\\u0000":"z"}') as never;
    const events = [rejection(headers), trade(1), rejection({ a: 'b' })];
    expect(roundTrip(events)).toEqual(events.map((event) => canonicalJson(event)));
  });
  it.each(['\ud800', 'a\udc00b', `${'x'.repeat(200)}\ud83d`, '\udc00\ud800'])(
    'refuses the lone surrogate in %j',
    (text) => {
      expect(() => encodeEvents([trade(1), withData({ text })])).toThrow(InvalidEvent);
      expect(() => encodeEvents([rejection({ [text]: '' })])).toThrow(InvalidEvent);
    },
  );
  it('names the event it refuses', () => {
    expect(() => encodeEvents([trade(1), unwritable()])).toThrow(unwritable().id);
  });
  it('accepts the replacement character, Hangul and emoji', () => {
    const event = withData({ text: '\ufffd 한국어 \ud7a3 😀' });
    expect(roundTrip([event])).toEqual([canonicalJson(event)]);
  });
  it('does not read payloads of other codecs', () => {
    const place = { shard: 0, seq: 7, firstPosition: 0, count: 1, epoch: 1 };
    const header = { ...place, codec: 'ndjson/1', recordedAt: 1, offsets: [] };
    expect(() => decodeEvents(encodeEvents([trade(1)]), header)).toThrow('ndjson/1');
  });
  it('takes less than half the bytes of the JSON', () => {
    const events = trades(0, 1_000);
    const json = events.map((event) => JSON.stringify(event)).join('\n').length;
    expect(encodeEvents(events).byteLength).toBeLessThan(json / 2);
  });
});
