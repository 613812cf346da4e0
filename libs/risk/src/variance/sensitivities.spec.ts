import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { currentKernel } from '../adapters/kernel-files.js';
import type { Valuation } from '../kernel/port.js';
import { sensitivitiesOf } from './sensitivities.js';

const kernel = currentKernel();
const H = 1 / 1024;
/** Shocks of the price (factor 0) and of the volatility or basis (factor 1): steps of one, of the other, of both. */
const STEPS: readonly (readonly [number, number])[] = [
  [1, 0],
  [-1, 0],
  [2, 0],
  [-2, 0],
  [0, 1],
  [0, -1],
  [0, 2],
  [0, -2],
  [1, 1],
  [1, -1],
  [-1, 1],
  [-1, -1],
];

const double = (min: number, max: number) => fc.double({ min, max, noNaN: true });
const move = fc.constantFrom('relative' as const, 'absolute' as const);
const common = { size: double(0.01, 10), price: double(50, 200) };
const curved = {
  size: double(0.01, 10),
  forward: double(60, 160),
  years: double(0.05, 2),
  vol: double(0.3, 1.5),
  discount: double(0.8, 1),
  horizon: fc.constant(0),
  factor: fc.constant(0),
  volFactor: fc.constant(1),
  move,
};

const valuation: fc.Arbitrary<Valuation> = fc.oneof(
  fc.record({ kind: fc.constant('linear' as const), factor: fc.constant(0), move, ...common }),
  fc.record({
    kind: fc.constant('linear' as const),
    factor: fc.constant(0),
    move,
    basis: fc.record({ level: double(-0.05, 0.05), factor: fc.constant(1) }),
    ...common,
  }),
  fc.record({ kind: fc.constant('inverse' as const), size: common.size, factor: fc.constant(0) }),
  fc
    .record({
      ...curved,
      type: fc.constantFrom('call' as const, 'put' as const),
      strike: double(60, 160),
    })
    .map(({ size, horizon, factor, volFactor, move, ...terms }) => ({
      kind: 'option' as const,
      terms: { style: 'european' as const, ...terms },
      ...{ size, horizon, factor, volFactor, move },
    })),
  fc.record({
    kind: fc.constant('piecewise' as const),
    knots: fc.constant([
      [80, 0],
      [100, 10],
      [130, -5],
    ] as const),
    ...curved,
  }),
);

/** The same shocks for every kind: an absolute move is taken in hundreds, to be of the size of a relative one. */
function changes(of: Valuation): readonly number[] {
  const unit = 'move' in of && of.move === 'absolute' ? 100 * H : H;
  const columns = [0, 1].map((i) =>
    Float64Array.from(STEPS, (step) => (step[i] ?? 0) * (i === 0 ? unit : H)),
  );
  const set = kernel.scenarioSet(columns, new Float64Array(STEPS.length).fill(1 / STEPS.length));
  const array = kernel.array(set, of);
  const values = [...array.values()];
  array.release();
  set.release();
  return values;
}

describe('sensitivities', () => {
  it('are the derivatives of the scenario arrays, of every kind of instrument', () => {
    fc.assert(
      fc.property(valuation, (of) => {
        const { first, second } = sensitivitiesOf(kernel, of);
        const v = changes(of);
        const at = (i: number): number => v[i] ?? Number.NaN;
        const unit = 'move' in of && of.move === 'absolute' ? 100 * H : H;
        const slope = (from: number, h: number): number =>
          (8 * (at(from) - at(from + 1)) - (at(from + 2) - at(from + 3))) / (12 * h);
        // Far out of the money nothing is left but the rounding of worths of the contract's size.
        const size = (Math.max(...v.map(Math.abs)) + 1e-5 * of.size) / H;
        const near = (found: number, expected: number, tolerance: number): void =>
          expect(Math.abs(found - expected)).toBeLessThan(tolerance);
        const of1 = (factor: number): number =>
          first.reduce((sum, each) => sum + (each.factor === factor ? each.value : 0), 0);
        const of2 = (factor: number, other: number): number =>
          second.reduce(
            (sum, each) => sum + (each.factor === factor && each.other === other ? each.value : 0),
            0,
          );
        near(of1(0) * unit, slope(0, unit) * unit, 1e-6 * size * H);
        if (of.kind !== 'linear' || of.basis) near(of1(1), slope(4, H), 1e-5 * size);
        const curvature = (16 * (at(0) + at(1)) - (at(2) + at(3))) / 12;
        near(of2(0, 0) * unit * unit, curvature, 1e-6 * size * H);
        if (of.kind !== 'linear' || !of.basis) return;
        const cross = (at(8) - at(9) - at(10) + at(11)) / (4 * unit * H);
        near(of2(0, 1), cross, 1e-6 * size);
      }),
      { numRuns: 2000 },
    );
  });

  it('theta is what the horizon takes, and never more than there is time', () => {
    const of: Valuation = {
      ...{ kind: 'option', size: 1, factor: 0, move: 'relative' },
      horizon: 1 / 365,
      terms: {
        ...{ type: 'call', style: 'european', forward: 100, strike: 100 },
        ...{ years: 0.5, vol: 0.6, discount: 1 },
      },
    };
    const later = { ...of.terms, years: 0.5 - 1 / 365 };
    const change = kernel.optionPrice(later) - kernel.optionPrice(of.terms);
    expect(sensitivitiesOf(kernel, of).theta / change).toBeCloseTo(1, 2);
    const last = { ...of, terms: { ...of.terms, years: 0.001 } };
    const raw = kernel.optionGreeks(last.terms);
    expect(sensitivitiesOf(kernel, last).theta).toBe(raw.theta * 0.001);
  });
});
