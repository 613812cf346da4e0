import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decimalText, figureText, ratioText } from './decimal.js';

describe('decimal text', () => {
  it('writes every decimal', () => {
    expect([decimalText(5n, 2), decimalText(-12345n, 2), decimalText(0n, 0)]).toEqual([
      '0.05',
      '-123.45',
      '0',
    ]);
  });

  it('rounds a ratio down, below zero as well, by integers alone', () => {
    expect([ratioText(2n, 3n, 4), ratioText(-2n, 3n, 4), ratioText(-4n, 2n, 1)]).toEqual([
      '0.6666',
      '-0.6667',
      '-2.0',
    ]);
    expect(() => ratioText(1n, 0n, 2)).toThrow(/denominator/);
    const integer = fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n });
    fc.assert(
      fc.property(integer, fc.bigInt({ min: 1n, max: 10n ** 30n }), (top, bottom) => {
        const scaled = BigInt(ratioText(top, bottom, 6).replace('.', ''));
        expect(scaled * bottom <= top * 1_000_000n).toBe(true);
        expect((scaled + 1n) * bottom > top * 1_000_000n).toBe(true);
      }),
    );
  });

  it('rounds a figure the way it is told', () => {
    expect(figureText(0.125, 2, 'nearest')).toBe('0.13');
    expect(figureText(0.121, 2, 'up')).toBe('0.13');
    expect(figureText(-0.121, 2, 'down')).toBe('-0.13');
    expect(() => figureText(Number.NaN, 2, 'up')).toThrow(/not-finite/);
  });
});
