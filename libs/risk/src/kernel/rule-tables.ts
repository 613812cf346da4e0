/**
 * What the rules of `urs` are computed from, once arrays and shortfalls are there: floors, tail grid, add-ons and their
 * composition into initial and maintenance margin. Amounts in the numeraire, units of the underlying, prices in the numeraire
 * per unit. Every sum runs in the order of its table.
 */
export interface RuleTables {
  readonly parameters: RuleParameters;
  /** Expected shortfall of each scenario set, before k; may be below zero. */
  readonly shortfalls: readonly number[];
  /** Prices of the market's stable assets, 1 at par. */
  readonly pegs: readonly number[];
  readonly underlyings: readonly RuleUnderlying[];
  /** Expiries: of which underlying, and years from now. */
  readonly expiries: readonly { readonly underlying: number; readonly years: number }[];
  /** Strikes of one expiry, at which short options are paired: of which underlying. */
  readonly strikes: readonly number[];
  readonly legs: readonly RuleLeg[];
  /** The first so many tail-grid scenarios are in range and not damped. */
  readonly gridInRange: number;
  /** Change of value per unit of quantity in each tail-grid scenario: rows that legs point to. */
  readonly grid: readonly Float64Array[];
}

export interface RuleParameters {
  readonly k: number;
  readonly tailShare: number;
  readonly impact: number;
  readonly participation: number;
  readonly mpor: number;
  readonly crowdingSlope: number;
  readonly oracleThreshold: number;
  readonly oracleFactor: number;
  readonly pegThreshold: number;
  readonly pegFactor: number;
  /** Hours of funding asked, over the hours the prediction is for. */
  readonly fundingFactor: number;
  readonly unrealisedWeight: number;
  readonly phi: number;
  readonly phiLow: number;
  readonly phiHigh: number;
  readonly maintenanceCrowdingSlope: number;
  /** 0: not measured, phi holds. */
  readonly liquidationDays: number;
  /** Net unrealised profit of the account. */
  readonly unrealised: number;
  /** Greatest crowding index of the market. */
  readonly marketCrowding: number;
}

export interface RuleUnderlying {
  /** Absolute price. */
  readonly price: number;
  /** Volatility of one day, in price. */
  readonly sigma: number;
  /** Core margin of one unit, mean of long and short. */
  readonly lin: number;
  readonly netRate: number;
  readonly hedgedRate: number;
  readonly shortOptionRate: number;
  readonly basisFlat: number;
  readonly basisAnnual: number;
  readonly spread: number;
  readonly adv: number;
  readonly openInterest: number;
  readonly openInterestBase: number;
  readonly openInterestLow: number;
  readonly openInterestHigh: number;
  readonly crowding: number;
  /** Change of price in each tail-grid scenario. */
  readonly moves: Float64Array;
}

/** One netted position. Indices are -1 where there is none. */
export interface RuleLeg {
  readonly quantity: number;
  readonly underlying: number;
  readonly expiry: number;
  readonly strike: number;
  readonly gridRow: number;
  /** Per unit of quantity: units of the underlying that move alike; notional; underlying units of an option contract. */
  readonly delta: number;
  readonly notional: number;
  readonly optionSize: number;
  /** Funding owed by the long per unit of quantity, for the hours of the prediction. */
  readonly funding: number;
  /** Derivatives make open interest, spot does not. */
  readonly isDerivative: boolean;
  readonly confidence: number;
  /** Loss per unit of quantity, of a long and of a short, of what cannot be priced; else 0. */
  readonly worstLong: number;
  readonly worstShort: number;
}

/** The account's amounts. `risk` = max(core, grid, floor); IM and MM are sums from left to right as documented. */
export interface RuleResult {
  readonly totals: RuleTotals;
  readonly underlyings: readonly RuleDetail[];
}

export const TOTALS = [
  ...(['core', 'grid', 'floor', 'risk', 'liquidity', 'crowding', 'concentration'] as const),
  ...(['openInterest', 'oracle', 'peg', 'funding', 'unrealised', 'fallback'] as const),
  ...(['initialMargin', 'maintenanceMargin', 'phi'] as const),
] as const;
export type RuleTotals = Readonly<Record<(typeof TOTALS)[number], number>>;

export const DETAILS = [
  ...(['net', 'gross', 'derivatives', 'notional', 'hedged', 'basis', 'shortOptions'] as const),
  ...(['floor', 'liquidity', 'crowding', 'concentration', 'openInterest'] as const),
  ...(['grid', 'gridScenario'] as const),
] as const;
/** Net and gross in units; the rest in the numeraire; `gridScenario` is the worst one's index, -1 where none loses. */
export type RuleDetail = Readonly<Record<(typeof DETAILS)[number], number>>;

/** The rules, inside the kernel: its hash covers them. */
export interface Rules {
  rules(tables: RuleTables): RuleResult;
}
