import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { personalFields, personalPlace } from './fields.js';
import { openText, parseSealed, SealBroken, sealText, type SealedPlace } from './sealed.js';

const key = Uint8Array.from({ length: 32 }, (_, i) => i);
const place = personalPlace('MemberRegistered', 'M01');
const mine = { subject: 'member:M01', key: 1 };

function opened(sealed: string, at: SealedPlace = place, dataKey: Uint8Array = key): string {
  const parsed = parseSealed(sealed);
  if (parsed === undefined) throw new Error(`not sealed: ${sealed}`);
  return openText(parsed, at, dataKey);
}

/** What another implementation (Python's cryptography) sealed; see the golden event's provenance. */
function golden(type: keyof typeof personalFields, file: string): Record<string, string> {
  const text = readFileSync(new URL(`../golden/${file}.json`, import.meta.url), 'utf8');
  const { event } = JSON.parse(text) as { event: { type: string; data: Record<string, string> } };
  expect(event.type).toBe(type);
  return event.data;
}

describe('sealed text', () => {
  it.each([
    ['MemberRegistered', 1],
    ['WithdrawalRequested', 2],
  ] as const)('of the golden %s is what another implementation makes', (type, number) => {
    const { field, id } = personalFields[type];
    const sealed = golden(type, type);
    const plain = golden(type, `old/${type}.1`)[field]!;
    const at = personalPlace(type, sealed[id]!);
    expect(sealText(plain, at, { subject: 'member:M01', key: number }, key)).toBe(sealed[field]);
    expect(opened(sealed[field]!, at)).toBe(plain);
  });

  const text = fc.string({ unit: 'grapheme', maxLength: 200 });
  const dataKey = fc.uint8Array({ minLength: 32, maxLength: 32 });

  it('opens to what was sealed, and seals to the same bytes again', () => {
    fc.assert(
      fc.property(text, dataKey, (plain, secret) => {
        const sealed = sealText(plain, place, mine, secret);
        expect(opened(sealed, place, secret)).toBe(plain);
        expect(sealText(plain, place, mine, secret)).toBe(sealed);
      }),
    );
  });
  it('does not open with any bit changed', () => {
    const sealed = parseSealed(sealText('Zürich Clearing', place, mine, key))!;
    for (let bit = 0; bit < sealed.box.length * 8; bit += 1) {
      const box = Buffer.from(sealed.box);
      box[bit >> 3]! ^= 1 << (bit & 7);
      expect(() => openText({ ...sealed, box }, place, key)).toThrow(SealBroken);
    }
  });
  it('does not open when cut short', () => {
    const sealed = parseSealed(sealText('Zürich Clearing', place, mine, key))!;
    for (const length of [0, 11, 12, 27, 28, sealed.box.length - 1]) {
      const box = sealed.box.subarray(0, length);
      expect(() => openText({ ...sealed, box }, place, key)).toThrow(SealBroken);
    }
  });
  it('opens with its own key only', () => {
    fc.assert(
      fc.property(text, dataKey, dataKey, (plain, secret, other) => {
        fc.pre(Buffer.compare(secret, other) !== 0);
        const sealed = sealText(plain, place, mine, secret);
        expect(() => opened(sealed, place, other)).toThrow(SealBroken);
      }),
    );
  });
  it.each([
    ['another fact', { ...place, id: 'M02' }, mine],
    ['another field', { ...place, field: 'destination' }, mine],
    ['another type', { ...place, type: 'WithdrawalRequested' }, mine],
    ['another subject', place, { subject: 'member:M02', key: 1 }],
    ['another key number', place, { subject: 'member:M01', key: 2 }],
  ])('does not open as that of %s, the key being the same', (_, at, whose) => {
    const parsed = parseSealed(sealText('Zürich Clearing', place, mine, key))!;
    expect(() => openText({ ...parsed, ...whose }, at, key)).toThrow(SealBroken);
  });
  it('never takes one nonce for two texts, places or keys', () => {
    const other = Uint8Array.from(key, (byte) => byte ^ 1);
    const sealed = [
      sealText('A', place, mine, key),
      sealText('B', place, mine, key),
      sealText('A', { ...place, id: 'M02' }, mine, key),
      sealText('A', place, { ...mine, key: 2 }, key),
      sealText('A', place, mine, other),
    ];
    const nonces = sealed.map((one) => parseSealed(one)!.box.subarray(0, 12).toString('hex'));
    expect(new Set(nonces).size).toBe(sealed.length);
  });
  it('hides the length within 64 bytes', () => {
    const lengthOf = (plain: string): number => sealText(plain, place, mine, key).length;
    expect(lengthOf('A')).toBe(lengthOf('A'.repeat(63)));
    expect(lengthOf('A'.repeat(64))).toBeGreaterThan(lengthOf('A'));
  });
  it.each([
    'Zürich Clearing',
    '',
    'sealed/1/member:M01/1/short',
    'sealed/2/member:M01/1/',
    'sealed/1/member:M01/0/',
    'sealed/1/M01/1/',
  ])('%j is plain text', (plain) => {
    const box = plain.endsWith('/') ? 'A'.repeat(124) : '';
    expect(parseSealed(plain + box)).toBeUndefined();
  });
  it('wants a key of 32 bytes', () => {
    expect(() => sealText('A', place, mine, key.subarray(1))).toThrow(RangeError);
  });
});
