import { describe, expect, it } from '@jest/globals';
import { currentKernel } from '../adapters/kernel-files.js';
import { seeded } from '../testing/random.js';
import { type PlainPricing, plainArray } from '../testing/reference/arrays.js';
import type { Valuation } from './port.js';

const kernel = currentKernel();

/** A set of random shocks of three factors: any numbers will do for arrays. */
function randomSet(seed: number, n: number) {
  const draw = seeded(seed);
  const columns = [0.05, 0.2, 0.1].map((scale) =>
    Float64Array.from({ length: n }, () => Math.max(-0.9, scale * draw.normal())),
  );
  return kernel.scenarioSet(columns, new Float64Array(n).fill(1 / n));
}

describe('arrays of options and payoffs', () => {
  const terms = {
    forward: 63_000,
    strike: 60_000,
    years: 30 / 365,
    vol: 0.62,
    discount: 0.997,
  } as const;
  const pricing: PlainPricing = {
    option: (each) => kernel.optionPrice(each),
    piecewise: ({ knots, forward, years, vol, discount }) =>
      plainPiecewise(knots, forward, years, vol, discount),
  };

  /** A payoff as a portfolio of calls at the knots, each as many as the slope changes there. */
  function plainPiecewise(
    knots: readonly (readonly [number, number])[],
    forward: number,
    years: number,
    vol: number,
    discount: number,
  ): number {
    let value = discount * (knots[0]?.[1] ?? 0);
    let before = 0;
    knots.forEach(([strike, at], i) => {
      const next = knots[i + 1];
      const slope = next === undefined ? 0 : (next[1] - at) / (next[0] - strike);
      const call = {
        type: 'call',
        style: 'european',
        forward,
        strike,
        years,
        vol,
        discount,
      } as const;
      value += (slope - before) * kernel.optionPrice(call);
      before = slope;
    });
    return value;
  }

  const valuations: readonly Valuation[] = (['call', 'put'] as const).flatMap((type) =>
    (['european', 'american'] as const).flatMap((style) =>
      (['relative', 'absolute'] as const).flatMap((move) =>
        [undefined, 2].map((volFactor) => ({
          kind: 'option' as const,
          size: 0.1,
          terms: { ...terms, type, style },
          horizon: 1 / 365,
          factor: 0,
          move,
          ...(volFactor === undefined ? {} : { volFactor }),
        })),
      ),
    ),
  );
  const butterfly: Valuation = {
    ...terms,
    kind: 'piecewise',
    size: 2,
    knots: [
      [50_000, 0],
      [60_000, 10_000],
      [70_000, 0],
      [80_000, -5_000],
    ],
    horizon: 1 / 365,
    factor: 0,
    move: 'relative',
    volFactor: 1,
  };

  it.each([...valuations, butterfly])('are full repricing a horizon later: %j', (valuation) => {
    for (const n of [1, 2, 31, 500]) {
      const set = randomSet(n, n);
      const array = kernel.array(set, valuation);
      const columns = [0, 1, 2].map((i) => set.column(i));
      const plain = plainArray(columns, valuation, pricing);
      array.values().forEach((value, j) => {
        expect(Math.abs(value - (plain[j] ?? NaN))).toBeLessThanOrEqual(1e-12 * 63_000);
      });
      array.release();
      set.release();
    }
  });

  it('past expiry are the payoff, and near it the horizon ends there', () => {
    const set = kernel.scenarioSet(
      [Float64Array.of(-0.1, 0, 0.1)],
      Float64Array.of(0.25, 0.5, 0.25),
    );
    const call = {
      ...terms,
      years: 0.5 / 365,
      vol: 0,
      discount: 1,
      type: 'call',
      style: 'european',
    } as const;
    const at = {
      kind: 'option',
      size: 1,
      terms: call,
      horizon: 1 / 365,
      factor: 0,
      move: 'relative',
    } as const;
    expect([...kernel.array(set, at).values()]).toEqual([-3000, 0, 63_000 * 1.1 - 60_000 - 3000]);
  });

  it('refuse terms that are none', () => {
    const set = randomSet(3, 4);
    const [option] = valuations as [Extract<Valuation, { kind: 'option' }>];
    const build = (more: object) => () => kernel.array(set, { ...option, ...more });
    expect(build({ terms: { ...option.terms, vol: -1 } })).toThrow(/^value-out-of-bounds: vol/);
    expect(build({ horizon: -1 })).toThrow(/^value-out-of-bounds: horizon/);
    expect(build({ volFactor: 9 })).toThrow(/^shape-mismatch: factor/);
    const knots = [
      [1, 1],
      [1, 2],
    ] as const;
    expect(() => kernel.array(set, { ...butterfly, knots })).toThrow(/^value-out-of-bounds: knots/);
  });
});
