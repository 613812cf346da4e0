import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { RiskError } from '../risk-error.js';
import { pricingStandIn as kernel } from '../testing/pricing-standin.js';
import { vectors } from '../testing/vectors.js';
import { deribitMargin, type DeribitParameters, type DeribitPosition } from './deribit.js';
import {
  cryptoVolShock,
  deriveRows,
  gridMargin,
  plainRows,
  plainVolShock,
  shockedVol,
  skewMove,
  skewShock,
} from './grid.js';

type Params = Partial<
  Record<
    'buckets_count' | 'short_vega_power' | 'long_vega_power' | 'delta_total_liq_shock_threshold',
    number
  >
> &
  Record<
    | 'mm_factor'
    | 'price_range'
    | 'min_annualised_move'
    | 'annualised_move_risk'
    | 'pnl_offset'
    | 'extended_dampener'
    | 'vol_up'
    | 'vol_down'
    | 'min_vol_shock_up',
    number
  >;
interface Case {
  readonly name: string;
  readonly portfolio: Record<string, number>;
  readonly ticker: Record<string, { readonly index?: number }>;
  readonly params: Params;
  readonly initial_standard_by_bucket: readonly number[] | Record<string, readonly number[]>;
  readonly initial_extended?: readonly number[];
  readonly aggregated_standard_by_bucket: readonly number[];
  readonly aggregated_extended: readonly number[];
  readonly expected: Record<
    | 'worst_case'
    | 'roll_shock'
    | 'delta_shock'
    | 'correlation_contingency'
    | 'risk_matrix_margin'
    | 'initial_margin'
    | 'maintenance_margin',
    number
  > &
    Partial<Record<'mmp_margin' | 'open_orders_margin', number>>;
}
const golden = vectors<{ readonly cases: readonly Case[] }>('deribit-pm');

const parametersOf = (p: Params): DeribitParameters => ({
  priceRange: p.price_range,
  buckets: p.buckets_count ?? 4,
  volUp: p.vol_up,
  volDown: p.vol_down,
  leastVolUp: p.min_vol_shock_up,
  shortVegaPower: p.short_vega_power ?? 0.3,
  longVegaPower: p.long_vega_power ?? 0.13,
  gainOffset: p.pnl_offset,
  extendedDampener: p.extended_dampener,
  leastAnnualisedMove: p.min_annualised_move,
  annualisedMove: p.annualised_move_risk,
  maintenanceFactor: p.mm_factor,
  ...(p.delta_total_liq_shock_threshold === undefined
    ? {}
    : { deltaThreshold: p.delta_total_liq_shock_threshold }),
});

/** BTC-28JUN24 at 2024-06-17T08:42:20Z: expiry at 08:00 eleven days on. */
const YEARS = (11 - 42 / 1440) / 365;
const positionsOf = (portfolio: Record<string, number>): DeribitPosition[] =>
  Object.entries(portfolio).map(([name, delta]) => ({
    kind: 'future',
    delta,
    years: name.endsWith('PERPETUAL') ? 0 : YEARS,
  }));

const close = (actual: number | undefined, expected: number): void =>
  expect(Math.abs((actual ?? NaN) - expected)).toBeLessThanOrEqual(1e-9);

describe.each(golden.cases)('Deribit: $name', (c) => {
  const index = Object.values(c.ticker)[0]?.index ?? NaN;
  const parameters = parametersOf(c.params);
  const answer = deribitMargin(kernel, positionsOf(c.portfolio), index, parameters);

  it('has the matrix of every instrument', () => {
    const given = c.initial_standard_by_bucket;
    const byInstrument = Array.isArray(given)
      ? { [Object.keys(c.portfolio)[0] ?? '']: given as readonly number[] }
      : (given as Record<string, readonly number[]>);
    for (const [name, row] of Object.entries(byInstrument)) {
      const alone = positionsOf({ [name]: c.portfolio[name] ?? NaN });
      const { standard, extended } = deribitMargin(kernel, alone, index, parameters);
      row.forEach((expected, i) => standard[i]?.forEach((profit) => close(profit, expected)));
      c.initial_extended?.forEach((expected, i) => close(extended[i], expected));
    }
  });

  it('aggregates as the venue answers', () => {
    c.aggregated_standard_by_bucket.forEach((expected, i) =>
      answer.aggregatedStandard[i]?.forEach((profit) => close(profit, expected)),
    );
    c.aggregated_extended.forEach((expected, i) => close(answer.aggregatedExtended[i], expected));
    const { expected } = c;
    close(answer.worstCase, expected.worst_case);
    close(answer.rollShock, expected.roll_shock);
    close(answer.riskMatrixMargin, expected.risk_matrix_margin);
    close(answer.maintenanceMargin, expected.maintenance_margin);
    const orders = (expected.mmp_margin ?? 0) + (expected.open_orders_margin ?? 0);
    close(answer.riskMatrixMargin + orders, expected.initial_margin);
  });
});

describe('Deribit beyond the answers', () => {
  const parameters = parametersOf(golden.cases[0]?.params ?? ({} as Params));
  const call = {
    kind: 'option',
    quantity: -1,
    delta: -0.5,
    type: 'call',
    forward: 2000,
    strike: 2000,
    years: 30 / 365,
    vol: 0.6,
  } as const;

  it('asks a delta-hedged short call for its convexity', () => {
    const hedged = [call, { kind: 'future', delta: 0.5, years: 0 } as const];
    expect(deribitMargin(kernel, hedged, 2000, parameters).worstCase).toBeGreaterThan(0.05);
  });

  it('refuses the delta shock, whose formula is not public, and an index that is none', () => {
    const large = [{ kind: 'future', delta: 20_000, years: 0 } as const];
    expect(() => deribitMargin(kernel, large, 2000, parameters)).toThrow(RiskError);
    expect(() => deribitMargin(kernel, [call], 0, parameters)).toThrow(/out-of-bounds: index/);
  });
});

describe('grids', () => {
  it('has nine moves by three volatilities', () => {
    const rows = plainRows(0.2);
    expect(rows).toHaveLength(27);
    expect(Math.min(...rows.map(({ move }) => move))).toBe(-0.2);
  });

  it("has Derive's rows: tails never bind a linear book", () => {
    const rows = deriveRows();
    expect(rows).toHaveLength(31);
    for (const tail of rows.slice(23)) {
      expect(tail.share * Math.abs(tail.move)).toBeCloseTo(0.1386, 12);
      expect(tail.vol).toBe('up');
    }
    // As published: .34 -> .21, .67 -> .42, 1.5 -> .2772, 2 -> .1386, 6 -> .02772.
    const shares = rows.slice(23).map(({ share }) => share);
    for (const [i, published] of [0.21, 0.42, 0.2772, 0.1386, 0.0693].entries())
      expect(shares[i]).toBeCloseTo(published, 4);
    expect(shares[7]).toBeCloseTo(0.02772, 12);
    const linear = gridMargin([rows.map(({ move, share }) => share * move)]);
    expect(linear).toEqual({ margin: 0.18, rows: [21] });
  });

  it('shocks volatility more the nearer the expiry, and never below zero or its floor', () => {
    const up = (days: number, shock = plainVolShock): number =>
      shockedVol(kernel, 0.6, days / 365, 'up', shock);
    expect(up(30)).toBeCloseTo(0.9, 12);
    expect(up(7)).toBeGreaterThan(up(30));
    expect(up(180)).toBeLessThan(up(30));
    expect(up(0.1)).toBe(up(1));
    expect(shockedVol(kernel, 0.1, 1, 'up', cryptoVolShock)).toBe(0.4);
    expect(shockedVol(kernel, 0.6, 0, 'down', { ...plainVolShock, down: 1 })).toBe(0);
    expect(shockedVol(kernel, 0.6, 0, 'none', plainVolShock)).toBe(0.6);
  });

  it('moves skew with log-moneyness up to its cap', () => {
    expect(skewMove(0.25, 'linear', skewShock)).toBeCloseTo(0.06, 15);
    expect(skewMove(-2, 'linear', skewShock)).toBe(-0.12);
    expect(skewMove(-2, 'absolute', skewShock)).toBe(0.12);
  });

  const profit = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), {
    minLength: 27,
    maxLength: 27,
  });

  it('never raises margin by netting inside an underlying, and never nets between them', () => {
    fc.assert(
      fc.property(profit, profit, (a, b) => {
        const net = a.map((x, j) => x + (b[j] ?? 0));
        const apart = gridMargin([a, b]).margin;
        expect(gridMargin([net]).margin).toBeLessThanOrEqual(apart + 1e-12);
        expect(apart).toBe(gridMargin([a]).margin + gridMargin([b]).margin);
      }),
    );
  });

  it('asks less the more gains offset, and with all of them what one underlying would', () => {
    fc.assert(
      fc.property(profit, profit, (a, b) => {
        const [none, some, all] = [0, 0.6, 1].map((offset) => gridMargin([a, b], offset).margin);
        expect(gridMargin([a, b]).margin).toBeGreaterThanOrEqual((none ?? 0) - 1e-12);
        expect(none).toBeGreaterThanOrEqual(some ?? 0);
        expect(some).toBeGreaterThanOrEqual(all ?? 0);
        expect(all).toBe(gridMargin([a.map((x, j) => x + (b[j] ?? 0))]).margin);
      }),
    );
  });

  it('refuses ranges and offsets out of bounds', () => {
    expect(() => plainRows(0)).toThrow(/out-of-bounds: range/);
    expect(() => deriveRows(NaN)).toThrow(/not-finite: range/);
    expect(() => gridMargin([[1]], 1.5)).toThrow(/out-of-bounds: offset/);
  });
});
