import { describe, expect, it } from '@jest/globals';
import { optionBooks } from '../backtest/books.js';
import {
  boundsOf,
  type BacktestBook,
  type BacktestSetup,
  type CoreModel,
} from '../backtest/model.js';
import type { RiskKernel } from '../kernel/port.js';
import { pricingStandIn } from '../testing/pricing-standin.js';
import { gridCoreModel, gridOffsetCoreModel, spanCoreModel } from './grid-cores.js';
import { fhsCoreModel, fhsPlainCoreModel, hsCoreModel, urs1CoreModel } from './historical-cores.js';
import { rateFor, tieredCoreModel } from './tiered-core.js';

/** Only pricing is asked of the kernel by these models. */
const kernel = pricingStandIn as RiskKernel;

/** Days after which prices move more. */
const CALM = 880;

/** Deterministic moves of two prices and a volatility that rises as the first falls; calm first, then wild. */
function* days(count: number): Generator<{ moves: Float64Array; levels: Float64Array }> {
  let seed = 12345;
  let vol = 0.5;
  const next = (): number => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return seed / 2147483648 - 0.5;
  };
  const normal = (): number => next() + next() + next() + next() + next() + next();
  for (let t = 0; t < count; t++) {
    const size = t >= CALM ? 0.08 : 0.03;
    const common = normal() * size;
    const change = -common + normal() * 0.02;
    vol = Math.min(Math.max(vol * Math.exp(change), 0.2), 1.5);
    yield {
      moves: Float64Array.of(common, common * 0.9 + normal() * size * 0.4, change),
      levels: Float64Array.of(100, 10, vol),
    };
  }
}

const factors = (['relative', 'relative', 'logVol'] as const).map((kind, i) => ({
  name: `f${i}`,
  kind,
  bounds: boundsOf(kind),
}));
const linear = (name: string, a: number, b: number): BacktestBook => ({
  name,
  weights: Float64Array.of(a, b, 0),
  options: [],
});

const linearSet = [
  linear('long', 1, 0),
  linear('short', -1, 0),
  linear('pair', 0.5, -0.5),
  linear('double', 2, 0),
  linear('flat', 0, 0),
];
const options = optionBooks().map(({ name, weights, options }) => ({
  name,
  weights: Float64Array.of(weights[0] ?? 0, 0, 0),
  options: options.map((leg) => ({ ...leg, volFactor: 2 })),
}));

function marginsOf(
  model: CoreModel,
  books: readonly BacktestBook[],
  count = 900,
): Map<string, number> {
  const setup: BacktestSetup = { kernel, factors, books, horizon: 1 / 365 };
  const run = model.open(setup);
  for (const day of days(count)) run.add({ date: '', ...day });
  const margins = run.margins();
  run.release();
  return new Map(books.map(({ name }, i) => [name, margins[i] ?? NaN]));
}

const models = [
  urs1CoreModel,
  fhsCoreModel,
  fhsPlainCoreModel,
  hsCoreModel,
  gridCoreModel,
  gridOffsetCoreModel,
  spanCoreModel,
  tieredCoreModel,
];

describe.each(models.map((model) => [model.name, model] as const))(
  '%s in the backtest',
  (name, model) => {
    const margins = marginsOf(model, linearSet);
    const of = (book: string): number => margins.get(book) ?? NaN;

    it('asks nothing of nothing, something of a position, and twice as much of two', () => {
      expect(of('flat')).toBe(0);
      expect(of('long')).toBeGreaterThan(0.005);
      expect(of('long')).toBeLessThan(1);
      expect(of('double')).toBeCloseTo(2 * of('long'), 12);
    });

    it('nets a pair of correlated prices, or does not, as its kind does', () => {
      const half = (of('long') + of('short')) / 2;
      if (['grid', 'tiered'].includes(name)) expect(of('pair')).toBeGreaterThan(0.7 * half);
      else expect(of('pair')).toBeLessThan(0.7 * half);
    });

    it('asks of every option book a finite margin, and of a short straddle more than of a long one', () => {
      const books = marginsOf(model, options);
      for (const margin of books.values()) expect(margin).toBeGreaterThanOrEqual(0);
      const [short, long] = [books.get('short straddle') ?? NaN, books.get('long straddle') ?? NaN];
      if (name === 'tiered') expect(short).toBe(long);
      else expect(short).toBeGreaterThan(long);
    });
  },
);

describe('ranges', () => {
  it('follow volatility where the model says so and not where it is fixed', () => {
    const change = (model: CoreModel): number =>
      (marginsOf(model, linearSet, 900).get('long') ?? 0) /
      (marginsOf(model, linearSet, CALM).get('long') ?? 0);
    expect(change(tieredCoreModel)).toBe(1);
    expect(change(urs1CoreModel)).toBeGreaterThan(1.1);
    expect(change(fhsCoreModel)).toBeGreaterThan(1.1);
  });

  it('put a tier where the venue has it', () => {
    expect([0.035, 0.045, 0.06, 0.005, 3].map(rateFor)).toEqual([0.02, 0.02, 0.05, 0.01, 1]);
  });
});
