import type { Elementary } from '../kernel/port.js';
import { RiskError } from '../risk-error.js';

/** Second-order description of a book over one horizon: value change = theta + delta'x + x'Gx/2 + vega'y, shocks jointly normal. */
export interface QuadraticBook {
  /** Numeraire per 1.00 of each factor's shock (cash delta for prices, vega x vol for log volatilities). */
  readonly delta: readonly number[];
  /** Numeraire per squared 1.00 of each factor's shock: gamma x price^2; 0 for factors without curvature. */
  readonly gamma: readonly number[];
  /** Numeraire for the passing of the horizon. */
  readonly theta: number;
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

function covariance({ deviations, correlation }: Covariance, n: number): number[][] {
  if (deviations.length < n || correlation.length < n * n) {
    throw new RiskError(
      'out-of-bounds',
      'covariance',
      `${deviations.length} deviations for ${n} factors`,
      'give one deviation per factor and an n x n correlation',
    );
  }
  return Array.from({ length: n }, (_, i) =>
    Array.from(
      { length: n },
      (_, j) =>
        (deviations[i] ?? 0) * (deviations[j] ?? 0) * (correlation[i * deviations.length + j] ?? 0),
    ),
  );
}

/** `delta' C delta` and how the factors share in its root (Euler): component_i = delta_i (C delta)_i / deviation. */
export function portfolioVariance(delta: readonly number[], given: Covariance): VarianceReport {
  const c = covariance(given, delta.length);
  const moved = c.map((row) => dot(row, delta));
  const variance = Math.max(dot(delta, moved), 0);
  const deviation = Math.sqrt(variance);
  return {
    variance,
    deviation,
    components: delta.map((d, i) => (deviation > 0 ? (d * (moved[i] ?? 0)) / deviation : 0)),
    standalone: delta.map((d, i) => Math.abs(d) * (given.deviations[i] ?? 0)),
  };
}

/**
 * Delta-gamma-vega VaR: exact moments of the quadratic form and a Cornish-Fisher quantile (Zangari, RiskMetrics Monitor
 * 1996; moments of quadratic forms: Mathai and Provost 1992). With A = C diag(gamma): mean = theta + tr(A)/2, variance =
 * delta'C delta + tr(A^2)/2, third central moment = 3 delta'C G C delta + tr(A^3), fourth cumulant = 12 delta'C(GC)^2 delta + 3 tr(A^4).
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
  const { delta, gamma, theta } = book;
  const c = covariance(given, delta.length);
  const a = c.map((row) => row.map((value, j) => value * (gamma[j] ?? 0)));
  const a2 = product(a, a);
  const first = c.map((row) => dot(row, delta));
  const second = step(c, gamma, first);
  const third = step(c, gamma, second);
  const mean = theta + trace(a) / 2;
  const variance = Math.max(dot(delta, first) + trace(a2) / 2, 0);
  const deviation = Math.sqrt(variance);
  if (deviation === 0) {
    return { mean, deviation, skewness: 0, kurtosis: 0, valueAtRisk: Math.max(-mean, 0) };
  }
  const skewness = (3 * dot(delta, second) + trace(product(a2, a))) / (variance * deviation);
  const kurtosis = (12 * dot(delta, third) + 3 * trace(product(a2, a2))) / (variance * variance);
  const z = cornishFisher(kernel.normalQuantile(1 - confidence), skewness, kurtosis);
  return { mean, deviation, skewness, kurtosis, valueAtRisk: Math.max(-(mean + z * deviation), 0) };
}

function cornishFisher(z: number, s: number, k: number): number {
  const z2 = z * z;
  return z + ((z2 - 1) * s) / 6 + ((z2 - 3) * z * k) / 24 - ((2 * z2 - 5) * z * s * s) / 36;
}

/** C G v. */
function step(c: readonly number[][], gamma: readonly number[], v: readonly number[]): number[] {
  const weighted = v.map((each, i) => (gamma[i] ?? 0) * each);
  return c.map((row) => dot(row, weighted));
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, each, i) => sum + each * (b[i] ?? 0), 0);
}

function trace(a: readonly number[][]): number {
  return a.reduce((sum, row, i) => sum + (row[i] ?? 0), 0);
}

function product(a: readonly number[][], b: readonly number[][]): number[][] {
  return a.map((row) =>
    row.map((_, j) => row.reduce((sum, each, k) => sum + each * (b[k]?.[j] ?? 0), 0)),
  );
}
