import type { Elementary } from '../kernel/port.js';
import { finite, RiskError } from '../risk-error.js';

/** What is fitted and within what bounds. Defaults: parameters document. */
export interface TailRule {
  /** Probability of the part that is fitted: 0.05 starts at the 95 % point. */
  readonly tail: number;
  /** Upper bound of the shape; the lower is 0 (exponential): no tail is taken to end. */
  readonly maximumShape: number;
}

/** Losses of one book from its worst scenario to its best, and the generalised Pareto law of the worst of them. */
export interface LossTail {
  /** Distinct losses, greatest first. */
  readonly losses: readonly number[];
  /** Probability of a loss above each of `losses`; `above[0]` is 0. */
  readonly above: readonly number[];
  /** Probability of the greatest loss itself: the sample says nothing finer. */
  readonly atWorst: number;
  /** Where the fit starts, and the probability of more. */
  readonly threshold: number;
  readonly mass: number;
  /** Generalised Pareto law of L - threshold given L > threshold: shape xi in [0, bound], scale beta. */
  readonly shape: number;
  readonly scale: number;
}

interface Atom {
  readonly loss: number;
  readonly weight: number;
}

/** Atoms with one loss become one; greatest first. Sums run in that order, whatever the order of scenarios. */
function distinctAtoms(losses: ArrayLike<number>, weights: ArrayLike<number>): Atom[] {
  const order = Array.from({ length: losses.length }, (_, index) => index);
  const bad = order.find((index) => !Number.isFinite(losses[index]));
  if (bad !== undefined) finite(losses[bad] ?? Number.NaN, `losses[${bad}]`);
  order.sort((a, b) => (losses[b] ?? 0) - (losses[a] ?? 0) || a - b);
  const atoms: { loss: number; weight: number }[] = [];
  for (const index of order) {
    const loss = losses[index] ?? 0;
    const weight = weights[index] ?? 0;
    const last = atoms.at(-1);
    if (last !== undefined && last.loss === loss) last.weight += weight;
    else atoms.push({ loss, weight });
  }
  return atoms;
}

/**
 * Probability-weighted moments of exceedances y (Hosking and Wallis 1987): a0 = E[y], a1 = E[y (1 - F(y))], shape
 * `2 - a0/(a0 - 2 a1)`, scale `a0 (1 - shape)`, which keeps the mean also where the shape is cut to its bounds. `1 - F` at the
 * middle of each atom. Exceedances greatest first; masses sum to `mass`.
 */
function fit(
  exceedances: readonly Atom[],
  mass: number,
  maximumShape: number,
): { shape: number; scale: number } {
  let first = 0;
  let second = 0;
  let before = 0;
  for (const { loss, weight } of exceedances) {
    const share = weight / mass;
    first += share * loss;
    second += share * loss * (before + share / 2);
    before += share;
  }
  const spread = first - 2 * second;
  const raw = spread > 0 ? 2 - first / spread : 0;
  const shape = Math.min(Math.max(raw, 0), maximumShape);
  return { shape, scale: first * (1 - shape) };
}

/** Fits the tail of a book's losses under the scenario weights (one per loss, summing to 1). */
export function lossTail(
  losses: ArrayLike<number>,
  weights: ArrayLike<number>,
  rule: TailRule,
): LossTail {
  if (losses.length === 0 || losses.length !== weights.length)
    throw new RiskError(
      'out-of-bounds',
      'losses',
      `${losses.length} losses with ${weights.length} weights`,
      'give one weight per loss and at least one loss',
    );
  const atoms = distinctAtoms(losses, weights);
  const above: number[] = [];
  let cumulated = 0;
  for (const { weight } of atoms) {
    above.push(cumulated);
    cumulated += weight;
  }
  const place = Math.max(
    above.findLastIndex((probability) => probability <= rule.tail),
    0,
  );
  const threshold = atoms[place]?.loss ?? 0;
  const mass = above[place] ?? 0;
  const exceedances = atoms
    .slice(0, place)
    .map(({ loss, weight }) => ({ loss: loss - threshold, weight }));
  const { shape, scale } = fit(exceedances, mass, rule.maximumShape);
  return {
    losses: atoms.map(({ loss }) => loss),
    above,
    atWorst: atoms[0]?.weight ?? 0,
    threshold,
    mass,
    shape,
    scale,
  };
}

/** `(1 + xi t)^(-1/xi)`, or `exp(-t)` at xi = 0. */
function paretoSurvival(kernel: Elementary, shape: number, t: number): number {
  return shape > 0 ? kernel.exp(-kernel.log(1 + shape * t) / shape) : kernel.exp(-t);
}

/**
 * P(L > level): counted inside the sample; beyond its worst loss by the fitted law, but never above the probability of that
 * loss, so that more equity never means more ruin.
 */
export function probabilityAbove(kernel: Elementary, tail: LossTail, level: number): number {
  const worst = tail.losses[0] ?? 0;
  if (level < worst) {
    const place = tail.losses.findIndex((loss) => loss <= level);
    const probability = place < 0 ? 1 : (tail.above[place] ?? 1);
    return Math.min(probability, 1);
  }
  if (!(tail.scale > 0)) return 0;
  const fitted = paretoSurvival(kernel, tail.shape, (level - tail.threshold) / tail.scale);
  return Math.min(tail.mass * fitted, tail.atWorst);
}

/** Least loss that is exceeded with at most `probability`, in (0, 1): the inverse of `probabilityAbove`. */
export function lossExceededWith(kernel: Elementary, tail: LossTail, probability: number): number {
  const place = tail.above.findLastIndex((above) => above <= probability);
  const worst = tail.losses[0] ?? 0;
  if (probability >= tail.atWorst) return tail.losses[Math.max(place, 0)] ?? worst;
  if (!(tail.scale > 0)) return worst;
  const ratio = kernel.log(tail.mass / probability);
  const t = tail.shape > 0 ? (kernel.exp(tail.shape * ratio) - 1) / tail.shape : ratio;
  return Math.max(worst, tail.threshold + tail.scale * t);
}
