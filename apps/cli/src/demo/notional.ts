import type { InstrumentSpec } from '#events';
import type { HouseState } from '#ledger';
import { divideRounded } from '../render/decimal.js';
import type { Facts } from './facts.js';

/** Scale of the USDT figures the demo shows. */
export const USDT_SCALE = 8;

export interface Notional {
  readonly instrument: string;
  /** Both legs of every trade, at the last settled price, USDT minor units. */
  readonly gross: bigint;
  /** What netting leaves: absolute positions; of a spot instrument the net deliveries of its cycles. */
  readonly net: bigint;
}

/** Gross and net notional per instrument in USDT, the inverse contracts through the spot price of their coin. */
export function notionals(state: HouseState, facts: Facts): readonly Notional[] {
  return [...state.instruments.values()].map(({ spec }) => {
    let traded = 0n;
    let held = 0n;
    for (const position of state.positions.values()) {
      if (position.instrument !== spec.instrument) continue;
      traded += position.bought + position.sold;
      held += position.quantity < 0n ? -position.quantity : position.quantity;
    }
    const net = spec.kind === 'spot' ? deliveredQuantity(state, spec, facts) : held;
    return {
      instrument: spec.instrument,
      gross: notional(state, spec, traded),
      net: notional(state, spec, net),
    };
  });
}

/** USDT value of a quantity at the last settled price; 0 where the instrument has none. */
export function notional(state: HouseState, spec: InstrumentSpec, quantity: bigint): bigint {
  const settled = state.settled.get(spec.instrument);
  if (!settled || quantity === 0n) return 0n;
  const amount = quantity * BigInt(spec.contractSize);
  const amountScale = spec.quantityScale + spec.contractSizeScale;
  if (spec.payoff === 'linear') {
    return atScale(amount * settled.price, amountScale + spec.priceScale);
  }
  const coin = spotPrice(state, spec.settlementAsset);
  // amount / price coins, each worth the coin's spot price: one division, rounded once.
  const numerator = amount * coin.price * 10n ** BigInt(spec.priceScale + USDT_SCALE);
  return divideRounded(numerator, settled.price * 10n ** BigInt(amountScale + coin.scale));
}

function spotPrice(state: HouseState, asset: string): { price: bigint; scale: number } {
  for (const { spec } of state.instruments.values()) {
    const settled = state.settled.get(spec.instrument);
    if (spec.kind === 'spot' && spec.baseAsset === asset && settled) {
      return { price: settled.price, scale: spec.priceScale };
    }
  }
  return { price: 0n, scale: 0 };
}

function deliveredQuantity(state: HouseState, spec: InstrumentSpec, facts: Facts): bigint {
  const asset = state.assets.get(spec.baseAsset ?? '');
  if (!asset) return 0n;
  const delivered = facts.delivered.get(`${spec.instrument}|${asset.asset}`) ?? 0n;
  const perUnit = BigInt(spec.contractSize) * 10n ** BigInt(asset.scale);
  return divideRounded(
    delivered * 10n ** BigInt(spec.quantityScale + spec.contractSizeScale),
    perUnit,
  );
}

function atScale(value: bigint, scale: number): bigint {
  return scale <= USDT_SCALE
    ? value * 10n ** BigInt(USDT_SCALE - scale)
    : divideRounded(value, 10n ** BigInt(scale - USDT_SCALE));
}
