import type { BacktestRun } from '../run.js';

/** The report as one file. */
export function renderHtml(run: BacktestRun): string {
  return `<!doctype html><title>Backtest</title>${run.results.length}`;
}
