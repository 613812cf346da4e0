import { describe, expect, it } from '@jest/globals';
import { currentKernel } from '../adapters/kernel-files.js';
import { roundUp } from '../rounding.js';
import { seeded } from '../testing/random.js';

/** Cases of each property: the seeds are fixed, so a failure names the case that shows it again. */
const CASES = 100_000;
const SCENARIOS = 60;
const ALPHA = 0.08;
const SCALE = 8;

const kernel = currentKernel();
const draw = seeded(20261125);

/** Arrays of six instruments with fat tails over unequal weights, in 1/1024ths: sums of them are exact. */
const arrays = Array.from({ length: 6 }, () =>
  kernel.arrayOf(
    Float64Array.from({ length: SCENARIOS }, () => {
      const bell = draw.normal();
      return Math.round(bell * bell * bell * 1024) / 1024;
    }),
  ),
);
const raw = Array.from({ length: SCENARIOS }, () => 1 + draw.whole(0, 4));
const total = raw.reduce((a, b) => a + b);
const set = kernel.scenarioSet(
  [new Float64Array(SCENARIOS)],
  Float64Array.from(raw, (each) => each / total),
);

type Quantities = readonly number[];
const book = (): Quantities =>
  arrays.map(() => (draw.uniform() < 0.3 ? 0 : draw.whole(-64, 65) / 4));
const times = (c: number, q: Quantities): Quantities => q.map((each) => c * each);
const plus = (a: Quantities, b: Quantities): Quantities => a.map((each, i) => each + (b[i] ?? 0));
const single = (q: Quantities, i: number): Quantities => q.map((each, j) => (i === j ? each : 0));

/** The core margin, max(ES, 0). */
function core(quantities: Quantities): number {
  const losses = kernel.losses(arrays, quantities);
  const { value } = kernel.shortfall(losses, set, ALPHA);
  losses.release();
  return Math.max(value, 0);
}

/** As it is asked: minor units, rounded up. One unit a term is what rounding may add to a sum of requirements, never take. */
const asked = (quantities: Quantities): bigint => roundUp(core(quantities), SCALE);

function everyCase(check: (index: number) => boolean): void {
  const failed: number[] = [];
  for (let index = 0; index < CASES; index++) if (!check(index)) failed.push(index);
  expect(failed).toEqual([]);
}

describe(`coherence of the core, ${CASES} cases each`, () => {
  it('two books together ask no more than apart: M(a + b) <= M(a) + M(b), in money as asked', () => {
    everyCase(() => {
      const [a, b] = [book(), book()];
      return asked(plus(a, b)) <= asked(a) + asked(b);
    });
  });

  it('cross margin is no more than isolated: M(sum) <= sum of M of each position, in money as asked', () => {
    everyCase(() => {
      const q = book();
      return asked(q) <= q.reduce((sum, _, i) => sum + asked(single(q, i)), 0n);
    });
  });

  it('scales with the book: M(ca) = c M(a), to the last bit for powers of two', () => {
    everyCase((index) => {
      const q = book();
      const c = 2 ** ((index % 9) - 4);
      return core(times(c, q)) === c * core(q);
    });
  });

  it('and for any c > 0 to five parts in 10^15', () => {
    everyCase(() => {
      const q = book();
      const c = draw.uniform() * 10;
      const once = c * core(q);
      return Math.abs(core(times(c, q)) - once) <= 5e-15 * once;
    });
  });

  it('is monotone: where every scenario loses no less, M is no less', () => {
    everyCase(() => {
      const q = book();
      const losses = kernel.losses(arrays, q);
      const values = losses.values();
      const worse = kernel.arrayOf(values.map((each) => each + draw.whole(0, 3) / 8));
      const more = kernel.losses([worse], [-1]);
      const [low, high] = [losses, more].map((each) => kernel.shortfall(each, set, ALPHA).value);
      for (const each of [losses, worse, more]) each.release();
      return (low ?? NaN) <= (high ?? NaN);
    });
  });

  it('is never below zero, and zero only for a book that loses nothing in its worst scenarios', () => {
    everyCase(() => core(book()) >= 0);
    expect(core(times(0, book()))).toBe(0);
  });
});
