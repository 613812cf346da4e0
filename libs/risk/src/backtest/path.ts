import type { BacktestBook, BacktestFactor } from './model.js';
import { count, exceptions, quantile, type BookSeries } from './measures.js';

/** Hourly closes of one factor: times at which bars open (ms since 1970, UTC), ascending, and prices. */
export interface HourlySeries {
  readonly times: Float64Array;
  readonly prices: Float64Array;
}

/** The worst hourly point of a day against its close, for the books whose factors have hours. */
export interface PathMeasures {
  readonly books: number;
  readonly days: number;
  /** Mean over books of the share of days exceeded, at the close and at the day's worst hour. */
  readonly closeRate: number;
  readonly pathRate: number;
  /** 99.5 % loss at the worst hour over that at the close, mean over books. */
  readonly lossRatio: number;
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/**
 * Greatest loss at any hourly close of each tested day, as a fraction of notional, from the close before: linear books of relative
 * factors only. NaN for a day with fewer than 12 hours known.
 */
export function worstHourlyLosses(
  book: BacktestBook,
  hourly: readonly (HourlySeries | undefined)[],
  dates: readonly string[],
): Float64Array {
  const legs = [...book.weights].flatMap((weight, factor) =>
    weight === 0 ? [] : [{ weight, closes: closesByHour(hourly[factor]) }],
  );
  return Float64Array.from(dates, (date) => {
    const start = Date.parse(date);
    const known = legs.map(({ closes }) => closes.get(start) ?? Number.NaN);
    let worst = Number.NaN;
    let hours = 0;
    for (let end = start + HOUR; end <= start + DAY; end += HOUR) {
      let gain = 0;
      legs.forEach(({ weight, closes }, leg) => {
        gain += weight * ((closes.get(end) ?? Number.NaN) / (known[leg] ?? Number.NaN) - 1);
      });
      if (Number.isNaN(gain)) continue;
      hours += 1;
      worst = Number.isNaN(worst) ? -gain : Math.max(worst, -gain);
    }
    return hours >= 12 ? worst : Number.NaN;
  });
}

const cache = new WeakMap<HourlySeries, Map<number, number>>();

/** Price known at each full hour. */
function closesByHour(series: HourlySeries | undefined): Map<number, number> {
  if (series === undefined) return new Map();
  let closes = cache.get(series);
  if (closes === undefined) {
    closes = new Map();
    for (let row = 0; row < series.times.length; row += 1)
      closes.set((series.times[row] ?? 0) + HOUR, series.prices[row] ?? Number.NaN);
    cache.set(series, closes);
  }
  return closes;
}

/** Is every leg of the book a relative factor with hours? */
export function hasPath(
  book: BacktestBook,
  factors: readonly BacktestFactor[],
  hourly: readonly (HourlySeries | undefined)[],
): boolean {
  return (
    book.options.length === 0 &&
    [...book.weights].every(
      (weight, factor) =>
        weight === 0 || (hourly[factor] !== undefined && factors[factor]?.kind === 'relative'),
    )
  );
}

/** Compares the path with the close; both over the days whose path is known. */
export function pathMeasures(
  books: readonly { readonly series: BookSeries; readonly path: Float64Array }[],
): PathMeasures | undefined {
  if (books.length === 0) return undefined;
  let [closeRate, pathRate, lossRatio, days] = [0, 0, 0, 0];
  for (const { series, path } of books) {
    const known = (_: number, day: number): boolean => !Number.isNaN(path[day]);
    const margins = series.margins.filter(known);
    const close = { losses: series.losses.filter(known), margins };
    const hours = { losses: path.filter(known), margins };
    days = margins.length;
    closeRate += count(exceptions(close)) / days;
    pathRate += count(exceptions(hours)) / days;
    lossRatio += quantile(hours.losses, 0.995) / quantile(close.losses, 0.995);
  }
  const n = books.length;
  return {
    books: n,
    days,
    closeRate: closeRate / n,
    pathRate: pathRate / n,
    lossRatio: lossRatio / n,
  };
}
