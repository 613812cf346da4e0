import { byCodeUnits } from '../exact.js';
import { decimalText, figure } from '../decimal.js';
import type { OptionTerms, RawGreeks, RiskKernel, Valuation } from '../kernel/port.js';
import type { Leg } from '../models/urs/account.js';
import { slopeChanges } from '../models/urs/payoff.js';

/**
 * Sensitivities in the units of the field, as integers of 10^-8 so that an account's are exactly the sum of its positions'.
 * They explain; no margin is computed from them.
 */
export interface Greeks {
  /** Units of the underlying that gain and lose as the position does. */
  readonly delta: bigint;
  /** The same in money: numeraire gained per 100 % of the underlying's price. */
  readonly cashDelta: bigint;
  /** Change of `delta` when the underlying's price rises by 1 %, units. */
  readonly gamma: bigint;
  /** Numeraire gained when implied volatility rises by one point (0.01). */
  readonly vega: bigint;
  /** Numeraire gained as one day passes and nothing moves. */
  readonly theta: bigint;
  /** Numeraire gained when the interest rate rises by one basis point (0.0001), forward held. */
  readonly rho: bigint;
}

export const GREEKS = ['delta', 'cashDelta', 'gamma', 'vega', 'theta', 'rho'] as const;
/** Decimals of the integers in `Greeks`. */
export const GREEK_SCALE = 8;

export interface PositionGreeks extends Greeks {
  readonly instrument: string;
  readonly underlying: string;
}

export interface UnderlyingGreeks extends Greeks {
  readonly underlying: string;
}

/** What an account is sensitive to. Deltas of different underlyings are different units: only money adds up over them. */
export interface AccountGreeks {
  readonly positions: readonly PositionGreeks[];
  readonly underlyings: readonly UnderlyingGreeks[];
  readonly account: Pick<Greeks, 'cashDelta' | 'vega' | 'theta' | 'rho'>;
}

const DAYS_PER_YEAR = 365;
const NONE: Greeks = { delta: 0n, cashDelta: 0n, gamma: 0n, vega: 0n, theta: 0n, rho: 0n };

/** Greeks of netted legs, in order of instrument. What a model cannot price has none, and is not listed. */
export function greeksOf(kernel: RiskKernel, legs: readonly Leg[]): AccountGreeks {
  const positions = legs.flatMap((leg) => positionGreeks(kernel, leg));
  const ids = [...new Set(positions.map(({ underlying }) => underlying))].sort(byCodeUnits);
  const underlyings = ids.map((underlying) => ({
    underlying,
    ...positions.filter((each) => each.underlying === underlying).reduce(add, NONE),
  }));
  const { cashDelta, vega, theta, rho } = underlyings.reduce(add, NONE);
  return { positions, underlyings, account: { cashDelta, vega, theta, rho } };
}

/** As decimal texts: what an event or a page shows. */
export function greekTexts<Key extends keyof Greeks>(
  greeks: Readonly<Record<Key, bigint>>,
  keys: readonly Key[],
): Record<Key, string> {
  return Object.fromEntries(
    keys.map((key) => [key, decimalText(greeks[key], GREEK_SCALE)]),
  ) as Record<Key, string>;
}

function add(a: Greeks, b: Greeks): Greeks {
  return {
    delta: a.delta + b.delta,
    cashDelta: a.cashDelta + b.cashDelta,
    gamma: a.gamma + b.gamma,
    vega: a.vega + b.vega,
    theta: a.theta + b.theta,
    rho: a.rho + b.rho,
  };
}

function positionGreeks(kernel: RiskKernel, { id, quantity, risk }: Leg): PositionGreeks[] {
  const { valuation, underlying, instrument } = risk;
  if (!valuation || !underlying) return [];
  const raw = rawGreeks(kernel, valuation, risk.delta);
  const price = underlying.price;
  const units = (value: number): bigint => figure(quantity * value, GREEK_SCALE, 'nearest');
  return [
    {
      instrument: id,
      underlying: instrument.underlying,
      delta: units(raw.delta),
      cashDelta: units(raw.delta * price),
      gamma: units((raw.gamma * Math.abs(price)) / 100),
      vega: units(raw.vega / 100),
      theta: units(raw.theta / DAYS_PER_YEAR),
      rho: units(raw.rho / 10_000),
    },
  ];
}

type Raw = Omit<RawGreeks, 'price'>;

/** Per contract, in raw units: per unit of price, of volatility (1.00), per year, of rate (1.00). */
function rawGreeks(kernel: RiskKernel, valuation: Valuation, delta: number): Raw {
  switch (valuation.kind) {
    case 'linear':
    case 'inverse':
      return { delta, gamma: 0, vega: 0, theta: 0, rho: 0 };
    case 'option':
      return times(kernel.optionGreeks(valuation.terms), valuation.size);
    case 'piecewise':
      return payoffGreeks(kernel, valuation);
  }
}

/** A payoff's are those of the calls it is made of; the constant it starts from has rho and theta alone. */
function payoffGreeks(
  kernel: RiskKernel,
  { knots, forward, years, vol, discount, size }: Extract<Valuation, { kind: 'piecewise' }>,
): Raw {
  const call: Omit<OptionTerms, 'strike'> = {
    ...{ type: 'call', style: 'european', forward, years, vol, discount },
  };
  const rate = years > 0 && discount !== 1 ? -kernel.log(discount) / years : 0;
  const floor = discount * (knots[0]?.[1] ?? 0);
  let sum: Raw = { delta: 0, gamma: 0, vega: 0, theta: rate * floor, rho: -years * floor };
  for (const { strike, calls } of slopeChanges(knots)) {
    const one = times(kernel.optionGreeks({ ...call, strike }), calls);
    sum = {
      delta: sum.delta + one.delta,
      gamma: sum.gamma + one.gamma,
      vega: sum.vega + one.vega,
      theta: sum.theta + one.theta,
      rho: sum.rho + one.rho,
    };
  }
  return times(sum, size);
}

function times({ delta, gamma, vega, theta, rho }: Raw, by: number): Raw {
  return {
    delta: delta * by,
    gamma: gamma * by,
    vega: vega * by,
    theta: theta * by,
    rho: rho * by,
  };
}
