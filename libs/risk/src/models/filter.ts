import { badInput, finite } from './input.js';

/** The filter all historical models here share. Sources: margin notes 10.2 (RiskMetrics .94, LCH .97; clips are the notes' own). */
export interface FilterParameters {
  /** Observations whose mean square is the first variance. */
  readonly seed: number;
  /** Bounds of sigma today over sigma then, and of the mean of those scales where it is applied to log volatilities. */
  readonly scale: readonly [lo: number, hi: number];
  readonly volScale: readonly [lo: number, hi: number];
  /** Days of the long-run volatility, and of the scenarios. */
  readonly longRun: number;
  readonly window: number;
}

export const filterDefaults: FilterParameters = {
  seed: 60,
  scale: [0.25, 4],
  volScale: [0.5, 2],
  longRun: 2500,
  window: 750,
};

export const clip = (x: number, [lo, hi]: readonly [number, number]): number =>
  Math.min(Math.max(x, lo), hi);

/** Sigma today over sigma then. A factor that never moved has neither: its scale is 1. */
export function scaleOf(today: number, then: number, bounds: readonly [number, number]): number {
  if (then === 0) return today === 0 ? 1 : bounds[1];
  return clip(today / then, bounds);
}

/**
 * Variance of each observation as known before it, and last the forecast: n + 1 numbers.
 * `v_0 = mean(x_0..x_59^2); v_(t+1) = lambda v_t + (1 - lambda) x_t^2`.
 */
export function ewma(x: ArrayLike<number>, lambda: number, seed: number): Float64Array {
  const variance = new Float64Array(x.length + 1);
  const first = Math.min(seed, x.length);
  let sum = 0;
  for (let t = 0; t < first; t++) sum += (x[t] ?? 0) * (x[t] ?? 0);
  variance[0] = sum / first;
  for (let t = 0; t < x.length; t++) variance[t + 1] = next(variance[t] ?? 0, x[t] ?? 0, lambda);
  return variance;
}

const next = (variance: number, x: number, lambda: number): number =>
  lambda * variance + (1 - lambda) * x * x;

/** Losses of a book re-scaled by the book's own volatility: `L_t x clip(sigma_n / sigma_t)`. */
export function filterLosses(
  losses: Float64Array,
  lambda: number,
  parameters: FilterParameters,
): Float64Array {
  const variance = ewma(losses, lambda, parameters.seed);
  const today = Math.sqrt(variance[losses.length] ?? 0);
  const scaled = new Float64Array(losses.length);
  for (let t = 0; t < losses.length; t++)
    scaled[t] = (losses[t] ?? 0) * scaleOf(today, Math.sqrt(variance[t] ?? 0), parameters.scale);
  return scaled;
}

/** A factor of the history. A `logVol` factor is scaled by the mean scale of the others. */
export interface FilterFactor {
  readonly kind: 'relative' | 'absolute' | 'logVol';
  readonly bounds: { readonly lo: number; readonly hi: number };
}

/** How a family of scenarios treats the moves of the past. */
export type Family =
  | { readonly kind: 'raw' }
  | { readonly kind: 'filtered'; readonly lambda: number }
  | { readonly kind: 'longRun'; readonly lambda: number };

/** Moves of factors day by day with their volatilities, from which families of scenarios are made. */
export class FilterHistory {
  #days = 0;
  readonly #moves: number[][];
  readonly #variance = new Map<number, number[][]>();

  constructor(
    private readonly factors: readonly FilterFactor[],
    lambdas: readonly number[],
    private readonly parameters: FilterParameters = filterDefaults,
  ) {
    this.#moves = factors.map(() => []);
    for (const lambda of lambdas)
      this.#variance.set(
        lambda,
        factors.map(() => []),
      );
  }

  get days(): number {
    return this.#days;
  }

  /** Adds one day, oldest first. */
  add(moves: ArrayLike<number>): void {
    if (moves.length !== this.factors.length)
      throw badInput('moves', `${moves.length} for ${this.factors.length} factors`, 'give all');
    this.#moves.forEach((column, i) => column.push(finite(moves[i] ?? NaN, `moves[${i}]`)));
    this.#days++;
    for (const [lambda, variances] of this.#variance)
      variances.forEach((variance, i) => this.#extend(variance, this.#moves[i] ?? [], lambda));
  }

  /** Up to the end of the seed the first variance still changes; from there one step a day, the same bits as all at once. */
  #extend(variance: number[], moves: readonly number[], lambda: number): void {
    const last = this.#days - 1;
    if (last < this.parameters.seed)
      variance.splice(0, variance.length, ...ewma(moves, lambda, this.parameters.seed));
    else variance.push(next(variance[last] ?? 0, moves[last] ?? 0, lambda));
  }

  /** Volatility forecast of a factor, and its root mean square over the long run. */
  forecast(factor: number, lambda: number): number {
    return Math.sqrt(this.#variance.get(lambda)?.[factor]?.[this.#days] ?? NaN);
  }

  longRun(factor: number): number {
    const column = this.#moves[factor] ?? [];
    const start = Math.max(0, column.length - this.parameters.longRun);
    let sum = 0;
    for (let t = start; t < column.length; t++) sum += (column[t] ?? 0) * (column[t] ?? 0);
    return Math.sqrt(sum / (column.length - start));
  }

  /** Shocks of each factor in each of the last `window` days, oldest first. */
  columns(family: Family): Float64Array[] {
    if (this.#days < this.parameters.seed)
      throw badInput('history', `${this.#days} days`, `give ${this.parameters.seed} or more`);
    const width = Math.min(this.parameters.window, this.#days);
    const scales = family.kind === 'raw' ? undefined : this.#scales(family, width);
    const mean = family.kind === 'filtered' && scales ? this.#meanScale(scales, width) : undefined;
    return this.factors.map(({ kind, bounds }, i) => {
      const scale = kind === 'logVol' ? mean : scales?.[i];
      const column = this.#moves[i] ?? [];
      const shocks = new Float64Array(width);
      for (let j = 0; j < width; j++) {
        const move = column[this.#days - width + j] ?? 0;
        const scaled = scale ? move * (scale[j] ?? 1) : move;
        shocks[j] = kind === 'logVol' ? scaled : Math.min(Math.max(scaled, bounds.lo), bounds.hi);
      }
      return shocks;
    });
  }

  #scales({ kind, lambda }: Exclude<Family, { kind: 'raw' }>, width: number): Float64Array[] {
    const variances = this.#variance.get(lambda);
    if (!variances) throw badInput('lambda', `${lambda} is not followed`, 'name it at the start');
    return variances.map((variance, i) => {
      const today = kind === 'longRun' ? this.longRun(i) : this.forecast(i, lambda);
      const scale = new Float64Array(width);
      for (let j = 0; j < width; j++) {
        const then = Math.sqrt(variance[this.#days - width + j] ?? 0);
        scale[j] = scaleOf(today, then, this.parameters.scale);
      }
      return scale;
    });
  }

  /** One scale for all volatilities: the mean over the price factors. */
  #meanScale(scales: readonly Float64Array[], width: number): Float64Array {
    const prices = scales.filter((_scale, i) => this.factors[i]?.kind !== 'logVol');
    const mean = new Float64Array(width);
    for (let j = 0; j < width; j++) {
      let sum = 0;
      for (const scale of prices) sum += scale[j] ?? 0;
      mean[j] = clip(sum / prices.length, this.parameters.volScale);
    }
    return mean;
  }
}
