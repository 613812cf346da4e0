import type { RiskKernel } from '../kernel/port.js';
import type {
  BacktestBook,
  BacktestDay,
  BacktestFactor,
  BacktestSetup,
  CoreModel,
} from './model.js';
import { lossesOf } from './pnl.js';

/** One history of days. A set has one, or one for each hour at which its day is cut. */
export interface Panel {
  readonly days: readonly BacktestDay[];
}

/** What is tested: factors, books and days. */
export interface BacktestSet {
  readonly name: string;
  readonly title: string;
  readonly factors: readonly BacktestFactor[];
  readonly books: readonly BacktestBook[];
  readonly panels: readonly Panel[];
  /** Days a model has seen before the first it is tested on. */
  readonly warmUp: number;
  readonly horizon: number;
}

/**
 * A year: the least look-back EMIR allows (RTS 153/2013, art. 25). Windows of 750 or 1,500 days are filled as far as there is history, as a
 * house with young markets has to; every model starts alike.
 */
export const WARM_UP = 365;

/** Tested days, panels interleaved: row r is day floor(r / panels) of panel r mod panels. */
export interface TestedDays {
  readonly dates: readonly string[];
  readonly panels: number;
  readonly books: number;
  /** Row-major, rows x books: fractions of notional. */
  readonly losses: Float64Array;
}

/** Margins of one model for the same rows. */
export interface MarginSeries {
  readonly model: string;
  readonly version: string;
  readonly margins: Float64Array;
}

export interface RunOptions {
  readonly kernel: RiskKernel;
  /** Every how-many-th day is tested: 1 is all. Models still see every day. */
  readonly every: number;
}

/** How many days of each panel are tested: as many as the shortest has. */
export function testedPerPanel({ panels, warmUp }: BacktestSet, every: number): number {
  const days = Math.min(...panels.map((panel) => panel.days.length));
  return Math.max(0, Math.ceil((days - warmUp) / every));
}

/** The losses of the tested days; day w of a panel, 0-based, is the first tested when w days went before it. */
export function testedDays(set: BacktestSet, { kernel, every }: RunOptions): TestedDays {
  const setup = setupOf(set, kernel);
  const rows = testedPerPanel(set, every);
  const width = set.books.length;
  const losses = new Float64Array(rows * set.panels.length * width);
  const dates: string[] = [];
  for (let row = 0; row < rows; row += 1) {
    set.panels.forEach(({ days }, panel) => {
      const index = set.warmUp + row * every;
      const before = days[index - 1];
      const day = days[index];
      if (before === undefined || day === undefined) return;
      dates.push(day.date);
      losses.set(lossesOf(setup, before, day), (row * set.panels.length + panel) * width);
    });
  }
  return { dates, panels: set.panels.length, books: width, losses };
}

/** Runs a model over the set. `status` hears now and then how many rows are done. */
export function marginSeries(
  set: BacktestSet,
  model: CoreModel,
  { kernel, every }: RunOptions,
  status: (done: number, of: number) => void = () => undefined,
): MarginSeries {
  const rows = testedPerPanel(set, every);
  const width = set.books.length;
  const count = set.panels.length;
  const margins = new Float64Array(rows * count * width);
  set.panels.forEach(({ days }, panel) => {
    const run = model.open(setupOf(set, kernel));
    try {
      const end = set.warmUp + (rows - 1) * every;
      days.slice(0, end).forEach((day, index) => {
        run.add(day);
        const ahead = index + 1 - set.warmUp;
        if (ahead < 0 || ahead % every !== 0) return;
        margins.set(run.margins(), ((ahead / every) * count + panel) * width);
        if (ahead % 50 === 0) status(panel * rows + ahead / every, rows * count);
      });
    } finally {
      run.release();
    }
  });
  return { model: model.name, version: model.version, margins };
}

function setupOf({ factors, books, horizon }: BacktestSet, kernel: RiskKernel): BacktestSetup {
  return { kernel, factors, books, horizon };
}
