import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { powerOfTen, sumOf, toFloat } from './exact.js';

describe('quantities as float64', () => {
  it('are exact powers of ten apart', () => {
    for (let scale = 0; scale <= 22; scale++) expect(powerOfTen(scale)).toBe(Number(`1e${scale}`));
  });

  it.each([-1, 23, 0.5, NaN])('refuses the scale %s', (scale) => {
    expect(() => powerOfTen(scale)).toThrow(/^out-of-bounds: scale: /);
  });

  it('are zero, huge, and refused beyond float64', () => {
    expect(toFloat(0n, 8)).toBe(0);
    expect(toFloat(10n ** 300n, 8)).toBe(1e292);
    expect(() => toFloat(10n ** 400n, 8)).toThrow(/^out-of-bounds: quantity: /);
  });

  it('sum exactly in any order, whatever their scales', () => {
    const quantity = fc.record({
      quantity: fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }),
      quantityScale: fc.nat(22),
    });
    fc.assert(
      fc.property(fc.array(quantity), (all) => {
        expect(sumOf(all)).toEqual(sumOf(all.toReversed()));
      }),
    );
  });
});
