import { figureText, ratioText } from '../decimal.js';
import { toFloat } from '../exact.js';
import type { Elementary } from '../kernel/port.js';
import { lossExceededWith, type LossTail, probabilityAbove } from './tail.js';

/** What an account has and is asked for: minor units of one asset. */
export interface HealthInput {
  /** After haircuts: the equity of the requirement. */
  readonly equity: bigint;
  /** Before haircuts: what is there to lose. */
  readonly equityBeforeHaircuts: bigint;
  readonly initialMargin: bigint;
  readonly maintenanceMargin: bigint;
  readonly scale: number;
}

export interface HealthRule {
  /** Points per factor of ten of probability: 25 gives 100 at 1e-4 and 50 at 1 %. */
  readonly pointsPerDecade: number;
  /** Probabilities of ruin a member may want to size its book for. */
  readonly ruinTargets: readonly number[];
}

/** The book times `multiple` is ruined with `probability` in one horizon. `null`: no size of it is, within what the fit knows. */
export interface LargestSize {
  readonly probability: string;
  readonly multiple: string | null;
  /** Initial margin of that size over equity after haircuts, taking margin to grow with size as the core does (add-ons grow faster). */
  readonly utilisation: string | null;
}

/**
 * Health of an account: decimal texts rounded against it, money as minor units. Horizon: that of the scenarios (one day).
 *
 * Edges, none of them an error: nothing at risk has no ratio (null), probability 0 and score 100; equity at or below
 * zero has no utilisation and no size but zero; equity below zero is ruin already, equity below maintenance margin distress
 * already: probability 1, score 0.
 */
export interface Health {
  /** Equity over maintenance margin, 4 decimals, down; below 1 the account is in liquidation. */
  readonly ratio: string | null;
  /** (Equity - maintenance margin) over maintenance margin: the same less 1. */
  readonly cushion: string | null;
  /** P(loss > equity before haircuts), 8 decimals, up. */
  readonly probabilityOfRuin: string;
  /** P(loss > equity - maintenance margin), 8 decimals, up. */
  readonly probabilityOfDistress: string;
  /** `clamp(-25 log10 P(distress), 0, 100)`, 1 decimal, nearest. */
  readonly score: string;
  /** Equity less initial margin, minor units: what could be withdrawn; never below zero. */
  readonly idleCapital: bigint;
  /** Initial margin over equity, 4 decimals, down. */
  readonly utilisation: string | null;
  readonly sizes: readonly LargestSize[];
}

const RATIO_DECIMALS = 4;
const PROBABILITY_DECIMALS = 8;

/** `clamp(-points log10 p, 0, 100)`. */
export function healthScore(kernel: Elementary, probability: number, points: number): number {
  if (!(probability > 0)) return 100;
  const decades = -kernel.log(probability) / kernel.log(10);
  return Math.min(Math.max(points * decades, 0), 100);
}

/** Ruin is certain where the equity is gone already; else what the tail says. */
function probabilityOfLosing(kernel: Elementary, tail: LossTail, amount: number): number {
  return amount < 0 ? 1 : probabilityAbove(kernel, tail, amount);
}

/** Losses scale with the book, so the size at which ruin has a given probability is one quantile: equity / loss at it. */
function largestSize(
  kernel: Elementary,
  tail: LossTail,
  input: HealthInput,
  probability: number,
): LargestSize {
  const loss = lossExceededWith(kernel, tail, probability);
  const equity = Math.max(toFloat(input.equityBeforeHaircuts, input.scale, 'equity'), 0);
  const multiple = loss > 0 ? equity / loss : null;
  const counted = toFloat(input.equity, input.scale, 'equity');
  const margin = toFloat(input.initialMargin, input.scale, 'initialMargin');
  return {
    probability: figureText(probability, PROBABILITY_DECIMALS, 'nearest'),
    multiple: multiple === null ? null : figureText(multiple, RATIO_DECIMALS, 'down'),
    utilisation:
      multiple === null || !(counted > 0)
        ? null
        : figureText((multiple * margin) / counted, RATIO_DECIMALS, 'down'),
  };
}

/** Health from the fitted tail of the account's own loss vector (in the numeraire, as the requirement's). */
export function healthOf(
  kernel: Elementary,
  tail: LossTail,
  input: HealthInput,
  rule: HealthRule,
): Health {
  const { equity, equityBeforeHaircuts, initialMargin, maintenanceMargin, scale } = input;
  const cushion = equity - maintenanceMargin;
  const ruin = probabilityOfLosing(kernel, tail, toFloat(equityBeforeHaircuts, scale, 'equity'));
  const distress = probabilityOfLosing(kernel, tail, toFloat(cushion, scale, 'equity'));
  const over = (amount: bigint): string | null =>
    maintenanceMargin > 0n ? ratioText(amount, maintenanceMargin, RATIO_DECIMALS) : null;
  return {
    ratio: over(equity),
    cushion: over(cushion),
    probabilityOfRuin: figureText(ruin, PROBABILITY_DECIMALS, 'up'),
    probabilityOfDistress: figureText(distress, PROBABILITY_DECIMALS, 'up'),
    score: figureText(healthScore(kernel, distress, rule.pointsPerDecade), 1, 'nearest'),
    idleCapital: equity > initialMargin ? equity - initialMargin : 0n,
    utilisation: equity > 0n ? ratioText(initialMargin, equity, RATIO_DECIMALS) : null,
    sizes: rule.ruinTargets.map((target) => largestSize(kernel, tail, input, target)),
  };
}
