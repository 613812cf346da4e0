import { finite } from '../risk-error.js';
import type { LossMoments } from './cornish-fisher.js';

/** What a haircut needs to know of an asset's daily returns. Volatilities per square root of a day. */
export interface ReturnStatistics {
  /** EWMA of squared returns today. */
  readonly volatility: number;
  /** Root mean square of the last `longRun` returns: the stress the haircut remembers. */
  readonly longRun: number;
  /** Moments of a holder's losses, each return over the volatility that was known the day before. */
  readonly moments: LossMoments;
  /** How many standardised returns the moments rest on. */
  readonly observations: number;
}

export interface ReturnWindow {
  readonly decay: number;
  /** Returns whose mean square starts the EWMA. */
  readonly seed: number;
  /** Standardised returns in the moments. */
  readonly moments: number;
  readonly longRun: number;
}

/** Below this, per day: an asset that never moved. Keeps a standardised return finite. */
const VARIANCE_FLOOR = 1e-12;

function floored(variance: number): number {
  return variance > VARIANCE_FLOOR ? variance : VARIANCE_FLOOR;
}

function meanOf(values: readonly number[]): number {
  let sum = 0;
  for (const value of values) sum += value;
  return values.length === 0 ? 0 : sum / values.length;
}

/** Skewness and excess kurtosis about the mean, over n (not n - 1); zero where nothing varies. */
export function momentsOf(losses: readonly number[]): LossMoments {
  const centre = meanOf(losses);
  let second = 0;
  let third = 0;
  let fourth = 0;
  for (const loss of losses) {
    const distance = loss - centre;
    const square = distance * distance;
    second += square;
    third += square * distance;
    fourth += square * square;
  }
  if (!(second > 0)) return { skew: 0, kurtosis: 0 };
  const n = losses.length;
  const variance = second / n;
  return {
    skew: third / n / (variance * Math.sqrt(variance)),
    kurtosis: fourth / n / (variance * variance) - 3,
  };
}

/** Returns of neighbouring prices, `S_t / S_{t-1} - 1`. */
export function simpleReturns(prices: readonly number[]): number[] {
  return prices.slice(1).map((price, at) => price / (prices[at] ?? Number.NaN) - 1);
}

/**
 * Volatility, long-run volatility and standardised loss moments of simple daily returns, oldest first. Standardising by the
 * volatility of the day before takes volatility clustering out of the moments, so that kurtosis measures jumps.
 */
export function returnStatistics(
  returns: readonly number[],
  window: ReturnWindow,
): ReturnStatistics {
  const bad = returns.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) finite(returns[bad] ?? Number.NaN, `returns[${bad}]`);
  const squares = returns.map((value) => value * value);
  let variance = floored(meanOf(squares.slice(0, window.seed)));
  const first = Math.max(window.seed, returns.length - window.moments);
  const losses: number[] = [];
  returns.forEach((value, at) => {
    if (at >= first) losses.push(-value / Math.sqrt(variance));
    variance = floored(window.decay * variance + (1 - window.decay) * value * value);
  });
  return {
    volatility: Math.sqrt(variance),
    longRun: Math.sqrt(floored(meanOf(squares.slice(-window.longRun)))),
    moments: momentsOf(losses),
    observations: losses.length,
  };
}
