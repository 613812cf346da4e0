import type { BacktestBook, BacktestFactor, OptionLeg } from './model.js';
import { uniform } from './prng.js';

/** A linear book from signed amounts by factor name, scaled to a gross notional of 1. */
export function linearBook(
  factors: readonly BacktestFactor[],
  name: string,
  amounts: Readonly<Record<string, number>>,
): BacktestBook {
  const weights = new Float64Array(factors.length);
  let gross = 0;
  factors.forEach((factor, index) => {
    weights[index] = amounts[factor.name] ?? 0;
    gross += Math.abs(weights[index]!);
  });
  const unknown = Object.keys(amounts).find(
    (key) => !factors.some((factor) => factor.name === key),
  );
  if (unknown !== undefined || gross === 0)
    throw new RangeError(
      `Book ${name}: ${unknown === undefined ? 'holds nothing' : `there is no factor ${unknown}`}; name factors of its set.`,
    );
  return { name, weights: weights.map((weight) => weight / gross), options: [] };
}

/** Which static books a set of linear factors is tested on. */
export interface LinearBooks {
  /** Held long and short, one by one. */
  readonly outright: readonly string[];
  /** Long the first, short as much of the second. */
  readonly pairs: readonly (readonly [string, string])[];
  /** Long one, short all others in equal parts. */
  readonly hedged: readonly string[];
  /** How many random books, two to six factors each. */
  readonly random: number;
}

/**
 * Outrights, equal-weight books long and short, pairs, hedges, a basket (first half long, second short) and random books. Chosen
 * before anything was measured, and the same for every model.
 */
export function linearBooks(
  factors: readonly BacktestFactor[],
  plan: LinearBooks,
  seed: number,
): BacktestBook[] {
  const names = factors.map(({ name }) => name);
  const book = (name: string, entries: readonly (readonly [string, number])[]): BacktestBook =>
    linearBook(factors, name, Object.fromEntries(entries));
  const equal = (sign: number): [string, number][] => names.map((name) => [name, sign]);
  const half = Math.ceil(names.length / 2);
  const several = names.length > 1;
  return [
    ...plan.outright.map((name) => book(`long ${name}`, [[name, 1]])),
    ...plan.outright.map((name) => book(`short ${name}`, [[name, -1]])),
    ...(several
      ? [
          book('equal weight', equal(1)),
          book('short equal weight', equal(-1)),
          book(
            'basket',
            names.map((name, index) => [
              name,
              index < half ? 1 / half : -1 / (names.length - half),
            ]),
          ),
        ]
      : []),
    ...plan.pairs.map(([a, b]) =>
      book(`${a} - ${b}`, [
        [a, 1],
        [b, -1],
      ]),
    ),
    ...plan.hedged.map((name) =>
      book(
        `${name} hedged`,
        names.map((other) => [other, other === name ? 1 : -1 / (names.length - 1)]),
      ),
    ),
    ...randomBooks(factors, several ? plan.random : 0, seed),
  ];
}

/** Books of two to six factors, weights uniform in [-1, 1], scaled to gross 1. The seed decides. */
export function randomBooks(
  factors: readonly BacktestFactor[],
  count: number,
  seed: number,
): BacktestBook[] {
  const next = uniform(seed);
  return Array.from({ length: count }, (_, index) => {
    const names = factors.map(({ name }) => name);
    const size = 2 + Math.floor(next() * Math.min(5, names.length - 1));
    const amounts: Record<string, number> = {};
    for (let leg = 0; leg < size; leg += 1) {
      const [name = ''] = names.splice(Math.floor(next() * names.length), 1);
      amounts[name] = 2 * next() - 1;
    }
    return linearBook(factors, `random ${index + 1}`, amounts);
  });
}

const MONTH = 30 / 365;

/** Option books on one underlying (factor 0) with one volatility (factor 1); notional is one unit of the underlying. */
export function optionBooks(): BacktestBook[] {
  const leg = (
    type: OptionLeg['type'],
    strike: number,
    quantity: number,
    years = MONTH,
  ): OptionLeg => ({ type, factor: 0, volFactor: 1, strike, years, quantity });
  const book = (name: string, delta: number, ...options: OptionLeg[]): BacktestBook => ({
    name,
    weights: Float64Array.of(delta, 0),
    options,
  });
  return [
    book('long underlying', 1),
    book('short underlying', -1),
    book('short straddle', 0, leg('call', 1, -1), leg('put', 1, -1)),
    book('long straddle', 0, leg('call', 1, 1), leg('put', 1, 1)),
    book('short strangle 95/105', 0, leg('put', 0.95, -1), leg('call', 1.05, -1)),
    book('short put 95', 0, leg('put', 0.95, -1)),
    book('long put 95', 0, leg('put', 0.95, 1)),
    book('short call 105', 0, leg('call', 1.05, -1)),
    book('call spread 100/105', 0, leg('call', 1, 1), leg('call', 1.05, -1)),
    book('put spread 95/90', 0, leg('put', 0.95, -1), leg('put', 0.9, 1)),
    book('covered call', 1, leg('call', 1.05, -1)),
    book('protective put', 1, leg('put', 0.95, 1)),
    book('risk reversal', 0, leg('put', 0.95, -1), leg('call', 1.05, 1)),
    book('calendar 30/90', 0, leg('call', 1, -1), leg('call', 1, 1, 3 * MONTH)),
  ];
}
