import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { vectors } from '../testing/vectors.js';
import { RiskError } from '../risk-error.js';
import { ceiling, multiply, powerOfTen, ratio, type Ratio } from './ratio.js';
import {
  bankruptcyPrice,
  fillablePrice,
  genesisTiers,
  initialFractionPpm,
  type LeverageTier,
  notionalOf,
  type TieredAccount,
  tieredMargin,
  type TieredPosition,
} from './tiered.js';

interface Close {
  readonly name: string;
  readonly quoteBalance: number;
  readonly close: string;
}
type Scaled = Record<'imPpm' | 'notional' | 'oi' | 'lower' | 'upper' | 'expected', number>;
type Fraction = Record<'base' | 'lower' | 'upper' | 'oi' | 'expected', number>;
type Priced = Record<'price' | 'exponent' | 'atomicResolution' | 'quantums', number> &
  Record<'imPpm' | 'mmFracPpm' | 'IM' | 'MM', number> &
  Partial<Record<'oiQuantums' | 'oiLower' | 'oiUpper', number>>;
interface Vectors {
  readonly oimf: { readonly cases: readonly Scaled[] };
  readonly adjustedImfPpm: readonly Fraction[];
  readonly marginRequirements: { readonly cases: readonly Priced[] };
  readonly bankruptcyPrice: {
    readonly cases: readonly (Close & {
      readonly positions: Record<string, { size: string; oraclePrice: number; mmFraction: number }>;
      readonly fraction?: '1' | '1/2';
      readonly closeQuantums?: number;
      readonly baseAtomicResolution?: number;
      readonly expectedBankruptcyPriceQuoteQuantums: number;
    })[];
  };
  readonly fillablePrice: {
    readonly cases: readonly (Close & {
      readonly positions: Record<string, readonly [string, number]>;
      readonly bankruptcyAdjustment: number;
      readonly spreadToMmRatio: string;
      readonly expectedFillablePrice: number;
    })[];
  };
}

const golden = vectors<Vectors>('dydx-v4');
const big = (value: number | undefined): bigint => BigInt(value ?? 0);

const plain = (initialPpm: bigint, maintenancePpm = 500_000n): LeverageTier => ({
  initialPpm,
  maintenancePpm,
  openInterestLower: 0n,
  openInterestUpper: 0n,
});
const scaling = (initialPpm: bigint, lower: bigint, upper: bigint): LeverageTier => ({
  ...plain(initialPpm),
  openInterestLower: lower,
  openInterestUpper: upper,
});

/** Exact fraction of a decimal or `a/b` text. */
function exact(text: string): Ratio {
  const [over, under] = text.split('/');
  if (under !== undefined) return ratio(BigInt(over ?? ''), BigInt(under));
  const [whole = '', decimals = ''] = text.split('.');
  return multiply(ratio(BigInt(whole + decimals)), powerOfTen(-decimals.length));
}

/** Quanta of 10^resolution, at a price in whole quote units of 1e-6; maintenance 10 % as the cases say. */
function position(size: string, price: number, resolution: number): TieredPosition {
  return {
    quanta: ceiling(multiply(exact(size), powerOfTen(-resolution))),
    price: multiply(ratio(big(price)), powerOfTen(resolution + 6)),
    tier: plain(200_000n),
  };
}

const account = (
  quoteBalance: number,
  positions: readonly (readonly [string, TieredPosition])[],
): TieredAccount => ({
  quoteBalance: big(quoteBalance) * 1_000_000n,
  positions: new Map(positions),
});

describe('tiered against dYdX v4', () => {
  it.each(golden.oimf.cases)('initial margin with open interest %j', (c) => {
    const tier = scaling(big(c.imPpm), big(c.lower), big(c.upper));
    const margin = tieredMargin(ratio(big(c.notional)), tier, big(c.oi));
    expect(margin.initialMargin).toBe(big(c.expected));
  });

  it.each(golden.adjustedImfPpm)('fraction %j', (c) => {
    const tier = scaling(big(c.base), big(c.lower), big(c.upper));
    expect(initialFractionPpm(tier, big(c.oi))).toBe(big(c.expected));
  });

  it.each(golden.marginRequirements.cases)('requirement %j', (c) => {
    const at = {
      price: big(c.price),
      exponent: c.exponent,
      atomicResolution: c.atomicResolution,
      quoteResolution: -6,
    };
    const tier = {
      ...scaling(big(c.imPpm), big(c.oiLower), big(c.oiUpper)),
      maintenancePpm: big(c.mmFracPpm),
    };
    const margin = tieredMargin(
      notionalOf(big(c.quantums), at),
      tier,
      notionalOf(big(c.oiQuantums), at),
    );
    expect(margin).toEqual({ initialMargin: big(c.IM), maintenanceMargin: big(c.MM) });
  });

  it.each(golden.bankruptcyPrice.cases)('bankruptcy price: $name', (c) => {
    const held = Object.entries(c.positions).map(
      ([market, p]) =>
        [market, position(p.size, p.oraclePrice, c.baseAtomicResolution ?? -9)] as const,
    );
    const quanta = held.find(([market]) => market === c.close)?.[1].quanta ?? 0n;
    const delta =
      c.closeQuantums === undefined
        ? -quanta / (c.fraction === '1/2' ? 2n : 1n)
        : big(c.closeQuantums);
    expect(bankruptcyPrice(account(c.quoteBalance, held), c.close, delta)).toBe(
      big(c.expectedBankruptcyPriceQuoteQuantums),
    );
  });

  it.each(golden.fillablePrice.cases)('fillable price: $name', (c) => {
    const held = Object.entries(c.positions).map(
      ([market, [size, price]]) => [market, position(size, price, -9)] as const,
    );
    const spread = multiply(exact(c.spreadToMmRatio), ratio(1_000_000n));
    const price = fillablePrice(account(c.quoteBalance, held), c.close, {
      bankruptcyAdjustmentPpm: big(c.bankruptcyAdjustment) * 1_000_000n,
      spreadToMaintenancePpm: ceiling(spread),
    });
    // Per quantum of 1e-9 in quanta of 1e-6: a thousandth of the price.
    expect(price.num * 1000n).toBe(big(c.expectedFillablePrice) * price.den);
  });
});

describe('tiered', () => {
  const amount = fc.bigInt({ min: 0n, max: 10n ** 18n });
  const anyTier = fc.constantFrom(...Object.values(genesisTiers));

  it('asks more as open interest grows, and as the position grows', () => {
    fc.assert(
      fc.property(anyTier, amount, amount, amount, (tier, notional, oi, more) => {
        const at = tieredMargin(ratio(notional), tier, oi);
        const crowded = tieredMargin(ratio(notional), tier, oi + more);
        const larger = tieredMargin(ratio(notional + more), tier, oi);
        expect(crowded.initialMargin).toBeGreaterThanOrEqual(at.initialMargin);
        expect(crowded.maintenanceMargin).toBe(at.maintenanceMargin);
        expect(larger.initialMargin).toBeGreaterThanOrEqual(at.initialMargin);
        expect(larger.maintenanceMargin).toBeGreaterThanOrEqual(at.maintenanceMargin);
        expect(at.initialMargin).toBeGreaterThanOrEqual(at.maintenanceMargin - 1n);
      }),
    );
  });

  it('asks a short what it asks a long', () => {
    fc.assert(
      fc.property(anyTier, amount, (tier, notional) => {
        expect(tieredMargin(ratio(-notional), tier)).toEqual(tieredMargin(ratio(notional), tier));
      }),
    );
  });

  it('has the published tiers', () => {
    expect(genesisTiers.midCap).toEqual({
      initialPpm: 50_000n,
      maintenancePpm: 600_000n,
      openInterestLower: 40_000_000n * 1_000_000n,
      openInterestUpper: 100_000_000n * 1_000_000n,
    });
  });

  it.each<[string, () => unknown]>([
    ['initialPpm', () => tieredMargin(ratio(1n), plain(0n))],
    ['initialPpm', () => tieredMargin(ratio(1n), plain(1_000_001n))],
    ['maintenancePpm', () => tieredMargin(ratio(1n), plain(1n, 0n))],
    ['openInterest', () => tieredMargin(ratio(1n), scaling(1n, 5n, 5n))],
    ['openInterest', () => tieredMargin(ratio(1n), plain(1n), -1n)],
    [
      'price',
      () => notionalOf(1n, { price: -1n, exponent: 0, atomicResolution: 0, quoteResolution: 0 }),
    ],
    ['market', () => bankruptcyPrice(account(0, []), 'BTC', 1n)],
    ['delta', () => bankruptcyPrice(account(0, [['BTC', position('1', 1, -9)]]), 'BTC', 1n)],
  ])('refuses a bad %s by name', (field, act) => {
    expect(act).toThrow(RiskError);
    expect(act).toThrow(new RegExp(`out-of-bounds: ${field}`));
  });
});
