import { cornishFisher } from '../collateral/cornish-fisher.js';
import type { Elementary } from '../kernel/port.js';
import { RiskError } from '../risk-error.js';

/** Second-order description of a book over one horizon: value change = theta + delta'x + x'Gx/2, shocks x jointly normal. */
export interface QuadraticBook {
  /** Numeraire per 1.00 of each factor's shock (cash delta for prices, vega x vol for log volatilities). */
  readonly delta: readonly number[];
  /** Diagonal of G, numeraire per squared 1.00 of each factor's shock: gamma x price^2; 0 for factors without curvature. */
  readonly gamma: readonly number[];
  /** Entries of G off its diagonal, each pair once: d2V / dx_i dx_j. Those of one pair add up. */
  readonly cross?: readonly CrossGamma[];
  /** Numeraire for the passing of the horizon. */
  readonly theta: number;
}

export interface CrossGamma {
  readonly i: number;
  readonly j: number;
  readonly value: number;
}

/** Covariance of the factors' shocks: standard deviations and a correlation matrix, n x n row-major. */
export interface Covariance {
  readonly deviations: ArrayLike<number>;
  readonly correlation: ArrayLike<number>;
}

export interface VarianceReport {
  /** Variance and standard deviation of the delta part, numeraire. */
  readonly variance: number;
  readonly deviation: number;
  /** Euler contributions of the factors to the standard deviation: they sum to it. */
  readonly components: readonly number[];
  /** d deviation / d delta of each factor: what one more numeraire of it adds. */
  readonly marginal: readonly number[];
  /** Standard deviation of each factor's part alone. */
  readonly standalone: readonly number[];
}

export interface DeltaGammaVar {
  /** Mean, standard deviation, skewness and excess kurtosis of the value change. */
  readonly mean: number;
  readonly deviation: number;
  readonly skewness: number;
  readonly kurtosis: number;
  /** Loss not exceeded with the confidence given, numeraire; not below zero. */
  readonly valueAtRisk: number;
}

type Matrix = readonly (readonly number[])[];

/** C, entry by entry. Exactly n deviations and n x n correlations: another shape is another book's. */
function covarianceOf({ deviations, correlation }: Covariance, n: number): Matrix {
  if (deviations.length !== n || correlation.length !== n * n) {
    throw new RiskError(
      'out-of-bounds',
      'covariance',
      `${deviations.length} deviations and ${correlation.length} correlations for ${n} factors`,
      'give one deviation per factor and an n x n correlation',
    );
  }
  return Array.from({ length: n }, (_, i) =>
    Array.from(
      { length: n },
      (_, j) => (deviations[i] ?? 0) * (deviations[j] ?? 0) * (correlation[i * n + j] ?? 0),
    ),
  );
}

/** `delta' C delta` and how the factors share in its root (Euler): component_i = delta_i (C delta)_i / deviation. */
export function portfolioVariance(delta: readonly number[], given: Covariance): VarianceReport {
  const c = covarianceOf(given, delta.length);
  const moved = c.map((row) => dot(row, delta));
  const variance = Math.max(dot(delta, moved), 0);
  const deviation = Math.sqrt(variance);
  const marginal = moved.map((each) => (deviation > 0 ? each / deviation : 0));
  return {
    variance,
    deviation,
    marginal,
    components: delta.map((d, i) => d * (marginal[i] ?? 0)),
    standalone: delta.map((d, i) => Math.abs(d) * (given.deviations[i] ?? 0)),
  };
}

/** First four cumulants of a book's value change, as mean, deviation, skewness and excess kurtosis. */
export type Moments = Omit<DeltaGammaVar, 'valueAtRisk'>;

/**
 * Exact moments of theta + delta'x + x'Gx/2 with x normal of covariance C (Mathai and Provost 1992). With A = C G: mean =
 * theta + tr(A)/2, variance = delta'C delta + tr(A^2)/2, third central moment = 3 delta'C G C delta + tr(A^3), fourth cumulant =
 * 12 delta'C G C G C delta + 3 tr(A^4).
 */
export function quadraticMoments(book: QuadraticBook, given: Covariance): Moments {
  const { delta, theta } = book;
  const c = covarianceOf(given, delta.length);
  const first = c.map((row) => dot(row, delta));
  if (book.gamma.every((each) => each === 0) && (book.cross ?? []).length === 0) {
    const deviation = Math.sqrt(Math.max(dot(delta, first), 0));
    return { mean: theta, deviation, skewness: 0, kurtosis: 0 };
  }
  const g = gammaOf(book);
  const a = product(c, g);
  const a2 = product(a, a);
  const curved = g.map((row) => dot(row, first));
  const second = c.map((row) => dot(row, curved));
  const mean = theta + trace(a) / 2;
  const variance = Math.max(dot(delta, first) + traceOf(a, a) / 2, 0);
  const deviation = Math.sqrt(variance);
  if (deviation === 0) return { mean, deviation, skewness: 0, kurtosis: 0 };
  return {
    mean,
    deviation,
    skewness: (3 * dot(first, curved) + traceOf(a2, a)) / (variance * deviation),
    kurtosis: (12 * dot(second, curved) + 3 * traceOf(a2, a2)) / (variance * variance),
  };
}

/**
 * Delta-gamma-vega VaR: the moments above and a fourth-order Cornish-Fisher quantile (Zangari, RiskMetrics Monitor 1996), not clipped.
 * A figure for reports: it is exact for linear books, a few per cent off where gamma matters, and knows no jumps; margin comes
 * from the scenarios.
 */
export function deltaGammaVar(
  kernel: Elementary,
  book: QuadraticBook,
  given: Covariance,
  confidence: number,
): DeltaGammaVar {
  if (!(confidence > 0.5 && confidence < 1)) {
    throw new RiskError('out-of-bounds', 'confidence', `${confidence}`, 'give one in (0.5, 1)');
  }
  const moments = quadraticMoments(book, given);
  const { mean, deviation, skewness, kurtosis } = moments;
  const z = cornishFisher(kernel.normalQuantile(1 - confidence), { skew: skewness, kurtosis });
  return { ...moments, valueAtRisk: Math.max(-(mean + z * deviation), 0) };
}

function gammaOf({ delta, gamma, cross = [] }: QuadraticBook): Matrix {
  const g = delta.map((_, i) => delta.map((_, j) => (i === j ? (gamma[i] ?? 0) : 0)));
  const add = (i: number, j: number, value: number): void => {
    const row = g[i];
    if (row !== undefined && j < row.length) row[j] = (row[j] ?? 0) + value;
  };
  for (const { i, j, value } of cross) {
    add(i, j, value);
    if (i !== j) add(j, i, value);
  }
  return g;
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, each, i) => sum + each * (b[i] ?? 0), 0);
}

function trace(a: Matrix): number {
  return a.reduce((sum, row, i) => sum + (row[i] ?? 0), 0);
}

/** tr(AB), without AB. */
function traceOf(a: Matrix, b: Matrix): number {
  return a.reduce(
    (sum, row, i) => sum + row.reduce((part, each, j) => part + each * (b[j]?.[i] ?? 0), 0),
    0,
  );
}

/** AB by rows; zeros of A cost nothing. */
function product(a: Matrix, b: Matrix): Matrix {
  return a.map((row) => {
    const out = row.map(() => 0);
    row.forEach((each, k) => {
      if (each === 0) return;
      b[k]?.forEach((value, j) => {
        out[j] = (out[j] ?? 0) + each * value;
      });
    });
    return out;
  });
}
