import { within } from '../risk-error.js';
import { clippedMoments, cornishFisher, type MomentBounds } from './cornish-fisher.js';
import type { ReturnStatistics } from './returns.js';

/** How an asset trades and how much of it the house holds; money in one numeraire. */
export interface Liquidity {
  /** Bid-ask spread as a fraction of the price. */
  readonly spread: number;
  /** Average daily volume in money. */
  readonly dailyVolume: number;
  /** All of this asset held as collateral: the house would sell it together. */
  readonly totalValue: number;
}

/** Defaults, bounds and sources of each: `collateralRules`. */
export interface HaircutParameters extends MomentBounds {
  /** Normal quantile of the coverage wanted: 2.576 for 99.5 % one-sided. */
  readonly quantile: number;
  /** Share of long-run volatility that today's may not fall below (EMIR RTS 153/2013 art. 41, stressed volatility). */
  readonly longRunShare: number;
  /** Y of the square-root law of market impact. */
  readonly impact: number;
  /** Share of a day's volume that can be sold without moving the market further. */
  readonly participation: number;
  /** Days between default and the first sale; also the horizon of the scenario arrays. */
  readonly horizon: number;
  readonly minimum: number;
  /** Fewer standardised returns than this and the moments are taken at their bounds. */
  readonly momentHistory: number;
  /** Fewer than this and the asset has no volatility: it counts for nothing. */
  readonly volatilityHistory: number;
}

/** Why a haircut is not what the formula would give. Each is the conservative reading of what is missing. */
export type HaircutCaution = 'no-history' | 'no-volume' | 'short-history';

/** A haircut in [0, 1] and what it is made of, before the clamp; parts in the order they are summed. */
export interface Haircut {
  readonly haircut: number;
  readonly parts: {
    /** Price risk: quantile x stressed volatility x sqrt(days). */
    readonly market: number;
    readonly spread: number;
    readonly impact: number;
  };
  readonly quantile: number;
  /** max(EWMA, share of long run), per square root of a day. */
  readonly volatility: number;
  /** Days it takes to sell: tau. */
  readonly days: number;
  readonly cautions: readonly HaircutCaution[];
}

function worthless(caution: HaircutCaution): Haircut {
  const parts = { market: 1, spread: 0, impact: 0 };
  return { haircut: 1, parts, quantile: 0, volatility: 0, days: 0, cautions: [caution] };
}

/**
 * Haircut on collateral, `clamp(z sigma sqrt(tau) + s/2 + Y sigma sqrt(V/ADV), minimum, 1)`, with
 * `tau = max(horizon, V / (participation ADV))`, sigma = max(EWMA, share x long run) and z the clipped Cornish-Fisher quantile of
 * standardised losses, not below the normal one. Rises with kurtosis, spread, size and volatility, falls with volume.
 *
 * `inArrays`: the asset is a factor of the scenario arrays, which carry its price risk over their own horizon, offsets included.
 * Then only what they do not know is added: spread, impact, and the days of selling beyond that horizon.
 * An asset without history or volume is worth nothing (1); one with too short a history gets the largest moments.
 */
export function haircut(
  statistics: ReturnStatistics,
  liquidity: Liquidity,
  parameters: HaircutParameters,
  inArrays = false,
): Haircut {
  const spread = within(liquidity.spread, 0, 2, 'spread');
  const totalValue = within(liquidity.totalValue, 0, Infinity, 'totalValue');
  if (statistics.observations < parameters.volatilityHistory) return worthless('no-history');
  if (!(liquidity.dailyVolume > 0)) return worthless('no-volume');
  const { horizon, quantile: z, maximumSkew, maximumKurtosis } = parameters;
  const short = statistics.observations < parameters.momentHistory;
  const moments = short
    ? { skew: maximumSkew, kurtosis: maximumKurtosis }
    : clippedMoments(statistics.moments, parameters);
  const quantile = Math.max(z, cornishFisher(z, moments));
  const volatility = Math.max(statistics.volatility, parameters.longRunShare * statistics.longRun);
  const daysOfVolume = totalValue / liquidity.dailyVolume;
  const days = Math.max(horizon, daysOfVolume / parameters.participation);
  const time = inArrays ? Math.sqrt(days) - Math.sqrt(horizon) : Math.sqrt(days);
  const parts = {
    market: quantile * volatility * time,
    spread: spread / 2,
    impact: parameters.impact * volatility * Math.sqrt(daysOfVolume),
  };
  const sum = parts.market + parts.spread + parts.impact;
  return {
    haircut: Math.min(Math.max(sum, inArrays ? 0 : parameters.minimum), 1),
    parts,
    quantile,
    volatility,
    days,
    cautions: short ? ['short-history'] : [],
  };
}
