import { describe, expect, it } from '@jest/globals';
import { currentKernel } from '../adapters/kernel-files.js';
import { seeded } from '../testing/random.js';
import { deltaGammaVar, portfolioVariance } from './variance.js';

const kernel = currentKernel();
const given = { deviations: [0.04, 0.05], correlation: [1, 0.8, 0.8, 1] };

describe('portfolio variance', () => {
  it('is delta C delta, and its components sum to the deviation', () => {
    const { variance, deviation, components, standalone } = portfolioVariance([1000, -500], given);
    expect(variance).toBeCloseTo(1600 + 625 - 2 * 0.8 * 40 * 25, 9);
    expect(components.reduce((a, b) => a + b)).toBeCloseTo(deviation, 9);
    expect(standalone).toEqual([40, 25]);
    expect(portfolioVariance([0, 0], given)).toMatchObject({ deviation: 0, components: [0, 0] });
  });

  it('refuses a matrix that does not fit', () => {
    expect(() => portfolioVariance([1, 2, 3], given)).toThrow(/^out-of-bounds: covariance/);
    expect(() => portfolioVariance([1], given)).toThrow(/^out-of-bounds: covariance/);
  });
});

describe('delta-gamma-vega value at risk', () => {
  it('of a linear book is the normal quantile', () => {
    const book = { delta: [1000, 0], gamma: [0, 0], theta: 0 };
    const { valueAtRisk, skewness, kurtosis } = deltaGammaVar(kernel, book, given, 0.99);
    expect(valueAtRisk).toBeCloseTo(2.3263478740408408 * 40, 8);
    expect([skewness, kurtosis]).toEqual([0, 0]);
  });

  it('of one squared normal has the moments of a chi-square', () => {
    // x'Gx/2 with G = 2/sd^2: (x/sd)^2, one degree of freedom: mean 1, variance 2, skewness sqrt 8, excess kurtosis 12.
    const book = { delta: [0, 0], gamma: [2 / 0.0016, 0], theta: 0 };
    const found = deltaGammaVar(kernel, book, given, 0.99);
    expect(found.mean).toBeCloseTo(1, 12);
    expect(found.deviation).toBeCloseTo(Math.sqrt(2), 12);
    expect(found.skewness).toBeCloseTo(Math.sqrt(8), 12);
    expect(found.kurtosis).toBeCloseTo(12, 12);
  });

  it('has the moments, and nearly the quantile, that 300,000 joint draws show', () => {
    const book = {
      ...{ delta: [300, -100], gamma: [-4000, 2500], theta: 1.5 },
      cross: [{ i: 0, j: 1, value: -1000 }],
    };
    const found = deltaGammaVar(kernel, book, given, 0.99);
    const draw = seeded(5);
    const n = 300_000;
    const values = Float64Array.from({ length: n }, () => {
      const a = draw.normal();
      const b = 0.8 * a + 0.6 * draw.normal();
      const [x, y] = [0.04 * a, 0.05 * b];
      return 1.5 + 300 * x - 100 * y - 2000 * x * x + 1250 * y * y - 1000 * x * y;
    });
    const mean = values.reduce((s, v) => s + v, 0) / n;
    const central = (p: number): number => values.reduce((s, v) => s + (v - mean) ** p, 0) / n;
    const deviation = Math.sqrt(central(2));
    expect(Math.abs(found.mean - mean)).toBeLessThan(0.1);
    expect(Math.abs(found.deviation / deviation - 1)).toBeLessThan(0.01);
    expect(Math.abs(found.skewness - central(3) / deviation ** 3)).toBeLessThan(0.05);
    const quantile = -(values.toSorted()[n / 100] ?? 0);
    expect(Math.abs(found.valueAtRisk / quantile - 1)).toBeLessThan(0.03);
  });

  it('knows its confidence', () => {
    expect(() => deltaGammaVar(kernel, { delta: [1], gamma: [0], theta: 0 }, given, 1)).toThrow(
      /^out-of-bounds: confidence/,
    );
  });
});
