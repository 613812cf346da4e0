import type { RiskKernel } from '../kernel/port.js';
import { type GridRow, plainVolShock, type VolShock } from './grid.js';
import { badInput, finite, positive } from './input.js';

/**
 * `scan` after SPAN (Standard Portfolio Analysis of Risk, CME 1988): sixteen scenarios inside a combined commodity, charges for
 * calendar spreads, credits between commodities, a minimum for short options. For comparison.
 */
export const spanModel = { name: 'scan-span', version: '1' } as const;

export interface SpanScenario {
  /** Move in price scan ranges, direction of volatility, and share of the loss that is covered. */
  readonly price: number;
  readonly vol: -1 | 0 | 1;
  readonly covered: number;
}

export interface SpanExtremes {
  /** Price scan ranges of scenarios 15 and 16, and the share of their loss that counts. */
  readonly multiple: number;
  readonly covered: number;
}

/** Double move, 35 % covered: CME's usual and NSE's published choice. */
export const spanExtremes: SpanExtremes = { multiple: 2, covered: 0.35 };

/** SPAN's order: price 0, then up and down by thirds, each with volatility up and down; then the extremes. */
export function spanScenarios({ multiple, covered } = spanExtremes): readonly SpanScenario[] {
  const prices = [0, 1 / 3, -1 / 3, 2 / 3, -2 / 3, 1, -1];
  return [
    ...prices.flatMap((price) => [
      { price, vol: 1, covered: 1 } as const,
      { price, vol: -1, covered: 1 } as const,
    ]),
    { price: multiple, vol: 0, covered },
    { price: -multiple, vol: 0, covered },
  ];
}

/** The scenarios as rows of a grid that reaches as far as the price scan range, a fraction of the price. */
export function spanRows(range: number): readonly GridRow[] {
  positive(range, 'range');
  return spanScenarios().map(({ price, vol, covered }) => ({
    move: price * range,
    vol: vol > 0 ? 'up' : vol < 0 ? 'down' : 'none',
    share: covered,
  }));
}

/** A quarter of the volatility up and down, whatever the expiry: NSE's published share. */
export const spanVolShock: VolShock = {
  ...plainVolShock,
  up: 0.25,
  down: 0.25,
  shortPower: 0,
  longPower: 0,
};

/** What a risk array is made of. Money per contract; a future's array needs no price. */
export type SpanContract =
  | { readonly kind: 'future' }
  | {
      readonly kind: 'option';
      readonly type: 'call' | 'put';
      readonly forward: number;
      readonly strike: number;
      readonly years: number;
      readonly vol: number;
      readonly discount: number;
    };

export interface SpanRange {
  /** Price scan range, money per unit of the underlying; volatility scan range, vol points (.04 = 4 %); units per contract. */
  readonly price: number;
  readonly vol: number;
  readonly size: number;
  /** How much older options are in the scenarios, years: a day. */
  readonly lookahead: number;
}

/** Profit of one contract held long in each scenario (profit positive; CME's files have the opposite sign). */
export function spanArray(
  kernel: Pick<RiskKernel, 'optionPrice'>,
  contract: SpanContract,
  range: SpanRange,
  scenarios = spanScenarios(),
): Float64Array {
  positive(range.price, 'priceRange');
  positive(range.size, 'size');
  const profit = profitOf(kernel, contract, range);
  return Float64Array.from(
    scenarios,
    ({ price, vol, covered }) =>
      covered * range.size * profit(price * range.price, vol * range.vol),
  );
}

function profitOf(
  kernel: Pick<RiskKernel, 'optionPrice'>,
  contract: SpanContract,
  { lookahead }: SpanRange,
): (move: number, volMove: number) => number {
  if (contract.kind === 'future') return (move) => move;
  const { kind: _kind, ...terms } = contract;
  const priced = { ...terms, style: 'european' } as const;
  const now = kernel.optionPrice(priced);
  const years = Math.max(terms.years - lookahead, 0);
  return (move, volMove) => {
    const forward = Math.max(terms.forward + move, SMALLEST_FORWARD);
    const vol = Math.max(terms.vol + volMove, 0);
    return kernel.optionPrice({ ...priced, years, forward, vol }) - now;
  };
}

/** A scan range can exceed the price; the forward of an option stays above zero all the same. */
const SMALLEST_FORWARD = 1e-9;

export interface SpanPosition {
  /** Contracts; below zero is short. */
  readonly quantity: number;
  readonly array: ArrayLike<number>;
  /** Contract month, for calendar spreads, and delta of one contract (1 for a future). */
  readonly month: string;
  readonly delta: number;
  /** Is it an option? Short ones fall under the minimum. */
  readonly option?: boolean;
}

export interface CalendarSpread {
  readonly months: readonly [string, string];
  /** Money per spread of one delta against one. */
  readonly charge: number;
}

export interface SpanCommodity {
  readonly positions: readonly SpanPosition[];
  /** Price risk of one delta: the scan range of a contract. */
  readonly priceRisk: number;
  /** In order of priority. */
  readonly spreads?: readonly CalendarSpread[];
  /** Least requirement per short option. */
  readonly shortOptionMinimum?: number;
}

/** So many deltas of one commodity against so many of another earn back a share of their price risk. In order of priority. */
export interface InterCredit {
  readonly legs: readonly [
    { readonly commodity: string; readonly deltas: number },
    { readonly commodity: string; readonly deltas: number },
  ];
  /** Share of both legs' price risk that is given back. */
  readonly credit: number;
}

export interface SpanResult {
  readonly total: number;
  readonly commodities: ReadonlyMap<
    string,
    {
      readonly scan: number;
      /** Index of the scenario that decides, -1 where nothing loses. */
      readonly scenario: number;
      readonly spreadCharge: number;
      readonly credit: number;
      readonly minimum: number;
      readonly requirement: number;
    }
  >;
}

/** Requirement of a portfolio, money: per commodity `max(scan + spread charges - credits, short option minimum)`, summed. */
export function spanMargin(
  commodities: ReadonlyMap<string, SpanCommodity>,
  credits: readonly InterCredit[] = [],
): SpanResult {
  const given = interCredits(commodities, credits);
  const results = new Map(
    [...commodities].map(([id, commodity]) => {
      const { scan, scenario } = scanRisk(commodity.positions);
      const spreadCharge = spreadCharges(commodity.positions, commodity.spreads ?? []);
      const credit = given.get(id) ?? 0;
      const minimum = shortOptions(commodity.positions) * (commodity.shortOptionMinimum ?? 0);
      const requirement = Math.max(scan + spreadCharge - credit, minimum, 0);
      return [id, { scan, scenario, spreadCharge, credit, minimum, requirement }];
    }),
  );
  const total = [...results.values()].reduce((sum, { requirement }) => sum + requirement, 0);
  return { total, commodities: results };
}

/** Greatest loss over the scenarios, not below zero. */
export function scanRisk(positions: readonly SpanPosition[]): {
  readonly scan: number;
  readonly scenario: number;
} {
  const length = positions[0]?.array.length ?? 0;
  let scan = 0;
  let scenario = -1;
  for (let j = 0; j < length; j++) {
    let loss = 0;
    for (const { quantity, array } of positions) {
      if (array.length !== length)
        throw badInput('array', 'lengths differ', 'use one scenario set');
      loss -= finite(quantity, 'quantity') * (array[j] ?? 0);
    }
    if (loss > scan) [scan, scenario] = [loss, j];
  }
  return { scan, scenario };
}

/** Deltas still unmatched fall by each spread formed. */
function takeSpread(
  left: Map<string, number>,
  [a, b]: readonly [readonly [string, number], readonly [string, number]],
): number {
  const [[idA, perA], [idB, perB]] = [a, b];
  const [deltaA, deltaB] = [left.get(idA) ?? 0, left.get(idB) ?? 0];
  if (deltaA * deltaB >= 0) return 0;
  const spreads = Math.min(Math.abs(deltaA) / perA, Math.abs(deltaB) / perB);
  left.set(idA, deltaA - Math.sign(deltaA) * spreads * perA);
  left.set(idB, deltaB - Math.sign(deltaB) * spreads * perB);
  return spreads;
}

function spreadCharges(
  positions: readonly SpanPosition[],
  spreads: readonly CalendarSpread[],
): number {
  const left = new Map<string, number>();
  for (const { month, quantity, delta } of positions)
    left.set(month, (left.get(month) ?? 0) + quantity * delta);
  return spreads.reduce(
    (sum, { months: [a, b], charge }) =>
      sum +
      charge *
        takeSpread(left, [
          [a, 1],
          [b, 1],
        ]),
    0,
  );
}

function interCredits(
  commodities: ReadonlyMap<string, SpanCommodity>,
  credits: readonly InterCredit[],
): Map<string, number> {
  const left = new Map(
    [...commodities].map(([id, { positions }]) => [
      id,
      positions.reduce((sum, { quantity, delta }) => sum + quantity * delta, 0),
    ]),
  );
  const given = new Map<string, number>();
  for (const { legs, credit } of credits) {
    const [a, b] = legs;
    const spreads = takeSpread(left, [
      [a.commodity, positive(a.deltas, 'deltas')],
      [b.commodity, positive(b.deltas, 'deltas')],
    ]);
    for (const { commodity, deltas } of legs) {
      const risk = spreads * deltas * (commodities.get(commodity)?.priceRisk ?? 0);
      given.set(commodity, (given.get(commodity) ?? 0) + credit * risk);
    }
  }
  return given;
}

const shortOptions = (positions: readonly SpanPosition[]): number =>
  positions.reduce((sum, { option, quantity }) => sum + (option ? Math.max(-quantity, 0) : 0), 0);

/** NSE's price scan range as a fraction of the price: six daily sigmas over two days, with a floor by product. */
export const nseScanRange = (
  dailySigma: number,
  product: keyof typeof nseScanFloors = 'index',
): number => Math.max(6 * dailySigma * Math.SQRT2, nseScanFloors[product]);

export const nseScanFloors = { index: 0.093, stock: 0.142, longDatedIndex: 0.177 } as const;

/** NSE's exposure margin, a fraction of notional on futures and short options, on top of SPAN. */
export const nseExposure = { index: 0.02, stock: 0.035 } as const;
