import { byCodeUnits } from '../exact.js';
import { decimalText, figure } from '../decimal.js';
import type { RiskKernel, Valuation } from '../kernel/port.js';
import type { Leg } from '../models/urs/account.js';
import { forwardOf, type Raw, rawGreeks } from './raw.js';

/**
 * Sensitivities in the units of the field. Each position's are rounded to an integer of 10^-decimals once (`GREEK_DECIMALS`, nearest),
 * and everything above is a sum of those integers: an underlying's and an account's are exactly the sum of their positions'.
 * They explain; no margin is computed from them.
 */
export interface Greeks {
  /** Units of the underlying that gain and lose as the position does. A forward that moves with it counts by its ratio to it. */
  readonly delta: bigint;
  /** Numeraire gained when the underlying's price rises by 100 % of its size, were it linear: delta x |price|. */
  readonly cashDelta: bigint;
  /** Change of `delta` when the price rises by 1 % of its size, units. */
  readonly gamma: bigint;
  /** Change of `delta` when the price rises by 1.00, units. */
  readonly rawGamma: bigint;
  /** Change of `cashDelta` through `delta` when the price rises by 1 %, numeraire: gamma x |price|. */
  readonly cashGamma: bigint;
  /** Numeraire gained when implied volatility rises by one point (0.01). */
  readonly vega: bigint;
  /** Numeraire gained as one day of 365 passes and nothing moves. Funding is no theta: it is owed, and a part of margin. */
  readonly theta: bigint;
  /** Numeraire gained when the interest rate rises by one basis point (0.0001), forward held: so none where nothing is discounted. */
  readonly rho: bigint;
}

export const GREEKS = [
  ...(['delta', 'cashDelta', 'gamma', 'rawGamma', 'cashGamma', 'vega', 'theta', 'rho'] as const),
] as const;

/** Decimals of the integers in `Greeks`. Raw gamma has more: per dollar of a coin's price it is small. */
export const GREEK_DECIMALS: Readonly<Record<keyof Greeks, number>> = {
  delta: 8,
  cashDelta: 8,
  gamma: 8,
  rawGamma: 14,
  cashGamma: 8,
  vega: 8,
  theta: 8,
  rho: 8,
};

/** Money adds up over underlyings; units of different ones do not. */
const MONEY = ['cashDelta', 'cashGamma', 'vega', 'theta', 'rho'] as const;

export interface PositionGreeks extends Greeks {
  readonly instrument: string;
  readonly underlying: string;
}

export interface UnderlyingGreeks extends Greeks {
  readonly underlying: string;
}

/** What an account is sensitive to. Its cash delta and gamma are those of one move that takes all underlyings alike. */
export interface AccountGreeks {
  readonly positions: readonly PositionGreeks[];
  readonly underlyings: readonly UnderlyingGreeks[];
  readonly account: Pick<Greeks, (typeof MONEY)[number]>;
}

const DAYS_PER_YEAR = 365;

/** Greeks of netted legs, in order of instrument. What a model cannot price has none, and is not listed. */
export function greeksOf(kernel: RiskKernel, legs: readonly Leg[]): AccountGreeks {
  const positions = legs.flatMap((leg) => positionGreeks(kernel, leg));
  const ids = [...new Set(positions.map(({ underlying }) => underlying))].sort(byCodeUnits);
  const underlyings = ids.map((underlying) => ({
    underlying,
    ...total(
      positions.filter((each) => each.underlying === underlying),
      GREEKS,
    ),
  }));
  return { positions, underlyings, account: total(underlyings, MONEY) };
}

/** As decimal texts: what an event or a page shows. */
export function greekTexts<Key extends keyof Greeks>(
  greeks: Readonly<Record<Key, bigint>>,
  keys: readonly Key[],
): Record<Key, string> {
  return record(keys, (key) => decimalText(greeks[key], GREEK_DECIMALS[key]));
}

function total<Key extends keyof Greeks>(
  parts: readonly Readonly<Record<Key, bigint>>[],
  keys: readonly Key[],
): Record<Key, bigint> {
  return record(keys, (key) => parts.reduce((sum, each) => sum + each[key], 0n));
}

function record<Key extends string, Value>(
  keys: readonly Key[],
  value: (key: Key) => Value,
): Record<Key, Value> {
  return Object.fromEntries(keys.map((key) => [key, value(key)])) as Record<Key, Value>;
}

function positionGreeks(kernel: RiskKernel, { id, quantity, risk }: Leg): PositionGreeks[] {
  const { valuation, underlying, instrument } = risk;
  if (!valuation || !underlying) return [];
  const raw = perUnderlying(kernel, valuation, risk.delta, underlying.price);
  const price = Math.abs(underlying.price);
  const per: Record<keyof Greeks, number> = {
    delta: raw.delta,
    cashDelta: raw.delta * price,
    gamma: (raw.gamma * price) / 100,
    rawGamma: raw.gamma,
    cashGamma: (raw.gamma * price * price) / 100,
    vega: raw.vega / 100,
    theta: raw.theta / DAYS_PER_YEAR,
    rho: raw.rho / 10_000,
  };
  const rounded = record(GREEKS, (key) =>
    figure(quantity * per[key], GREEK_DECIMALS[key], 'nearest'),
  );
  return [{ instrument: id, underlying: instrument.underlying, ...rounded }];
}

/**
 * Per contract and unit of the underlying's price. Linear contracts have a delta alone; so has an inverse one: curved in its coin, but
 * its worth in the numeraire, settled at the mark, is size x relative move. A forward takes the relative moves of its
 * underlying (it moves F/S as far), or its absolute ones.
 */
function perUnderlying(
  kernel: RiskKernel,
  valuation: Valuation,
  delta: number,
  price: number,
): Raw {
  if (valuation.kind === 'linear' || valuation.kind === 'inverse') {
    return { delta, gamma: 0, vega: 0, theta: 0, rho: 0 };
  }
  const raw = rawGreeks(kernel, valuation);
  const ratio = valuation.move === 'relative' ? forwardOf(valuation) / price : 1;
  return { ...raw, delta: raw.delta * ratio, gamma: raw.gamma * ratio * ratio };
}
