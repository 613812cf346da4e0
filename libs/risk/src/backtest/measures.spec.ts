import { describe, expect, it } from '@jest/globals';
import { bootstrapDifference } from './bootstrap.js';
import {
  averageMargin,
  type BookSeries,
  equalCoverageScale,
  exceedance,
  halves,
  largestRise,
  procyclicality,
  quantile,
  scaleOf,
  worstExceedance,
} from './measures.js';
import { worstHourlyLosses } from './path.js';
import { uniform } from './prng.js';

const series = (losses: readonly number[], margin = 1): BookSeries => ({
  losses: Float64Array.from(losses),
  margins: new Float64Array(losses.length).fill(margin),
});

/** Losses that are exponential, one series per seed. */
function random(seed: number, days: number, margin: number): BookSeries {
  const next = uniform(seed);
  return series(
    Array.from({ length: days }, () => -Math.log(1 - next())),
    margin,
  );
}

describe('equal coverage', () => {
  it('is the least scale with at most the target share of days beyond', () => {
    const book = series(Array.from({ length: 1000 }, (_, i) => i / 100));
    const k = scaleOf(book, 0.005);
    expect(exceedance(book, k)).toBeLessThanOrEqual(0.005);
    expect(exceedance(book, k * (1 - 1e-12))).toBeGreaterThan(0.005);
  });

  it('binds the worst of the books', () => {
    const books = [random(1, 2000, 3), random(2, 2000, 4)];
    const k = equalCoverageScale(books);
    expect(worstExceedance(books, k)).toBeLessThanOrEqual(0.005);
    expect(worstExceedance(books, 0.999 * k)).toBeGreaterThan(0.005);
    expect(averageMargin(books)).toBe(3.5);
  });

  it('exactly met is not exceeded, and a loss without margin is beyond every scale', () => {
    expect(exceedance(series([1, 1, 2]))).toBe(1 / 3);
    expect(scaleOf(series([1], 0))).toBe(Infinity);
    expect(scaleOf(series([-1], 0))).toBe(0);
  });

  it('fits k on one half and judges it on the other', () => {
    const book = series([...Array<number>(100).fill(1), ...Array<number>(100).fill(3)]);
    expect(halves([book], 1)).toEqual({ k: 1, avgMargin: 1, worstExceedance: 1 });
  });
});

describe('procyclicality', () => {
  it('is percentiles and rises', () => {
    const margins = Float64Array.from([1, 1, 2, 2, 2, 2, 2, 3]);
    expect(largestRise(margins, 1)).toBe(1);
    expect(largestRise(margins, 5)).toBe(1);
    expect(procyclicality(new Float64Array(100).fill(2))).toEqual({
      p99p1: 1,
      rise1: 0,
      rise5: 0,
      rise30: 0,
    });
    expect(quantile(Float64Array.of(4, 1, 3, 2), 0.5)).toBe(2.5);
  });
});

describe('the block bootstrap', () => {
  it('is seeded, and its interval holds the truth of two models that differ by a factor', () => {
    const a = [random(3, 1500, 1)];
    const b = a.map(({ losses, margins }) => ({
      losses,
      margins: margins.map((m, i) => m * (1 + (i % 2) / 4)),
    }));
    const options = { block: 20, resamples: 200, seed: 9 };
    const one = bootstrapDifference(a, b, options);
    expect(bootstrapDifference(a, b, options)).toEqual(one);
    expect(one.low).toBeLessThanOrEqual(one.median);
    expect(one.median).toBeLessThanOrEqual(one.high);
    const same = bootstrapDifference(a, a, options);
    expect([same.low, same.median, same.high]).toEqual([0, 0, 0]);
  });
});

describe('the path inside the day', () => {
  it('is the worst hourly point from the close before', () => {
    const start = Date.parse('2024-08-05');
    const hour = 3_600_000;
    const times = Float64Array.from({ length: 30 }, (_, i) => start + (i - 2) * hour);
    const prices = times.map((time) => (time === start + 5 * hour ? 80 : 100));
    const book = { name: 'long', weights: Float64Array.of(1), options: [] };
    const [worst] = worstHourlyLosses(book, [{ times, prices }], ['2024-08-05']);
    expect(worst).toBeCloseTo(0.2, 12);
    expect(worstHourlyLosses(book, [{ times, prices }], ['2024-09-05'])[0]).toBeNaN();
  });
});
