import type { Rules } from './rule-tables.js';

/**
 * The numerical kernel, as the models see it. Two implementations: the WebAssembly binary (`wasm-kernel.ts`), whose bytes are
 * part of every model id, and a plain TypeScript reference (`reference/`), which exists to check it. All numbers are float64; every
 * sum runs in the stated order, so that the same inputs give the same bits on every machine.
 */
export interface RiskKernel extends Elementary, Pricing, Rules {
  /** Lower-case hex SHA-256 of the binary; `reference` for the TypeScript reference. */
  readonly hash: string;
  /** An empty history of returns, to which days are added one by one. */
  history(factors: readonly FactorBounds[], parameters: CoreParameters): ScenarioHistory;
  /**
   * A scenario set from published columns: what a member does who takes the set as given. Columns are factor by factor;
   * `history` says how many of the scenarios are dates rather than mirrors (all, where it is not said).
   */
  scenarioSet(
    columns: readonly Float64Array[],
    weights: Float64Array,
    history?: number,
  ): ScenarioSet;
  /** One instrument's change of value per unit of quantity in every scenario of the set. */
  array(set: ScenarioSet, valuation: Valuation): ScenarioArray;
  /** An array from given values, one per scenario: registered payoffs, and other models' grids. */
  arrayOf(values: Float64Array): ScenarioArray;
  /** Losses `L_j = -sum_i q_i a_i[j]`, summed in the order given. Arrays of one length. */
  losses(arrays: readonly ScenarioArray[], quantities: ArrayLike<number>): LossVector;
  /** One leg more: `L_j - q a[j]`. The given vector stays as it is. */
  addLeg(losses: LossVector, array: ScenarioArray, quantity: number): LossVector;
  /** Weighted expected shortfall of the worst `alpha` of probability, by selection. Weights are the set's. */
  shortfall(losses: LossVector, set: ScenarioSet, alpha: number): Shortfall;
  /** Greatest loss, not below zero, and the index of the first scenario that gives it (-1 where none is above zero). */
  worst(losses: LossVector): { readonly loss: number; readonly index: number };
  /**
   * The same for a whole house at once: greatest loss of each account, not below zero, over a table of instruments (rows) and
   * scenarios. What a venue with fixed grids asks of everybody, and what a live re-margining of every account scans.
   */
  gridLosses(table: readonly Float64Array[], accounts: AccountLegs): Float64Array;
}

/** Positions of many accounts, account by account: account `a` holds the legs `offsets[a]` to `offsets[a + 1]`. */
export interface AccountLegs {
  /** One more than there are accounts; the first is 0, the last the number of legs. */
  readonly offsets: Uint32Array;
  /** Row of the table, leg by leg. */
  readonly instruments: Uint32Array;
  readonly quantities: Float64Array;
}

/** exp, log, erf and their kin: the kernel's own, so that no engine's library enters a number. Errors below 2 ulp (erf: 4). */
export interface Elementary {
  exp(x: number): number;
  log(x: number): number;
  erf(x: number): number;
  erfc(x: number): number;
  /** Standard normal distribution function, density and quantile (p in (0, 1)). */
  normalCdf(x: number): number;
  normalPdf(x: number): number;
  normalQuantile(p: number): number;
}

/** Terms of one option on a forward. `vol` per square root of a year, `years` >= 0 on a 365-day year, `discount` = exp(-rT). */
export interface OptionTerms {
  readonly type: 'call' | 'put';
  readonly style: 'european' | 'american';
  readonly forward: number;
  readonly strike: number;
  readonly years: number;
  readonly vol: number;
  readonly discount: number;
}

/** First and second derivatives in raw units: per unit of forward, of vol (1.00), per year, of rate (1.00). */
export interface RawGreeks {
  readonly price: number;
  readonly delta: number;
  readonly gamma: number;
  readonly vega: number;
  readonly theta: number;
  readonly rho: number;
}

/** Column form of many options: arrays of one length; `call` is 1 or 0. All European. */
export interface OptionColumns {
  readonly forward: Float64Array;
  readonly strike: Float64Array;
  readonly years: Float64Array;
  readonly vol: Float64Array;
  readonly discount: Float64Array;
  readonly call: Uint8Array;
}

export interface Pricing {
  /** Black-76 for European style; for American style a lower bound that is never below intrinsic value or the European price. */
  optionPrice(terms: OptionTerms): number;
  optionGreeks(terms: OptionTerms): RawGreeks;
  /** Black-76 prices of a batch, one call into the kernel. */
  black76(columns: OptionColumns): Float64Array;
  /** Volatility whose Black-76 price is `price`, NaN where none exists. */
  impliedVol(terms: Omit<OptionTerms, 'vol' | 'style'>, price: number): number;
}

/** Defaults and sources: parameters document. Names follow research notation; see docs/risk-standard.md. */
export interface CoreParameters {
  readonly lam: number;
  readonly lamc: number;
  readonly delta: number;
  readonly m: number;
  readonly cv: number;
  readonly cz: number;
  readonly zc: number;
  readonly W: number;
  readonly LRW: number;
  readonly n0: number;
  readonly nc: number;
  readonly omega: number;
  readonly eig: number;
  readonly varianceFloor: number;
}

/** Bounds of one factor's shock: [-0.9, 3] for relative moves, [-Infinity, Infinity] for absolute ones (prices below zero). */
export interface FactorBounds {
  readonly lo: number;
  readonly hi: number;
}

/** Returns of n factors, oldest first. A day is added without redoing the ones before it. */
export interface ScenarioHistory {
  readonly days: number;
  readonly factors: number;
  /** Adds one day: n finite numbers. */
  add(returns: ArrayLike<number>): void;
  /** The scenario set after the last day. At least 180 days. Equal, to the last bit, to a history built in one go. */
  seal(): ScenarioSet;
  release(): void;
}

/** Scenarios of all factors: history oldest first, then the mirrors in the same order. */
export interface ScenarioSet {
  readonly factors: number;
  readonly scenarios: number;
  /** How many of them are history; the rest are mirrors. */
  readonly history: number;
  /** Shocks of one factor, one per scenario (a copy). */
  column(factor: number): Float64Array;
  /** Probabilities, summing to 1 (a copy). */
  weights(): Float64Array;
  /** What the set was made from, where it was made here: volatility today, long run, target; correlation n x n row-major. */
  readonly facts?: {
    readonly volatility: Float64Array;
    readonly longRun: Float64Array;
    readonly target: Float64Array;
    readonly correlation: Float64Array;
  };
  release(): void;
}

/**
 * How an instrument's value per unit of quantity depends on the factors, in the account's numeraire.
 * `size`: contract size in underlying units, times whatever converts into the numeraire (1 where it is the quote currency).
 */
export type Valuation =
  /** Spot, linear perpetual or future: size x price x shock (relative), or size x shock (absolute). With a basis factor: size x price x ((1+x)(1+b+y) - (1+b)). */
  | {
      readonly kind: 'linear';
      readonly size: number;
      readonly price: number;
      readonly factor: number;
      readonly move: 'relative' | 'absolute';
      readonly basis?: { readonly level: number; readonly factor: number };
    }
  /** Inverse contract of `size` quote units, in the numeraire after settlement at today's mark: size x shock. */
  | { readonly kind: 'inverse'; readonly size: number; readonly factor: number }
  /** Option on a forward, repriced at `years - horizon`; vol factor applied as clip(vol x exp(y), 0.03, 3). */
  | {
      readonly kind: 'option';
      readonly size: number;
      readonly terms: OptionTerms;
      readonly horizon: number;
      readonly factor: number;
      readonly move: 'relative' | 'absolute';
      readonly volFactor?: number;
    }
  /** Piecewise-linear payoff of the forward at expiry, flat volatility, as a portfolio of Black-76 options. */
  | {
      readonly kind: 'piecewise';
      readonly size: number;
      readonly knots: readonly (readonly [underlying: number, value: number])[];
      readonly forward: number;
      readonly years: number;
      readonly vol: number;
      readonly discount: number;
      readonly horizon: number;
      readonly factor: number;
      readonly move: 'relative' | 'absolute';
      readonly volFactor?: number;
    };

/** An array kept in the kernel's memory; `release` it when a new one replaces it. */
export interface ScenarioArray {
  readonly length: number;
  values(): Float64Array;
  release(): void;
}

/** Losses of one book, one per scenario, positive is a loss. */
export interface LossVector {
  readonly length: number;
  values(): Float64Array;
  release(): void;
}

export interface Shortfall {
  /** Expected shortfall; may be negative for a book that gains in every bad scenario. */
  readonly value: number;
  /** The scenarios used, worst first (ties: lower index first): mass used of each; masses sum to alpha. */
  readonly atoms: readonly {
    readonly index: number;
    readonly mass: number;
    readonly loss: number;
  }[];
}
