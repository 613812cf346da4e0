import type { FactorBounds, RiskKernel } from '../kernel/port.js';

/**
 * What the backtest drives. A core model sees what it would have seen: the days one after another, and is asked after each of
 * them for every book's margin for the next day. Nothing of the next day can reach it.
 *
 * Units. The move of a factor is the simple return (`relative`), the change divided by a fixed reference price, which
 * can follow a price below zero (`absolute`), or ln(vol_t / vol_{t-1}) (`logVol`). A book's P&L and margin are
 * fractions of its notional, so that books and days compare.
 */
export interface CoreModel {
  /** Short stable name: `urs`, `urs1`, `fhs`, `grid`, ... */
  readonly name: string;
  readonly version: string;
  /** One line for people: what it computes. */
  readonly title: string;
  open(setup: BacktestSetup): CoreRun;
}

export interface CoreRun {
  /** Adds the next day. The arrays belong to the caller: copy what is kept. */
  add(day: BacktestDay): void;
  /** Margin of each book for the day after the last one added: a fraction of its notional, never below zero. Order of `books`. */
  margins(): Float64Array;
  /** Frees what the run keeps in the kernel. */
  release(): void;
}

export interface BacktestSetup {
  readonly kernel: RiskKernel;
  readonly factors: readonly BacktestFactor[];
  readonly books: readonly BacktestBook[];
  /** Years an option ages from one day to the next, 1/365 or 1/252. */
  readonly horizon: number;
}

export interface BacktestFactor {
  readonly name: string;
  readonly kind: 'relative' | 'absolute' | 'logVol';
  /** Of the factor's shock: see `boundsOf`. */
  readonly bounds: FactorBounds;
}

/** Numbers of one day, one per factor, in the order of the setup. */
export interface BacktestDay {
  /** `2024-08-05`. */
  readonly date: string;
  readonly moves: Float64Array;
  /** Price or volatility (1.00 = 100 %) at the end of the day. */
  readonly levels: Float64Array;
}

/**
 * A static book of notional 1, held afresh each day. P&L of a day with moves m:
 * `sum_i weight_i m_i + sum_legs quantity (V(1 + m, vol exp(m_vol), years - horizon) - V(1, vol, years))`,
 * V in units of the underlying's price at the start of the day, by Black-76 with discount 1.
 */
export interface BacktestBook {
  readonly name: string;
  /** Weight on each factor, order of the setup; 0 on volatilities. Linear books have absolute weights summing to 1. */
  readonly weights: Float64Array;
  readonly options: readonly OptionLeg[];
}

/** A constant-maturity option, renewed each day at the same moneyness. */
export interface OptionLeg {
  readonly type: 'call' | 'put';
  /** Index of the underlying, a relative factor, and of its volatility. */
  readonly factor: number;
  readonly volFactor: number;
  /** Strike as a multiple of the price today. */
  readonly strike: number;
  /** Time to expiry at the start of the day, years. */
  readonly years: number;
  /** In units of the underlying per unit of notional; below zero is short. */
  readonly quantity: number;
}

/** Bounds of a factor's shock: the standard clips relative moves and log vols to [-0.9, 3]; absolute moves know no bound. */
export function boundsOf(kind: BacktestFactor['kind']): FactorBounds {
  return kind === 'absolute' ? { lo: -Infinity, hi: Infinity } : { lo: -0.9, hi: 3 };
}
