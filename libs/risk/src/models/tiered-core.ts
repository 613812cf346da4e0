import type { BacktestBook, BacktestSetup, CoreModel, CoreRun } from '../backtest/model.js';
import { FilterHistory } from './filter.js';
import { tieredModel } from './tiered.js';

/** Initial margin of the published tiers as rates of notional; open interest is not in a price history and plays no part. */
const RATES = [0.01, 0.02, 0.05, 0.1, 0.2, 1] as const;

/** A rate is fit for a factor whose daily volatility is at most this multiple of it. */
const SIGMAS_OF_RATE = 2.5;

/**
 * The tier a venue's committee would have chosen from the volatility it knew: the least rate of at least .4 daily sigmas. That
 * puts BTC and ETH at 2 % and SOL at 5 %, where dYdX has them.
 */
export const rateFor = (dailySigma: number): number =>
  RATES.find((rate) => rate * SIGMAS_OF_RATE >= dailySigma) ?? 1;

/** Leverage tiers without any netting: every position pays its rate. Tiers are set once, when first asked, and stay. */
export const tieredCoreModel: CoreModel = {
  ...tieredModel,
  title: 'leverage tiers, every position alone',
  open: run,
};

function run({ factors, books }: BacktestSetup): CoreRun {
  const history = new FilterHistory(factors, []);
  let margins: Float64Array | undefined;
  return {
    add(day) {
      if (!margins) history.add(day.moves);
    },
    margins() {
      margins ??= isolated(
        factors.map((_factor, i) => rateFor(history.longRun(i))),
        books,
      );
      return margins.slice();
    },
    release() {},
  };
}

/** `sum |notional| x rate`; an option's notional is its underlying's. */
function isolated(rates: readonly number[], books: readonly BacktestBook[]): Float64Array {
  return Float64Array.from(books, ({ weights, options }) => {
    let margin = 0;
    weights.forEach((weight, i) => (margin += Math.abs(weight) * (rates[i] ?? 0)));
    for (const { factor, quantity } of options) margin += Math.abs(quantity) * (rates[factor] ?? 0);
    return margin;
  });
}
