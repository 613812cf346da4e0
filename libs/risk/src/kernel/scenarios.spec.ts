import { describe, expect, it } from '@jest/globals';
import { currentKernel } from '../adapters/kernel-files.js';
import { plainJacobi, plainScenarios } from '../testing/reference/scenarios.js';
import { seeded, type Draw } from '../testing/random.js';
import type { CoreParameters, FactorBounds, ScenarioSet } from './port.js';

const kernel = currentKernel();

const DEFAULTS: CoreParameters = {
  lam: 0.94,
  lamc: 0.97,
  delta: 0.2,
  m: 0.25,
  cv: 3,
  cz: 6,
  zc: 4,
  W: 1500,
  LRW: 2500,
  n0: 60,
  nc: 120,
  omega: 0.5,
  eig: 0.02,
  varianceFloor: 1e-12,
};
const RELATIVE: FactorBounds = { lo: -0.9, hi: 3 };

/** Days of correlated returns with fat tails; a common part, so that the correlation is not the identity. */
function history(draw: Draw, days: number, n: number): number[][] {
  return Array.from({ length: days }, () => {
    const common = draw.normal();
    const scale = draw.uniform() < 0.03 ? 0.12 : 0.02;
    return Array.from({ length: n }, () => scale * (common + draw.normal()));
  });
}

function sealed(days: readonly number[][], bounds: readonly FactorBounds[], p = DEFAULTS) {
  const built = kernel.history(bounds, p);
  for (const day of days) built.add(day);
  const set = built.seal();
  built.release();
  return set;
}

function columnsOf(set: ScenarioSet): number[][] {
  return Array.from({ length: set.factors }, (_, i) => [...set.column(i)]);
}

function relative(n: number): FactorBounds[] {
  return Array.from({ length: n }, () => RELATIVE);
}

/** Bit equality: toEqual tells 0 from -0 and compares numbers exactly. */
function expectSameBits(days: number[][], bounds: FactorBounds[], p = DEFAULTS): void {
  const set = sealed(days, bounds, p);
  const plain = plainScenarios(days, bounds, p);
  expect(columnsOf(set)).toEqual(plain.columns);
  expect([...set.weights()]).toEqual(plain.weights);
  expect([...(set.facts?.volatility ?? [])]).toEqual(plain.volatility);
  expect([...(set.facts?.longRun ?? [])]).toEqual(plain.longRun);
  expect([...(set.facts?.target ?? [])]).toEqual(plain.target);
  expect([...(set.facts?.correlation ?? [])]).toEqual(plain.correlation.flat());
  set.release();
}

describe('the scenario set equals the plain reference to the last bit', () => {
  it.each([
    ['one factor', 1, 400],
    ['the shortest history', 3, 180],
    ['an even number of factors', 4, 260],
    ['seventeen factors', 17, 240],
  ])('%s', (_what, n, days) => {
    expectSameBits(history(seeded(n * 1000 + days), days, n), relative(n));
  });

  it('windows shorter than the history', () => {
    expectSameBits(history(seeded(1), 420, 3), relative(3), {
      ...DEFAULTS,
      W: 150,
      LRW: 200,
      omega: 1,
      delta: 0.5,
      zc: 3,
    });
  });

  it('returns that never move, beside some that do', () => {
    const days = history(seeded(2), 200, 3).map(([a = 0, b = 0]) => [a, 0, b]);
    expectSameBits(days, relative(3));
    expectSameBits(
      days.map(() => [0.01, 0.01, 0.01]),
      relative(3),
    );
  });

  it('a day of +390 % that does not inflate what follows', () => {
    const days = history(seeded(3), 300, 4);
    const calm = sealed(days, relative(4)).facts?.target[2] ?? 0;
    days[290] = [0, 0, 3.9, 0];
    expectSameBits(days, relative(4));
    expect(sealed(days, relative(4)).facts?.target[2]).toBeLessThan(2 * calm);
  });

  it('absolute moves, which nothing clips', () => {
    const days = history(seeded(4), 220, 2).map(([a = 0, b = 0]) => [a, 2_000 * b]);
    const bounds = [RELATIVE, { lo: -Infinity, hi: Infinity }];
    expectSameBits(days, bounds);
    expect(Math.min(...sealed(days, bounds).column(1))).toBeLessThan(-1);
  });
});

describe('a history that grows', () => {
  it('seals each day to the bits of a history built at once', () => {
    const days = history(seeded(5), 330, 5);
    const p = { ...DEFAULTS, W: 100, LRW: 130 };
    const growing = kernel.history(relative(5), p);
    days.forEach((day, t) => {
      growing.add(day);
      if (t + 1 < 180 || (t % 7 !== 0 && t < 320)) return;
      const [grown, atOnce] = [growing.seal(), sealed(days.slice(0, t + 1), relative(5), p)];
      expect(columnsOf(grown)).toEqual(columnsOf(atOnce));
      expect(grown.facts).toEqual(atOnce.facts);
      grown.release();
      atOnce.release();
    });
    expect(growing.days).toBe(330);
    growing.release();
  });

  it('can be sealed twice on one day', () => {
    const days = history(seeded(6), 200, 2);
    const built = kernel.history(relative(2), DEFAULTS);
    for (const day of days) built.add(day);
    expect(columnsOf(built.seal())).toEqual(columnsOf(built.seal()));
  });
});

describe('what a set is', () => {
  const set = sealed(history(seeded(7), 1700, 2), relative(2));

  it('holds 3,000 scenarios from 1,560 days on: dates, then their mirrors at half weight', () => {
    expect([set.scenarios, set.history]).toEqual([3000, 1500]);
    const weights = set.weights();
    expect(weights[0]).toBeCloseTo(1 / 2250, 15);
    expect(weights[2999]).toBeCloseTo(1 / 4500, 15);
    expect(weights.reduce((a, b) => a + b)).toBeCloseTo(1, 12);
    const column = set.column(1);
    for (let j = 0; j < 1500; j++) expect(column[j + 1500]).toBe(-(column[j] ?? 0));
  });

  it('can be published and taken back', () => {
    const columns = [set.column(0), set.column(1)];
    const copy = kernel.scenarioSet(columns, set.weights(), set.history);
    expect(columnsOf(copy)).toEqual(columnsOf(set));
    expect([...copy.weights()]).toEqual([...set.weights()]);
    expect([copy.factors, copy.scenarios, copy.history]).toEqual([2, 3000, 1500]);
  });

  it('does not care for the order in which factors are listed, beyond rounding', () => {
    const days = history(seeded(8), 300, 3);
    const turned = days.map(([a = 0, b = 0, c = 0]) => [c, a, b]);
    const [one, other] = [sealed(days, relative(3)), sealed(turned, relative(3))];
    one.column(0).forEach((x, j) => expect(other.column(1)[j]).toBeCloseTo(x, 12));
  });
});

describe('Jacobi rotations', () => {
  it.each([1, 2, 3, 8, 17])('give orthonormal vectors that rebuild a matrix of %i rows', (n) => {
    const draw = seeded(n);
    const half = Array.from({ length: n }, () => Array.from({ length: n }, () => draw.normal()));
    const matrix = half.map((row, i) => row.map((x, j) => x + (half[j]?.[i] ?? 0)));
    const { values, vectors } = plainJacobi(matrix);
    const cell = (i: number, j: number): number =>
      vectors.reduce((sum, v, k) => sum + (values[k] ?? 0) * (v[i] ?? 0) * (v[j] ?? 0), 0);
    matrix.forEach((row, i) => row.forEach((x, j) => expect(cell(i, j)).toBeCloseTo(x, 12)));
    vectors.forEach((v, k) =>
      vectors.forEach((w, l) => {
        const dot = v.reduce((sum, x, i) => sum + x * (w[i] ?? 0), 0);
        expect(dot).toBeCloseTo(k === l ? 1 : 0, 13);
      }),
    );
  });

  it('leave a diagonal matrix as it is', () => {
    const { values, vectors } = plainJacobi([
      [3, 0],
      [0, -1],
    ]);
    expect(values).toEqual([3, -1]);
    expect(vectors).toEqual([
      [1, 0],
      [0, 1],
    ]);
  });
});

describe('bad input', () => {
  const filled = (days: number) => {
    const built = kernel.history(relative(2), DEFAULTS);
    for (const day of history(seeded(9), days, 2)) built.add(day);
    return built;
  };

  it('names what is wrong', () => {
    expect(() => kernel.history([], DEFAULTS)).toThrow(/^history-empty: factors/);
    expect(() => filled(0).seal()).toThrow(/^history-empty: days/);
    expect(() => filled(179).seal()).toThrow(/^history-too-short: days: 179 of at least 180/);
    expect(() => filled(1).add([0.1])).toThrow(/^shape-mismatch: returns/);
    expect(() => filled(1).add([0.1, NaN])).toThrow(/^value-out-of-bounds: returns\[1\]: NaN/);
    expect(() => kernel.history([{ lo: 1, hi: 0 }], DEFAULTS)).toThrow(/^value-out-of-bounds/);
    expect(() => kernel.history([RELATIVE], { ...DEFAULTS, W: 1.5 })).toThrow(
      /^value-out-of-bounds: W/,
    );
    const released = filled(200);
    released.release();
    expect(() => released.seal()).toThrow(/^released: history/);
  });

  it('refuses sets that are none', () => {
    const [one, half] = [Float64Array.of(0.1, -0.1), Float64Array.of(0.5, 0.5)];
    expect(() => kernel.scenarioSet([], half)).toThrow(/^history-empty/);
    expect(() => kernel.scenarioSet([one], Float64Array.of(1))).toThrow(/^shape-mismatch/);
    expect(() => kernel.scenarioSet([one], one)).toThrow(/^value-out-of-bounds: weights/);
    expect(() => kernel.scenarioSet([Float64Array.of(0, Infinity)], half)).toThrow(
      /^value-out-of-bounds: columns/,
    );
    expect(() => kernel.scenarioSet([one], half).column(1)).toThrow(/^shape-mismatch: factor/);
  });
});
