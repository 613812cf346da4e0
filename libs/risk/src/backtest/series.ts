import type { Elementary } from '../kernel/port.js';
import { boundsOf, type BacktestDay, type BacktestFactor } from './model.js';
import { dateOf, refusal, type PriceFile } from './price-file.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Longest stretch without a price: New York was shut for a week in September 2001. */
const MAX_DAYS_APART = 10;
/** An exchange was down: its last price stands for so long. */
const MAX_HOURS_STALE = 12;

/** One price a day. */
export interface DailySeries {
  readonly name: string;
  /** File and column, for error messages. */
  readonly source: string;
  /** Milliseconds at 00:00 UTC of each date, ascending. */
  readonly days: Float64Array;
  readonly prices: Float64Array;
}

/**
 * One column of a file as one price a day; days without a price are left out. Bars are cut at `cutHour` UTC: the price
 * of a date is the last one known at that hour, of the date itself, or at the midnight that ends it for hour 0.
 * @throws PriceFileError for an unknown column and for one without a price
 */
export function dailySeries(
  file: PriceFile,
  column: string,
  name: string = column,
  cutHour = 0,
): DailySeries {
  const prices = columnOf(file, column);
  const daily =
    file.clock === 'day' ? withoutBlanks(file.times, prices) : cut(file, prices, column, cutHour);
  return { name, source: `${file.file}:${column}`, ...daily };
}

/** A column, or the error that names those there are. */
export function columnOf(file: PriceFile, column: string): Float64Array {
  const prices = file.columns.get(column);
  if (prices !== undefined) return prices;
  throw refusal(file.file)(
    'price_file_unknown_column',
    '',
    `no column ${column}`,
    `use one of ${[...file.columns.keys()].join(', ')}`,
  );
}

type Daily = Pick<DailySeries, 'days' | 'prices'>;

function withoutBlanks(times: Float64Array, prices: Float64Array): Daily {
  const kept = (_: number, row: number): boolean => !Number.isNaN(prices[row]);
  return { days: times.filter(kept), prices: prices.filter(kept) };
}

/** A bar opened at t is known at t + 1 h. */
function cut(file: PriceFile, prices: Float64Array, column: string, cutHour: number): Daily {
  const days: number[] = [];
  const closes: number[] = [];
  const { times } = file;
  const start = (times[0] ?? 0) + HOUR;
  const end = (times.at(-1) ?? 0) + HOUR;
  let row = -1;
  let last = -1;
  const firstCut = Math.ceil((start - cutHour * HOUR) / DAY) * DAY + cutHour * HOUR;
  for (let moment = firstCut; moment <= end; moment += DAY) {
    while (row + 1 < times.length && (times[row + 1] ?? 0) + HOUR <= moment) {
      row += 1;
      if (!Number.isNaN(prices[row])) last = row;
    }
    if (last < 0) continue;
    // Not traded for too long: no price that day. `refuseGaps` sees it where days around it are used.
    if (moment - (times[last] ?? 0) - HOUR > MAX_HOURS_STALE * HOUR) continue;
    days.push(Math.floor((moment - 1) / DAY) * DAY);
    closes.push(prices[last] ?? Number.NaN);
  }
  if (days.length === 0)
    throw refusal(file.file)(
      'price_file_empty',
      '',
      `no price in ${column}`,
      'leave the column out',
    );
  return { days: Float64Array.from(days), prices: Float64Array.from(closes) };
}

/** Within the dates a set is made of: what a file lacks before or after them is no concern of the set. */
function refuseGaps({ source, days }: DailySeries, from: number, to: number): void {
  for (let row = 1; row < days.length; row += 1) {
    const before = days[row - 1] ?? 0;
    const after = days[row] ?? 0;
    const apart = (after - before) / DAY;
    if (apart > MAX_DAYS_APART && after > from && before < to)
      throw refusal(source)(
        'price_file_gap',
        '',
        `${apart} days without a price after ${dateOf(before)}`,
        `give prices at most ${MAX_DAYS_APART} days apart, or cut the file there`,
      );
  }
}

/** Series on the dates they have in common, oldest first; a move spans the dates next to each other in it. */
export interface JoinedSeries {
  readonly dates: readonly string[];
  readonly days: Float64Array;
  /** Prices by series, then date. */
  readonly prices: readonly Float64Array[];
}

/** @throws PriceFileError for a gap of one of the series between the first and the last date in common */
export function joinByDate(series: readonly DailySeries[]): JoinedSeries {
  const counts = new Map<number, number>();
  for (const { days } of series)
    for (const day of days) counts.set(day, (counts.get(day) ?? 0) + 1);
  const days = (series[0]?.days ?? new Float64Array()).filter(
    (day) => counts.get(day) === series.length,
  );
  for (const each of series) refuseGaps(each, days[0] ?? 0, days.at(-1) ?? 0);
  const prices = series.map((each) => {
    const byDay = new Map<number, number>();
    each.days.forEach((day, row) => byDay.set(day, each.prices[row] ?? Number.NaN));
    return days.map((day) => byDay.get(day) ?? Number.NaN);
  });
  return { dates: [...days].map(dateOf), days, prices };
}

/** How a series enters a set of factors. */
export interface FactorSpec {
  readonly kind: BacktestFactor['kind'];
  /** Divides absolute moves: a fixed price, in the series' unit. */
  readonly reference?: number;
  /** Multiplies levels: 0.01 where volatility is quoted in per cent. */
  readonly unit?: number;
}

/** The days of a backtest: moves since the date before, levels after. One less than there are dates. */
export function movesOf(
  series: readonly DailySeries[],
  specs: readonly FactorSpec[],
  log: Elementary['log'],
): BacktestDay[] {
  const { dates, prices } = joinByDate(series);
  const days: BacktestDay[] = [];
  for (let row = 1; row < dates.length; row += 1) {
    const date = dates[row] ?? '';
    const moves = new Float64Array(series.length);
    const levels = new Float64Array(series.length);
    prices.forEach((column, index) => {
      const spec = specs[index] ?? { kind: 'relative' };
      const now = column[row] ?? Number.NaN;
      moves[index] = moveOf(spec, column[row - 1] ?? Number.NaN, now, log, () =>
        refusal(series[index]?.source ?? '')(
          'price_file_negative_price',
          date,
          `a price of ${now} cannot be the base of a relative move`,
          'declare the factor absolute where prices may go below zero, or mend the price',
        ),
      );
      levels[index] = now * (spec.unit ?? 1);
    });
    days.push({ date, moves, levels });
  }
  return days;
}

function moveOf(
  spec: FactorSpec,
  before: number,
  now: number,
  log: Elementary['log'],
  negative: () => Error,
): number {
  if (spec.kind === 'absolute') return (now - before) / (spec.reference ?? 1);
  if (!(now > 0 && before > 0)) throw negative();
  return spec.kind === 'logVol' ? log(now / before) : now / before - 1;
}

export function factorsOf(
  series: readonly DailySeries[],
  specs: readonly FactorSpec[],
): BacktestFactor[] {
  return series.map(({ name }, index) => {
    const kind = specs[index]?.kind ?? 'relative';
    return { name, kind, bounds: boundsOf(kind) };
  });
}
