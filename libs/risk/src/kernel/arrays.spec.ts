import { describe, expect, it } from '@jest/globals';
import { currentKernel } from '../adapters/kernel-files.js';
import { seeded } from '../testing/random.js';
import { plainArray } from '../testing/reference/arrays.js';
import { plainLosses, plainShortfall } from '../testing/reference/shortfall.js';
import type { Valuation } from './port.js';

const kernel = currentKernel();

/** A set of random shocks of three factors: any numbers will do for arrays. */
function randomSet(seed: number, n: number, history = n) {
  const draw = seeded(seed);
  const columns = [0.05, 0.2, 0.01].map((scale) =>
    Float64Array.from({ length: n }, () => Math.max(-0.9, scale * draw.normal())),
  );
  const raw = Array.from({ length: n }, () => 0.5 + draw.uniform());
  const total = raw.reduce((a, b) => a + b);
  return kernel.scenarioSet(
    columns,
    Float64Array.from(raw, (w) => w / total),
    history,
  );
}

const linear: readonly Valuation[] = [
  { kind: 'linear', size: 0.001, price: 63_123.45, factor: 0, move: 'relative' },
  { kind: 'linear', size: 1000, price: -36.98, factor: 1, move: 'absolute' },
  {
    kind: 'linear',
    size: 1,
    price: 101.5,
    factor: 0,
    move: 'relative',
    basis: { level: 0.003, factor: 2 },
  },
  {
    kind: 'linear',
    size: 10,
    price: 20.01,
    factor: 0,
    move: 'absolute',
    basis: { level: -0.004, factor: 2 },
  },
  { kind: 'inverse', size: 10, factor: 1 },
];

describe('arrays of linear instruments', () => {
  it.each(linear)('equal the plain reference to the last bit: %j', (valuation) => {
    for (const n of [1, 2, 3, 16, 17, 3000]) {
      const set = randomSet(n, n);
      const array = kernel.array(set, valuation);
      const columns = [0, 1, 2].map((i) => set.column(i));
      expect([...array.values()]).toEqual(plainArray(columns, valuation));
      array.release();
      set.release();
    }
  });

  it('say what they cannot value', () => {
    const set = randomSet(1, 5);
    const [perpetual] = linear as [Valuation];
    expect(() => kernel.array(set, { ...perpetual, factor: 3 })).toThrow(/^shape-mismatch: factor/);
    expect(() => kernel.array(set, { ...perpetual, size: NaN })).toThrow(
      /^value-out-of-bounds: size/,
    );
    expect(() => kernel.array(set, { ...perpetual, size: 1e308 })).toThrow(
      /^value-out-of-bounds: valuation/,
    );
    set.release();
    expect(() => kernel.array(set, perpetual)).toThrow(/^released: set/);
  });
});

describe('losses', () => {
  it('equal the plain reference to the last bit, whatever the length and the number of legs', () => {
    const draw = seeded(11);
    for (const n of [1, 2, 5, 15, 16, 17, 31, 32, 33, 50]) {
      for (const legs of [1, 2, 3, 20]) {
        const values = Array.from({ length: legs }, () =>
          Float64Array.from({ length: n }, () => draw.normal()),
        );
        const quantities = values.map(() => 10 * draw.normal());
        const arrays = values.map((each) => kernel.arrayOf(each));
        const losses = kernel.losses(arrays, quantities);
        expect([...losses.values()]).toEqual(plainLosses(values, quantities));
        for (const vector of [...arrays, losses]) vector.release();
      }
    }
  });

  it('of one leg more are those of the whole book, and leave the first as they were', () => {
    const draw = seeded(12);
    const arrays = Array.from({ length: 7 }, () =>
      kernel.arrayOf(Float64Array.from({ length: 61 }, () => draw.normal())),
    );
    const quantities = arrays.map(() => draw.normal());
    const [last] = arrays.slice(-1);
    const most = kernel.losses(arrays.slice(0, -1), quantities.slice(0, -1));
    const before = most.values();
    if (last === undefined) throw new RangeError('no arrays');
    const all = kernel.addLeg(most, last, quantities.at(-1) ?? 0);
    expect(all.values()).toEqual(kernel.losses(arrays, quantities).values());
    expect(most.values()).toEqual(before);
  });

  it('have a first worst scenario, or none', () => {
    const lossesOf = (...values: number[]) =>
      kernel.losses([kernel.arrayOf(Float64Array.from(values))], [-1]);
    expect(kernel.worst(lossesOf(1, 5, -2, 5, 0))).toEqual({ loss: 5, index: 1 });
    expect(kernel.worst(lossesOf(-1, 0, -2))).toEqual({ loss: 0, index: -1 });
  });

  it('refuse what does not fit', () => {
    const [short, long] = [2, 3].map((n) => kernel.arrayOf(new Float64Array(n))) as [
      ReturnType<typeof kernel.arrayOf>,
      ReturnType<typeof kernel.arrayOf>,
    ];
    expect(() => kernel.losses([], [])).toThrow(/^shape-mismatch: arrays/);
    expect(() => kernel.losses([short], [1, 2])).toThrow(/^shape-mismatch: arrays/);
    expect(() => kernel.losses([short, long], [1, 2])).toThrow(/^shape-mismatch: array/);
    expect(() => kernel.losses([short], [Infinity])).toThrow(/^value-out-of-bounds: quantity/);
    expect(() => kernel.arrayOf(Float64Array.of(1, NaN))).toThrow(/^value-out-of-bounds: values/);
    short.release();
    expect(() => kernel.losses([short], [1])).toThrow(/^released: array/);
    expect(() => short.values()).toThrow(/^released: array/);
  });
});

describe('expected shortfall', () => {
  /** Losses as given, over a set with the given weights. */
  function both(losses: readonly number[], weights: readonly number[], alpha: number) {
    const set = kernel.scenarioSet([new Float64Array(losses.length)], Float64Array.from(weights));
    const array = kernel.arrayOf(Float64Array.from(losses));
    const vector = kernel.losses([array], [-1]);
    const answer = kernel.shortfall(vector, set, alpha);
    for (const each of [set, array, vector]) each.release();
    return [answer, plainShortfall(losses, weights, alpha)];
  }

  it('selects what a full sort would use, to the last bit, with ties and unequal weights', () => {
    const draw = seeded(13);
    for (let i = 0; i < 3000; i++) {
      const n = draw.whole(1, 120);
      const levels = draw.whole(1, 200);
      const losses = Array.from({ length: n }, () => draw.whole(-levels, levels) / 8);
      const raw = losses.map(() => (draw.uniform() < 0.1 ? 0 : draw.uniform()));
      const total = raw.reduce((a, b) => a + b) || 1;
      const weights = total === 1 ? raw.map(() => 1 / n) : raw.map((w) => w / total);
      const alpha = draw.uniform() < 0.1 ? 1 : Math.max(1e-6, draw.uniform() ** 3);
      const [selected, sorted] = both(losses, weights, alpha);
      expect(selected).toEqual(sorted);
    }
  });

  it('does so by blocks too: many scenarios, a low level, ties, clusters and scenarios left over', () => {
    const draw = seeded(14);
    for (let i = 0; i < 400; i++) {
      const n = draw.whole(200, 3100);
      const levels = draw.uniform() < 0.3 ? draw.whole(1, 12) : 1e6;
      const calm = draw.uniform();
      // The worst come in a row, as they do in a crash, or anywhere.
      const losses = Array.from({ length: n }, (_, j) => {
        const scale = j % 500 < 60 ? 1 : calm;
        return Math.round((scale * draw.normal() - 0.5) * levels) / 8 + 0; // no -0, which a sum never gives
      });
      const raw: number[] = losses.map((_, j) => (j < n / 2 ? 1 : 0.5));
      const total = raw.reduce((a, b) => a + b);
      const alpha = draw.uniform() < 0.5 ? 0.012 : 0.1 * draw.uniform() + 1e-5;
      const [selected, sorted] = both(
        losses,
        raw.map((each) => each / total),
        alpha,
      );
      expect(selected).toEqual(sorted);
    }
  });

  it('refuses losses that are no numbers any more', () => {
    const set = kernel.scenarioSet([new Float64Array(40)], new Float64Array(40).fill(1 / 40));
    for (const at of [0, 17, 39]) {
      const values = new Float64Array(40).fill(1);
      values[at] = 1e300;
      const array = kernel.arrayOf(values);
      const huge = kernel.losses([array, array], [1e300, -1e300]);
      expect(() => kernel.shortfall(huge, set, 0.05)).toThrow(/^value-out-of-bounds: losses/);
    }
  });

  it('takes a fraction of the last scenario', () => {
    const [answer] = both([1, 4, 2, 3], [0.25, 0.25, 0.25, 0.25], 0.375);
    expect(answer?.value).toBe((0.25 * 4 + 0.125 * 3) / 0.375);
    expect(answer?.atoms).toEqual([
      { index: 1, mass: 0.25, loss: 4 },
      { index: 3, mass: 0.125, loss: 3 },
    ]);
  });

  it('may be negative: what to make of a book that only gains is the model’s affair', () => {
    expect(both([-5, -3], [0.5, 0.5], 0.5)[0]?.value).toBe(-3);
  });

  it('knows its level and its set', () => {
    const set = randomSet(1, 4);
    const vector = kernel.losses([kernel.arrayOf(new Float64Array(4))], [1]);
    const other = kernel.losses([kernel.arrayOf(new Float64Array(5))], [1]);
    for (const alpha of [0, -1, 1.01, NaN]) {
      expect(() => kernel.shortfall(vector, set, alpha)).toThrow(/^value-out-of-bounds: alpha/);
    }
    expect(() => kernel.shortfall(other, set, 0.5)).toThrow(/^shape-mismatch: array/);
    set.release();
    expect(() => kernel.shortfall(vector, set, 0.5)).toThrow(/^released: set/);
  });
});
