import type { InstrumentSpec } from '#events';
import { abs, divHalfEven, pow10, rescaleCeil, rescaleFloor } from './decimal.js';
import type { HouseState, Instrument, Position } from './state.js';

/** Extra decimals of inverse values beyond the asset's scale: far below any tie of the final floor. */
export const GUARD_DECIMALS = 12;
/** Fees are parts per million, funding rates have 12 decimals. */
export const FEE_SCALE = 6;
export const RATE_SCALE = 12;

/** How an instrument's cumulative value settles. */
export type Settlement = 'variation-margin' | 'premium' | 'delivery';

/** Which obligation an instrument's cumulative value is: variation margin, upfront premium, or delivery of spot. */
export function settlementOf(spec: InstrumentSpec): Settlement {
  if (spec.kind === 'spot') return 'delivery';
  const premium = spec.option?.premium ?? spec.custom?.premium;
  return premium === 'upfront' ? 'premium' : 'variation-margin';
}

/** Scale of the settlement asset. */
export function assetScale(state: HouseState, spec: InstrumentSpec): number {
  return state.assets.get(spec.settlementAsset)!.scale;
}

/** Scale of `cost` and of exact values: linear qs + ps + cs, inverse the asset's scale plus the guard. */
export function valueScale(state: HouseState, spec: InstrumentSpec): number {
  return spec.payoff === 'linear'
    ? spec.quantityScale + spec.priceScale + spec.contractSizeScale
    : assetScale(state, spec) + GUARD_DECIMALS;
}

/**
 * Exact signed notional of a quantity at a price, at `valueScale`.
 * Linear: q c p. Inverse: q c / p, half to even at the guard scale. Odd in q, so opposite legs cancel.
 */
export function notional(
  state: HouseState,
  instrument: Instrument,
  quantity: bigint,
  price: bigint,
): bigint {
  const { spec, contractSize } = instrument;
  if (spec.payoff === 'linear') return quantity * contractSize * price;
  const up =
    valueScale(state, spec) + spec.priceScale - spec.quantityScale - spec.contractSizeScale;
  const numerator = quantity * contractSize;
  return up >= 0
    ? divHalfEven(numerator * pow10(up), price)
    : divHalfEven(numerator, price * pow10(-up));
}

/**
 * Cumulative value of a position in minor units of the settlement asset, rounded down.
 * Linear Q c P - cost; inverse cost - Q c / P (a long gains coin when the price rises); without a price: - cost.
 */
export function cumulativeValue(
  state: HouseState,
  instrument: Instrument,
  position: Position,
  price: bigint | undefined,
): bigint {
  const { spec } = instrument;
  const held = price === undefined ? 0n : notional(state, instrument, position.quantity, price);
  const exact = spec.payoff === 'linear' ? held - position.cost : position.cost - held;
  return rescaleFloor(exact, valueScale(state, spec), assetScale(state, spec));
}

/** Exact fee of one side of a trade, at `valueScale` + FEE_SCALE. */
export function exactFee(
  state: HouseState,
  instrument: Instrument,
  quantity: bigint,
  price: bigint,
): bigint {
  return feeOf(instrument, notional(state, instrument, abs(quantity), price));
}

/** The same from a trade's exact notional, where that is known already. */
export function feeOf(instrument: Instrument, exactNotional: bigint): bigint {
  return abs(exactNotional) * BigInt(instrument.spec.feePpm);
}

/** Cumulative fee in minor units, rounded up. */
export function cumulativeFee(
  state: HouseState,
  instrument: Instrument,
  position: Position,
): bigint {
  const from = valueScale(state, instrument.spec) + FEE_SCALE;
  return rescaleCeil(position.feeExact, from, assetScale(state, instrument.spec));
}

/** Funding of a position at a settled price: floor(- value x rate), so longs pay a positive rate. */
export function fundingAmount(
  state: HouseState,
  instrument: Instrument,
  position: Position,
  price: bigint,
  rate: bigint,
): bigint {
  const exact = -notional(state, instrument, position.quantity, price) * rate;
  const from = valueScale(state, instrument.spec) + RATE_SCALE;
  return rescaleFloor(exact, from, assetScale(state, instrument.spec));
}

/** Payoff of an option or custom instrument (at its price scale) for a price of its underlying. */
export function payoff(spec: InstrumentSpec, underlying: bigint): bigint {
  if (spec.option !== undefined) {
    const strike = BigInt(spec.option.strike);
    const gain = spec.option.type === 'call' ? underlying - strike : strike - underlying;
    return gain > 0n ? gain : 0n;
  }
  if (spec.custom !== undefined) return interpolate(spec.custom.knots, underlying);
  return underlying;
}

type Knots = NonNullable<InstrumentSpec['custom']>['knots'];

/** Piecewise-linear between knots, constant outside them; half to even at the price scale. */
function interpolate(knots: Knots, x: bigint): bigint {
  const points = knots.map((k) => [BigInt(k.underlying), BigInt(k.value)] as const);
  const first = points[0]!;
  if (x <= first[0]) return first[1];
  for (let i = 1; i < points.length; i += 1) {
    const [x0, y0] = points[i - 1]!;
    const [x1, y1] = points[i]!;
    if (x <= x1) return y0 + divHalfEven((y1 - y0) * (x - x0), x1 - x0);
  }
  return points[points.length - 1]![1];
}
