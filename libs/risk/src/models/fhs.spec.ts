import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { RiskError } from '../risk-error.js';
import { fhsCore, fhsDefaults, hsCore } from './fhs.js';
import { ewma, FilterHistory, filterDefaults, filterLosses, scaleOf } from './filter.js';
import { greatest, shortfallOf, tailCount, valueAtRisk } from './tail.js';

const number = fc.double({ min: -1, max: 1, noNaN: true });
const losses = fc.array(number, { minLength: 5, maxLength: 300 }).map((x) => Float64Array.from(x));

describe('tails', () => {
  it('selects what a full sort selects', () => {
    fc.assert(
      fc.property(losses, losses, fc.nat(), (a, b, pick) => {
        const k = 1 + (pick % (a.length + b.length));
        const sorted = Float64Array.from([...a, ...b])
          .sort()
          .reverse();
        expect([...greatest([a, b], k)].map((x) => x + 0)).toEqual(
          [...sorted.slice(0, k)].map((x) => x + 0),
        );
      }),
    );
  });

  it('interpolates the quantile as numpy does by default', () => {
    // numpy.quantile([5, 3, 1, 4, 2], 0.9) = 4.6
    expect(valueAtRisk(Float64Array.of(5, 3, 1, 4, 2), 0.1)).toBeCloseTo(4.6, 14);
    expect(valueAtRisk(Float64Array.of(5, 3, 1, 4, 2), 1)).toBe(1);
    expect(valueAtRisk(Float64Array.of(7), 0.005)).toBe(7);
  });

  it('counts 60 of 3,000, and always one', () => {
    expect(tailCount(0.02, 3000)).toBe(60);
    expect(tailCount(0.02, 3)).toBe(1);
  });

  it('never puts the shortfall below the value at risk of its own tail', () => {
    fc.assert(
      fc.property(losses, (x) => {
        const k = tailCount(0.02, x.length);
        const least = greatest([x], k)[k - 1] ?? 0;
        expect(shortfallOf([x], 0.02)).toBeGreaterThanOrEqual(least - 1e-15);
      }),
    );
  });

  it('refuses a tail of nothing', () => {
    expect(() => greatest([], 1)).toThrow(RiskError);
    expect(() => greatest([new Float64Array(3)], 4)).toThrow(/out-of-bounds: tail/);
  });
});

describe('the filter', () => {
  const factors = [
    { kind: 'relative', bounds: { lo: -0.9, hi: 3 } },
    { kind: 'logVol', bounds: { lo: -0.9, hi: 3 } },
  ] as const;
  const history = (rows: readonly number[], parameters = filterDefaults): FilterHistory => {
    const built = new FilterHistory(factors, [0.97], parameters);
    for (const x of rows) built.add([x, x / 2]);
    return built;
  };

  it('gives the same bits day by day as all at once', () => {
    fc.assert(
      fc.property(fc.array(number, { minLength: 60, maxLength: 200 }), (x) => {
        const all = ewma(x, 0.97, 60);
        expect(history(x).forecast(0, 0.97)).toBe(Math.sqrt(all[x.length] ?? NaN));
      }),
      { numRuns: 30 },
    );
  });

  it('does not let a day see itself: the last move changes no scale but today', () => {
    const rows = Array.from({ length: 100 }, (_, t) => ((t * 37) % 11) / 100 - 0.05);
    const variance = ewma(rows, 0.97, 60);
    const other = ewma([...rows.slice(0, 99), 0.5], 0.97, 60);
    expect(variance.slice(0, 100)).toEqual(other.slice(0, 100));
    expect(other[100]).toBeGreaterThan(variance[100] ?? 0);
  });

  it('leaves a factor that never moved where it is', () => {
    expect(scaleOf(0, 0, [0.25, 4])).toBe(1);
    expect(scaleOf(1, 0, [0.25, 4])).toBe(4);
    const still = new Float64Array(100);
    expect(filterLosses(still, 0.97, filterDefaults)).toEqual(still);
  });

  it('clips relative moves and follows prices below zero in absolute ones', () => {
    const calmThenWild = [...Array.from({ length: 99 }, () => 0.01), -0.8];
    const [relative] = history(calmThenWild).columns({ kind: 'filtered', lambda: 0.97 });
    expect(Math.min(...(relative ?? []))).toBe(-0.9);
    const absolute = new FilterHistory(
      [{ kind: 'absolute', bounds: { lo: -Infinity, hi: Infinity } }],
      [0.97],
    );
    for (const x of calmThenWild) absolute.add([x]);
    const [moves] = absolute.columns({ kind: 'filtered', lambda: 0.97 });
    expect(Math.min(...(moves ?? []))).toBeLessThan(-1);
  });

  it.each<[string, () => unknown]>([
    ['out-of-bounds: history', () => history([0.1]).columns({ kind: 'raw' })],
    [
      'out-of-bounds: lambda',
      () =>
        history(Array.from({ length: 60 }, () => 0.1)).columns({ kind: 'longRun', lambda: 0.5 }),
    ],
    ['not-finite: moves\\[0\\]', () => history([NaN])],
    ['out-of-bounds: moves', () => new FilterHistory(factors, []).add([1])],
  ])('refuses by name: %s', (message, act) => {
    expect(act).toThrow(RiskError);
    expect(act).toThrow(new RegExp(message));
  });
});

describe('fhs', () => {
  const tail = (scale: number): Float64Array =>
    Float64Array.from({ length: 200 }, (_, t) => (scale * (t - 100)) / 100);

  it('has a buffer while risk is low, none when it is high, and never less than the value at risk', () => {
    const risk = (scale: number): number => fhsCore(tail(scale), undefined);
    expect(fhsCore(tail(0.5), tail(1))).toBe(1.25 * risk(0.5));
    expect(fhsCore(tail(1.1), tail(1))).toBe(1.25 * risk(1));
    expect(fhsCore(tail(2), tail(1))).toBe(risk(2));
  });

  it('is never negative', () => {
    const gain = new Float64Array(100).fill(-1);
    expect(fhsCore(gain, gain)).toBe(0);
    expect(hsCore(gain)).toBe(0);
    expect(fhsDefaults.lambda).toBe(0.97);
  });
});
