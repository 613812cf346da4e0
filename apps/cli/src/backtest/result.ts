import { backtest, type CoreModel, type RiskKernel } from '#risk';
import type { BuiltSet } from './sets.js';

/** All that was measured on one set. */
export interface SetResult {
  readonly set: BuiltSet;
  /** Every how-many-th day was tested. */
  readonly every: number;
  readonly tested: backtest.TestedDays;
  readonly series: readonly backtest.MarginSeries[];
  readonly report: backtest.SetReport;
  /** The path inside the day for the first model, where the set has hours. */
  readonly path?: backtest.PathMeasures;
}

export interface MeasureOptions {
  readonly kernel: RiskKernel;
  readonly models: readonly CoreModel[];
  readonly every: number;
  readonly seed: number;
  readonly resamples: number;
  status(text: string): void;
}

/** Days in a block of the bootstrap: about a month of trading, the life of a burst of volatility. */
const BLOCK = 20;

/** Runs every model over the set and measures the lot. */
export function measure(set: BuiltSet, options: MeasureOptions): SetResult {
  const { kernel, models, every, seed, resamples } = options;
  const tested = backtest.testedDays(set, { kernel, every });
  const series = models.map((model) =>
    backtest.marginSeries(set, model, { kernel, every }, (done, of) =>
      options.status(`${set.name}: ${model.name} ${done} of ${of} days`),
    ),
  );
  const names = set.books.map(({ name }) => name);
  const report = backtest.reportSet(tested, names, series, kernel, {
    block: Math.max(1, Math.round(BLOCK / every)),
    resamples,
    seed,
  });
  const path = pathOf(set, tested, series[0]);
  return { set, every, tested, series, report, ...(path === undefined ? {} : { path }) };
}

function pathOf(
  set: BuiltSet,
  tested: backtest.TestedDays,
  first: backtest.MarginSeries | undefined,
): backtest.PathMeasures | undefined {
  if (first === undefined || tested.panels > 1) return undefined;
  const columns = backtest.booksOf(tested.losses, first.margins, tested.books);
  return backtest.pathMeasures(
    set.books.flatMap((book, index) => {
      const series = columns[index];
      if (series === undefined || !backtest.hasPath(book, set.factors, set.hourly)) return [];
      return [{ series, path: backtest.worstHourlyLosses(book, set.hourly, tested.dates) }];
    }),
  );
}
