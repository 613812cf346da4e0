import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { comonotone, type WeightedLosses } from './comonotone.js';

describe('losses of several sets', () => {
  it('come together, worst with worst, at each probability', () => {
    const a = { losses: [1, 5, -2], weights: [0.5, 0.25, 0.25] };
    const b = { losses: [10, 0], weights: [0.5, 0.5] };
    expect(comonotone([a, b])).toEqual({
      losses: [15, 11, 1, -2],
      weights: [0.25, 0.25, 0.25, 0.25],
    });
  });

  it('of one set are that set, of none nothing', () => {
    const a = { losses: [1, 5, -2], weights: [0.5, 0.25, 0.25] };
    expect(comonotone([a])).toBe(a);
    expect(comonotone([])).toEqual({ losses: [], weights: [] });
  });

  /** Mean of the worst `alpha` of probability, divided by nothing: sums of tails are what must add up. */
  function tailSum({ losses, weights }: WeightedLosses, alpha: number): number {
    const order = Array.from({ length: losses.length }, (_, j) => j).sort(
      (i, j) => (losses[j] ?? 0) - (losses[i] ?? 0),
    );
    let left = alpha;
    let sum = 0;
    for (const j of order) {
      const mass = Math.min(left, weights[j] ?? 0);
      sum += mass * (losses[j] ?? 0);
      left -= mass;
    }
    return sum;
  }

  const set = fc
    .array(
      fc.record({ loss: fc.integer({ min: -50, max: 50 }), w: fc.integer({ min: 1, max: 9 }) }),
      {
        minLength: 1,
        maxLength: 40,
      },
    )
    .map((atoms) => {
      const total = atoms.reduce((sum, { w }) => sum + w, 0);
      return { losses: atoms.map(({ loss }) => loss), weights: atoms.map(({ w }) => w / total) };
    });
  const alphas = fc.double({ min: 0.01, max: 1, noNaN: true });

  it('have the sum of the sets’ expected shortfalls at every level', () => {
    fc.assert(
      fc.property(fc.array(set, { minLength: 2, maxLength: 4 }), alphas, (sets, alpha) => {
        const joint = comonotone(sets);
        const mass = Array.from(joint.weights).reduce((sum, w) => sum + w, 0);
        expect(mass).toBeCloseTo(1, 12);
        const apart = sets.reduce((sum, each) => sum + tailSum(each, alpha), 0);
        expect(tailSum(joint, alpha)).toBeCloseTo(apart, 9);
      }),
    );
  });
});
