import type { Elementary } from '../kernel/port.js';
import { bootstrapDifference, type BootstrapOptions, type Interval } from './bootstrap.js';
import {
  averageMargin,
  booksOf,
  columnAt,
  count,
  equalCoverageScale,
  exceptions,
  halves,
  mean,
  procyclicality,
  TARGET,
  worstExceedance,
  type BookSeries,
  type Halves,
  type Procyclicality,
} from './measures.js';
import type { MarginSeries, TestedDays } from './run.js';
import {
  conditionalCoverage,
  independence,
  kupiec,
  trafficLight,
  transitionsOf,
  type TrafficLight,
} from './statistics.js';

/** One book under one model at k = 1. */
export interface BookReport {
  readonly book: string;
  readonly model: string;
  readonly days: number;
  readonly exceptions: number;
  /** Share of days covered: 1 - exceptions / days. */
  readonly coverage: number;
  /** Of Kupiec's test; where a day is cut several times, on the mean of the cuts. */
  readonly kupiecP: number;
  /** The same as if the cuts of a day were independent days, which they are not: shown so that nobody need guess. */
  readonly pooledKupiecP: number;
  readonly independenceP: number;
  readonly jointP: number;
  readonly light: TrafficLight;
  /** Mean margin at k = 1, fraction of notional. */
  readonly margin: number;
}

/** One model over all books of a set. */
export interface ModelReport {
  readonly model: string;
  readonly version: string;
  /** Mean margin with every model scaled to the same coverage of its worst book, fraction of notional. */
  readonly avgMargin: number;
  /** That scale. */
  readonly k: number;
  /** Mean margin at k = 1. */
  readonly rawMargin: number;
  /** Share of days the worst book is exceeded, at k = 1, and Kupiec's p of that book. */
  readonly worstExceedance: number;
  readonly worstKupiecP: number;
  readonly worstBook: string;
  /** Of the first book's margin, a long position. Rises are absent where not every day was tested. */
  readonly p99p1: number;
  readonly procyclicality: Procyclicality;
  readonly halves: Halves;
  /** Average margin of the first model over this one's, less one: resampled. Absent for the first model. */
  readonly difference?: Interval;
}

export interface SetReport {
  readonly books: readonly BookReport[];
  readonly models: readonly ModelReport[];
}

/** All tables of one set. The first series is the one the others are compared with. */
export function reportSet(
  tested: TestedDays,
  names: readonly string[],
  series: readonly MarginSeries[],
  f: Elementary,
  bootstrap: BootstrapOptions,
): SetReport {
  const rows = series.map((each) => booksOf(tested.losses, each.margins, tested.books));
  const standard = rows[0] ?? [];
  const books = series.map(({ model }, index) =>
    (rows[index] ?? []).map((book, at) =>
      reportBook(names[at] ?? '', model, book, tested.panels, f),
    ),
  );
  return {
    books: books.flat(),
    models: series.map((each, index) => {
      const of = rows[index] ?? [];
      const report = reportModel(each, of, books[index] ?? [], tested.panels);
      if (index === 0) return report;
      // A block of neighbouring days holds all their panels.
      const block = bootstrap.block * tested.panels;
      return { ...report, difference: bootstrapDifference(standard, of, { ...bootstrap, block }) };
    }),
  };
}

function reportBook(
  book: string,
  model: string,
  series: BookSeries,
  panels: number,
  f: Elementary,
): BookReport {
  const flags = exceptions(series);
  const [x, n] = [count(flags), flags.length];
  // Cuts of one day overlap, so one move can be an exception of each: together they are worth one day of evidence.
  const uc = kupiec(x / panels, n / panels, TARGET, f);
  // And only days of one cut are neighbours.
  const independent = independence(transitionsOf(flags.filter((_, row) => row % panels === 0)), f);
  return {
    book,
    model,
    days: n,
    exceptions: x,
    coverage: 1 - x / n,
    kupiecP: uc.pValue,
    pooledKupiecP: kupiec(x, n, TARGET, f).pValue,
    independenceP: independent.pValue,
    jointP: conditionalCoverage(uc, independent, f).pValue,
    light: trafficLight(Math.ceil(x / panels), Math.floor(n / panels), TARGET, f),
    margin: mean(series.margins),
  };
}

function reportModel(
  { model, version }: MarginSeries,
  series: readonly BookSeries[],
  books: readonly BookReport[],
  panels: number,
): ModelReport {
  const k = equalCoverageScale(series);
  const rawMargin = averageMargin(series);
  const worst = books.reduce((a, b) => (b.exceptions > a.exceptions ? b : a));
  const first = columnAt(series[0]?.margins ?? new Float64Array(), 0, panels);
  const moves = procyclicality(first);
  return {
    model,
    version,
    avgMargin: k * rawMargin,
    k,
    rawMargin,
    worstExceedance: worstExceedance(series),
    worstKupiecP: worst.kupiecP,
    worstBook: worst.book,
    p99p1: moves.p99p1,
    procyclicality: moves,
    halves: halves(series, panels),
  };
}
