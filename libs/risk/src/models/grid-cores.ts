import type {
  BacktestBook,
  BacktestDay,
  BacktestSetup,
  CoreModel,
  CoreRun,
} from '../backtest/model.js';
import { BookLosses, type ShockedVols } from './book-losses.js';
import { filterDefaults } from './filter.js';
import {
  gridMargin,
  plainRows,
  plainVolShock,
  shockedVol,
  type GridRow,
  type VolShock,
} from './grid.js';
import { badInput } from './input.js';
import { spanRows, spanVolShock } from './span.js';
import { valueAtRisk } from './tail.js';

/** Follows each factor and says how far a grid reaches tomorrow, as a move. */
interface Ranges {
  add(moves: ArrayLike<number>): void;
  ranges(): Float64Array;
}

interface GridModel extends Pick<CoreModel, 'name' | 'version' | 'title'> {
  /** Rows in ranges: a move of 1 is one range. */
  readonly rows: readonly GridRow[];
  readonly volShock: VolShock;
  /** Share of gains that offsets losses of other underlyings; absent: none, each at its own worst row. */
  readonly offset?: number;
  ranges(factors: number): Ranges;
}

function gridCore(model: GridModel): CoreModel {
  const { name, version, title } = model;
  return { name, version, title, open: (setup) => run(setup, model) };
}

function run(setup: BacktestSetup, model: GridModel): CoreRun {
  const { rows, offset } = model;
  const ranges = model.ranges(setup.factors.length);
  const levels = new Float64Array(setup.factors.length);
  const parts = setup.books.map((book) => byUnderlying(setup, book));
  const losses = new BookLosses({ ...setup, books: parts.flat() });
  return {
    add(day: BacktestDay) {
      ranges.add(day.moves);
      levels.set(day.levels);
    },
    margins() {
      const reach = ranges.ranges();
      const shocks = Array.from(reach, (range) =>
        Float64Array.from(rows, (row) => row.move * range),
      );
      const of = losses.losses(shocks, levels, volsOf(setup, model, levels));
      for (const loss of of) rows.forEach(({ share }, j) => (loss[j] = -share * (loss[j] ?? 0)));
      let next = 0;
      return Float64Array.from(parts, ({ length }) => {
        const profits = of.slice(next, next + length);
        next += length;
        return gridMargin(profits, offset).margin;
      });
    },
    release() {},
  };
}

/** A book cut into one book per underlying that it holds something of. */
function byUnderlying({ factors }: BacktestSetup, book: BacktestBook): BacktestBook[] {
  return factors.flatMap(({ name }, factor) => {
    const weight = book.weights[factor] ?? 0;
    const options = book.options.filter((leg) => leg.factor === factor);
    if (weight === 0 && options.length === 0) return [];
    const weights = new Float64Array(factors.length);
    weights[factor] = weight;
    return [{ name: `${book.name} ${name}`, weights, options }];
  });
}

function volsOf(
  { kernel }: BacktestSetup,
  { rows, volShock }: GridModel,
  levels: Float64Array,
): ShockedVols {
  return (factor, years) => {
    const vol = levels[factor] ?? NaN;
    const of = {
      up: shockedVol(kernel, vol, years, 'up', volShock),
      none: vol,
      down: shockedVol(kernel, vol, years, 'down', volShock),
    };
    return Float64Array.from(rows, (row) => of[row.vol]);
  };
}

/** 99.5 % quantile of the absolute moves of the last 2,500 days: kinder than a venue's committee, who add to it. */
function trailingQuantile(factors: number): Ranges {
  const windows = Array.from({ length: factors }, () => new Float64Array(filterDefaults.longRun));
  let days = 0;
  return {
    add(moves) {
      windows.forEach((window, i) => (window[days % window.length] = Math.abs(moves[i] ?? 0)));
      days++;
    },
    ranges: () =>
      Float64Array.from(windows, (window) =>
        valueAtRisk(window.subarray(0, Math.min(days, window.length)), 0.005),
      ),
  };
}

const SPAN_LAMBDA = 0.99;
const SPAN_SIGMAS = 6;

/** Six daily sigmas, EWMA .99: a scan range as exchanges set it, following volatility slowly. */
function sixSigmas(factors: number): Ranges {
  const variance = new Float64Array(factors);
  const { seed } = filterDefaults;
  let days = 0;
  return {
    add(moves) {
      // The mean of the first sixty squares, then the filter.
      const keep = days < seed ? days / (days + 1) : SPAN_LAMBDA;
      for (let i = 0; i < factors; i++)
        variance[i] = keep * (variance[i] ?? 0) + (1 - keep) * (moves[i] ?? 0) * (moves[i] ?? 0);
      days++;
    },
    ranges() {
      if (days === 0) throw badInput('history', 'it is empty', 'add days first');
      return variance.map((v) => SPAN_SIGMAS * Math.sqrt(v));
    },
  };
}

const fixed = {
  rows: plainRows(1),
  volShock: plainVolShock,
  ranges: trailingQuantile,
} as const;

/** Fixed grids, one per underlying, no offsets: what Derive, Deribit, OKX and Bybit do. The baseline of every comparison. */
export const gridCoreModel = gridCore({
  ...fixed,
  name: 'grid',
  version: '1',
  title: 'fixed grid per underlying, 99.5 % of 2,500 days',
});

/** The same grids moved together, gains counting .6 across underlyings, as Deribit's cross margin. */
export const gridOffsetCoreModel = gridCore({
  ...fixed,
  name: 'grid-offset',
  version: '1',
  title: 'the same grids, gains offset .6 across underlyings',
  offset: 0.6,
});

/** SPAN's sixteen scenarios over a range of six sigmas, credits of .6. */
export const spanCoreModel = gridCore({
  name: 'span',
  version: '1',
  title: "SPAN's 16 scenarios, 6 sigma (.99), credits .6",
  rows: spanRows(1),
  volShock: spanVolShock,
  offset: 0.6,
  ranges: sixSigmas,
});
