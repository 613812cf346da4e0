import { badInput } from './input.js';
import {
  absolute,
  add,
  ceiling,
  compare,
  divide,
  multiply,
  powerOfTen,
  ratio,
  subtract,
  type Ratio,
} from './ratio.js';

/**
 * `tiered`: leverage tiers whose initial margin grows with open interest, as dYdX v4 publishes them. For comparison: it nets
 * nothing across instruments. Exact integers: parts per million (ppm), quote quanta (the smallest quote unit), base quanta.
 * Written from the published formulas and numbers (research notes on dydxprotocol/v4-chain); no code was taken.
 */
export const tieredModel = { name: 'tiered', version: '1' } as const;

const PPM = 1_000_000n;

/** One tier. Both open-interest bounds zero: open interest plays no part. */
export interface LeverageTier {
  /** Base initial margin, ppm of notional, in (0, 1e6]. */
  readonly initialPpm: bigint;
  /** Maintenance margin, ppm of the base initial margin, in (0, 1e6]. */
  readonly maintenancePpm: bigint;
  /** Open interest, quote quanta, at which the initial margin starts to grow, and at which it reaches 100 %. */
  readonly openInterestLower: bigint;
  readonly openInterestUpper: bigint;
}

const tier = (im: bigint, mm: bigint, lower: bigint, upper: bigint): LeverageTier => ({
  initialPpm: im * 10_000n,
  maintenancePpm: mm * 10_000n,
  openInterestLower: lower * 10n ** 11n,
  openInterestUpper: upper * 10n ** 11n,
});

/** dYdX v4's genesis tiers, per cent; open interest in tenths of a million USDC, one quantum being 1e-6 USDC. */
export const genesisTiers = {
  largeCap: tier(2n, 60n, 0n, 0n),
  midCap: tier(5n, 60n, 400n, 1000n),
  smallCap: tier(10n, 50n, 200n, 500n),
  longTail: tier(20n, 50n, 50n, 100n),
  isolated: tier(5n, 60n, 5n, 10n),
  safety: tier(100n, 20n, 20n, 50n),
  fx: tier(1n, 50n, 5n, 10n),
} as const;

function checked(tier: LeverageTier): LeverageTier {
  if (tier.initialPpm <= 0n || tier.initialPpm > PPM)
    throw badInput('initialPpm', `${tier.initialPpm} is not in (0, 1000000]`, 'give ppm');
  if (tier.maintenancePpm <= 0n || tier.maintenancePpm > PPM)
    throw badInput('maintenancePpm', `${tier.maintenancePpm} is not in (0, 1000000]`, 'give ppm');
  const { openInterestLower: lower, openInterestUpper: upper } = tier;
  if (lower < 0n || (upper !== 0n && upper <= lower) || (upper === 0n && lower !== 0n))
    throw badInput('openInterest', `bounds ${lower}..${upper}`, 'give 0 <= lower < upper, or 0, 0');
  return tier;
}

/** Initial margin fraction in ppm: base + (1 - base) x share of the way from lower to upper, rounded down, within [base, 1]. */
export function initialFractionPpm(tier: LeverageTier, openInterest: bigint | Ratio): bigint {
  const { initialPpm, openInterestLower: lower, openInterestUpper: upper } = checked(tier);
  const oi = typeof openInterest === 'bigint' ? ratio(openInterest) : openInterest;
  if (oi.num < 0n) throw badInput('openInterest', 'it is negative', 'give quote quanta >= 0');
  if (upper === 0n || compare(oi, ratio(lower)) <= 0) return initialPpm;
  if (compare(oi, ratio(upper)) >= 0) return PPM;
  const share = divide(subtract(oi, ratio(lower)), ratio(upper - lower));
  return initialPpm + ((PPM - initialPpm) * share.num) / share.den;
}

/** A market's price as the venue quotes it: `price x 10^exponent` quote per base, base quanta of `10^atomicResolution`. */
export interface VenuePrice {
  readonly price: bigint;
  readonly exponent: number;
  readonly atomicResolution: number;
  /** Quote quanta are 10^this; -6 for USDC. */
  readonly quoteResolution: number;
}

/** Value of base quanta in quote quanta, signed, exact. */
export function notionalOf(quanta: bigint, at: VenuePrice): Ratio {
  if (at.price <= 0n) throw badInput('price', `${at.price} is not above zero`, 'give the mark');
  const scale = powerOfTen(at.exponent + at.atomicResolution - at.quoteResolution);
  return multiply(ratio(quanta * at.price), scale);
}

const marginOf = (notional: Ratio, ppm: bigint): bigint =>
  ceiling(multiply(absolute(notional), ratio(ppm, PPM)));

export interface TieredMargin {
  readonly initialMargin: bigint;
  readonly maintenanceMargin: bigint;
}

/**
 * Requirement of one position, quote quanta, rounded up. Initial margin follows open interest; maintenance margin does not:
 * a fraction of the *base* initial margin, rounded up twice as the venue does.
 */
export function tieredMargin(
  notional: Ratio,
  tier: LeverageTier,
  openInterest: bigint | Ratio = 0n,
): TieredMargin {
  const base = marginOf(notional, checked(tier).initialPpm);
  return {
    initialMargin: marginOf(notional, initialFractionPpm(tier, openInterest)),
    maintenanceMargin: ceiling(ratio(base * tier.maintenancePpm, PPM)),
  };
}

/** A position: base quanta (signed), exact price in quote quanta per base quantum, its tier. */
export interface TieredPosition {
  readonly quanta: bigint;
  readonly price: Ratio;
  readonly tier: LeverageTier;
}

export interface TieredAccount {
  /** Quote quanta, negative is owed. */
  readonly quoteBalance: bigint;
  readonly positions: ReadonlyMap<string, TieredPosition>;
}

const valueOf = ({ quanta, price }: TieredPosition): Ratio => multiply(ratio(quanta), price);
const maintenanceOf = (position: TieredPosition): bigint =>
  tieredMargin(valueOf(position), position.tier).maintenanceMargin;

/** Net collateral (balance and positions at the mark) and the account's maintenance margin. */
function standing(account: TieredAccount): { readonly net: Ratio; readonly maintenance: bigint } {
  const positions = [...account.positions.values()];
  return {
    net: positions.map(valueOf).reduce(add, ratio(account.quoteBalance)),
    maintenance: positions.map(maintenanceOf).reduce((a, b) => a + b, 0n),
  };
}

function positionOf(account: TieredAccount, market: string): TieredPosition {
  const position = account.positions.get(market);
  if (!position) throw badInput('market', `${market} is not held`, 'name a market of the account');
  return position;
}

/**
 * Quote quanta at which closing `delta` base quanta of a market leaves the rest of the account as solvent as it was:
 * `-DNNV - TNC x |DMMR| / TMMR`, rounded up. Negative: the account pays.
 */
export function bankruptcyPrice(account: TieredAccount, market: string, delta: bigint): bigint {
  const position = positionOf(account, market);
  const after = position.quanta + delta;
  const reduces = position.quanta > 0n ? delta < 0n && after >= 0n : delta > 0n && after <= 0n;
  if (!reduces)
    throw badInput('delta', `${delta} does not reduce the position`, 'close part of it');
  const { net, maintenance } = standing(account);
  const change = maintenanceOf({ ...position, quanta: after }) - maintenanceOf(position);
  const valueChange = multiply(ratio(delta), position.price);
  const share = absolute(ratio(change, maintenance));
  return ceiling(subtract(ratio(-valueChange.num, valueChange.den), multiply(net, share)));
}

export interface LiquidationTerms {
  /** How fast the price moves towards bankruptcy as collateral falls; ppm, 1e6 = 1. */
  readonly bankruptcyAdjustmentPpm: bigint;
  /** Largest concession, ppm of the position's maintenance margin. */
  readonly spreadToMaintenancePpm: bigint;
}

/**
 * Price, quote quanta per base quantum, at which a liquidation order is put: `(PNNV - ABR x SMMR x PMMR) / size` with
 * `ABR = clamp(BA x (1 - TNC / TMMR), 0, 1)`: at the mark for a healthy account, at most `SMMR x PMMR` worse.
 */
export function fillablePrice(
  account: TieredAccount,
  market: string,
  terms: LiquidationTerms,
): Ratio {
  const position = positionOf(account, market);
  if (position.quanta === 0n)
    throw badInput('market', `${market} is flat`, 'name an open position');
  const { net, maintenance } = standing(account);
  const shortage = subtract(ratio(1n), divide(net, ratio(maintenance)));
  const raw = multiply(ratio(terms.bankruptcyAdjustmentPpm, PPM), shortage);
  const floored = raw.num < 0n ? ratio(0n) : raw;
  const rate = compare(floored, ratio(1n)) > 0 ? ratio(1n) : floored;
  const spread = ratio(terms.spreadToMaintenancePpm * maintenanceOf(position), PPM);
  return divide(subtract(valueOf(position), multiply(rate, spread)), ratio(position.quanta));
}
