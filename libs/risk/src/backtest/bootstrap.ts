import { lossRatio, TARGET, type BookSeries } from './measures.js';
import { uniform } from './prng.js';

/** Percentile interval of a resampled statistic. */
export interface Interval {
  readonly low: number;
  readonly median: number;
  readonly high: number;
}

export interface BootstrapOptions {
  /** Rows in a block: long enough to keep clusters of volatility together. */
  readonly block: number;
  readonly resamples: number;
  readonly seed: number;
}

/** A book prepared for resampling: rows from the worst loss / margin down, so that k is found by walking down it. */
interface Ranked {
  readonly order: Int32Array;
  readonly ratios: Float64Array;
  readonly margins: Float64Array;
}

/**
 * Circular block bootstrap of `margin(model) / margin(other) - 1`, average margins at equal coverage, k of both fitted anew on each
 * resample. 95 % percentile interval. The worst of many books is biased upward under resampling, for both models alike.
 */
export function bootstrapDifference(
  model: readonly BookSeries[],
  other: readonly BookSeries[],
  { block, resamples, seed }: BootstrapOptions,
): Interval {
  const rows = model[0]?.losses.length ?? 0;
  const [a, b] = [model.map(ranked), other.map(ranked)];
  const next = uniform(seed);
  const counts = new Int32Array(rows);
  const differences = new Float64Array(resamples);
  for (let sample = 0; sample < resamples; sample += 1) {
    drawBlocks(counts, block, next);
    differences[sample] = resampledMargin(a, counts) / resampledMargin(b, counts) - 1;
  }
  const sorted = differences.sort();
  const at = (q: number): number => sorted[Math.floor((resamples - 1) * q)] ?? Number.NaN;
  return { low: at(0.025), median: at(0.5), high: at(0.975) };
}

function ranked({ losses, margins }: BookSeries): Ranked {
  const ratios = losses.map((loss, row) => lossRatio(loss, margins[row] ?? 0));
  const order = Int32Array.from(losses.keys()).sort(
    (x, y) => (ratios[y] ?? 0) - (ratios[x] ?? 0) || x - y,
  );
  return { order, ratios, margins };
}

/** How often each row is drawn: blocks of neighbours, wrapping around, until there are as many rows as before. */
function drawBlocks(counts: Int32Array, block: number, next: () => number): void {
  counts.fill(0);
  const rows = counts.length;
  for (let drawn = 0; drawn < rows;) {
    const start = Math.floor(next() * rows);
    for (let step = 0; step < block && drawn < rows; step += 1, drawn += 1)
      counts[(start + step) % rows]! += 1;
  }
}

function resampledMargin(books: readonly Ranked[], counts: Int32Array): number {
  const rows = counts.length;
  const allowed = Math.floor(TARGET * rows);
  let k = 0;
  let sum = 0;
  for (const { order, ratios, margins } of books) {
    let seen = 0;
    for (const row of order) {
      seen += counts[row] ?? 0;
      if (seen > allowed) {
        k = Math.max(k, ratios[row] ?? 0);
        break;
      }
    }
    for (let row = 0; row < rows; row += 1) sum += (counts[row] ?? 0) * (margins[row] ?? 0);
  }
  return (k * sum) / (rows * Math.max(1, books.length));
}
