import type { RiskInstrument } from './instrument.js';

/** Everything of one moment that is not the account's own. One object per mark set: models keep their arrays by it. */
export interface Market {
  /** Names the mark set: the hash or the journal position it was sealed under. */
  readonly markSetId: string;
  /** Microseconds since 1970-01-01T00:00:00Z. */
  readonly time: number;
  /** Asset that margin is asked in, and the decimals of its minor unit. */
  readonly numeraire: { readonly asset: string; readonly scale: number };
  readonly instruments: ReadonlyMap<string, RiskInstrument>;
  /** By instrument id. */
  readonly marks: ReadonlyMap<string, Mark>;
  /** By price factor id. */
  readonly underlyings: ReadonlyMap<string, Underlying>;
  /** Collateral assets and quote currencies other than the numeraire, by asset id. */
  readonly assets: ReadonlyMap<string, AssetMark>;
  /** Stable assets' prices in what they are pegged to (1 is at par), by asset id. */
  readonly pegs: ReadonlyMap<string, number>;
  /** Measured time a liquidation takes, days; where it is known, maintenance margin follows it. */
  readonly liquidationDays?: number;
}

/** Where a number comes from: `settlement`, `mark`, `index`, a venue's name, `model`. Recorded, never computed with. */
export type Source = string;

export interface Mark {
  /** Quote currency per unit of the underlying (linear), of the option or payoff per unit of the underlying. */
  readonly price: number;
  readonly source: Source;
  /** Too old to be trusted: its underlying's oracle confidence counts as 0. */
  readonly stale?: boolean;
  /** Options and payoffs: implied volatility per square root of a year, 0.6 = 60 %. */
  readonly vol?: number;
  /** Forward of the expiry, quote currency; absent: the underlying's price. */
  readonly forward?: number;
  /** Options and payoffs: exp(-rT); absent: 1. */
  readonly discount?: number;
  /** Perpetuals: funding predicted for the next 8 hours as a fraction of notional; above zero the long pays. */
  readonly funding?: number;
}

export type AssetGroup = 'crypto' | 'equity' | 'commodity' | 'fx' | 'rate';
export type LiquidityTier = 'large' | 'mid' | 'small' | 'tail';

/** An underlying's price and market quality. Numbers are stated, not defaulted: an unknown one is the caller's to choose. */
export interface Underlying {
  readonly price: number;
  readonly source: Source;
  readonly stale?: boolean;
  readonly group: AssetGroup;
  readonly tier: LiquidityTier;
  /** Bid-ask spread as a fraction of the price. */
  readonly spread: number;
  /** Average daily volume, numeraire. */
  readonly adv: number;
  /** Open interest, numeraire. */
  readonly openInterest: number;
  /** Of its price sources, 0 to 1. */
  readonly oracleConfidence: number;
  /** Crowding index C, 0 to 1. */
  readonly crowding: number;
}

/** A collateral asset or quote currency, in the numeraire. */
export interface AssetMark {
  readonly price: number;
  readonly source: Source;
  readonly stale?: boolean;
  /** Fraction of its worth that does not count, 0 to 1: see the collateral rules. A debt grows by it. */
  readonly haircut: number;
  /** Price factor that moves it (a coin), or peg factor (a stable asset); absent: it is cash-like and does not move. */
  readonly factor?: string;
}
