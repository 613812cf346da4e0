import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { bytesToHex, type Hex, hexToBytes } from 'viem';
import { SettlementRefused } from '../codes.js';
import { decodePayload, encodePayload, INDEX_LIMIT, type Payload } from './payload.js';

const LIMIT = 1n << 95n;
const TO: Hex = `0x${'00'.repeat(19)}7f`;

const index = fc.oneof(fc.nat(60), fc.nat(INDEX_LIMIT - 1));
const delta = fc
  .oneof(fc.bigInt(-9n, 9n), fc.bigInt(-LIMIT, LIMIT - 1n))
  .filter((each) => each !== 0n);
const to = fc
  .uint8Array({ minLength: 20, maxLength: 20 })
  .filter((bytes) => bytes.some((each) => each > 0))
  .map((bytes) => bytesToHex(bytes));
const payloads: fc.Arbitrary<Payload> = fc.record({
  entries: fc
    .uniqueArray(fc.record({ index, delta }), { selector: (each) => each.index })
    .map((entries) => entries.toSorted((a, b) => a.index - b.index)),
  withdrawals: fc
    .array(fc.record({ index, to, amount: fc.bigInt(1n, (1n << 128n) - 1n) }))
    .map((withdrawals) => withdrawals.toSorted((a, b) => a.index - b.index)),
});

const codeOf = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    if (error instanceof SettlementRefused) return error.code;
    throw error;
  }
  return 'done';
};

describe('payload codec v1', () => {
  it('comes back from its bytes', () => {
    fc.assert(
      fc.property(payloads, (payload) => {
        expect(decodePayload(encodePayload(payload))).toEqual(payload);
      }),
      { numRuns: 300 },
    );
  });

  it('reads no bytes but those it writes: a payload altered in one byte is refused or another', () => {
    fc.assert(
      fc.property(payloads, fc.nat(), fc.integer({ min: 1, max: 255 }), (payload, at, by) => {
        const bytes = encodePayload(payload);
        const place = at % bytes.length;
        bytes[place] = bytes[place]! ^ by;
        const code = codeOf(() => decodePayload(bytes));
        if (code !== 'done') return;
        const read = decodePayload(bytes);
        expect(read).not.toEqual(payload);
        expect(encodePayload(read)).toEqual(bytes);
      }),
      { numRuns: 500 },
    );
  });

  it('lays them out as the contract reads them', () => {
    const bytes = encodePayload({
      entries: [
        { index: 0, delta: -3n },
        { index: 17, delta: 1n },
        { index: 18, delta: 300n },
        { index: 19, delta: -298n },
      ],
      withdrawals: [{ index: 18, to: TO, amount: 258n }],
    });
    const pair = (slot: string, even: string, odd: string): string =>
      slot.padStart(8, '0') + even.padStart(24, '0') + odd.padStart(24, '0');
    const pairs = [pair('0', '5', ''), pair('8', '', '2'), pair('9', '258', '253')];
    const withdrawal = '00000012' + TO.slice(2) + '102'.padStart(32, '0');
    expect(bytesToHex(bytes)).toBe(`0x0100030001${pairs.join('')}${withdrawal}`);
  });

  it.each([
    ['no bytes', '', '8002_PAYLOAD_LENGTH'],
    ['another version', '0200000000', '8001_UNKNOWN_CODEC'],
    ['a byte too many', '010000000000', '8002_PAYLOAD_LENGTH'],
    ['a pair too few', '0100010000', '8002_PAYLOAD_LENGTH'],
    ['a pair of zeros', `0100010000${'00'.repeat(28)}`, '8004_EMPTY_ENTRY'],
    ['a slot above the last', `010001000000080000${'00'.repeat(23)}02`, '8010_INDEX_OUT_OF_RANGE'],
    ['a slot beyond 2^31', `010001000080000000${'00'.repeat(23)}02`, '8010_INDEX_OUT_OF_RANGE'],
    [
      'a slot twice',
      `0100020000${`00000003${'00'.repeat(23)}02`.repeat(2)}`,
      '8003_ENTRIES_UNSORTED',
    ],
  ])('refuses %s', (_what, hex, code) => {
    expect(codeOf(() => decodePayload(hexToBytes(`0x${hex}`)))).toBe(code);
  });

  const entries = [{ index: 3, delta: 1n }];
  const withdrawal = { index: 3, to: TO, amount: 1n };
  it.each<[string, Partial<Payload>, string]>([
    ['an index twice', { entries: [...entries, ...entries] }, '8003_ENTRIES_UNSORTED'],
    ['a delta of zero', { entries: [{ index: 3, delta: 0n }] }, '8004_EMPTY_ENTRY'],
    ['a delta of 96 bits', { entries: [{ index: 3, delta: LIMIT }] }, '8005_DELTA_OUT_OF_RANGE'],
    ['half an index', { entries: [{ index: 3.5, delta: 1n }] }, '8010_INDEX_OUT_OF_RANGE'],
    ['an index below zero', { entries: [{ index: -1, delta: 1n }] }, '8010_INDEX_OUT_OF_RANGE'],
    [
      'withdrawals out of order',
      { withdrawals: [withdrawal, { ...withdrawal, index: 2 }] },
      '8006_WITHDRAWALS_UNSORTED',
    ],
    [
      'nothing to pay',
      { withdrawals: [{ ...withdrawal, amount: 0n }] },
      '8007_AMOUNT_OUT_OF_RANGE',
    ],
    [
      'an amount of 129 bits',
      { withdrawals: [{ ...withdrawal, amount: 1n << 128n }] },
      '8007_AMOUNT_OUT_OF_RANGE',
    ],
    [
      'nobody',
      { withdrawals: [{ ...withdrawal, to: `0x${'00'.repeat(20)}` }] },
      '8008_ZERO_ADDRESS',
    ],
    [
      'capitals',
      { withdrawals: [{ ...withdrawal, to: `0x${'AB'.repeat(20)}` }] },
      '8009_INVALID_ADDRESS',
    ],
    [
      'more than a transaction carries',
      { withdrawals: Array.from({ length: 3_001 }, () => withdrawal) },
      '8011_BATCH_TOO_LARGE',
    ],
  ])('does not encode %s', (_what, part, code) => {
    expect(codeOf(() => encodePayload({ entries: [], withdrawals: [], ...part }))).toBe(code);
  });

  it('says which field, and what mends it', () => {
    const refused = new SettlementRefused('ZERO_ADDRESS', 'withdrawals[3]', 'it pays to nobody');
    expect(refused.message).toBe(
      '8008_ZERO_ADDRESS: withdrawals[3]: it pays to nobody. Name an address that somebody can hold.',
    );
  });
});
