import type { Decimal, Units } from './units.js';

/** Market quality of a price factor, as the house states it: what liquidating a position in it costs. */
export interface RiskFactorMarket {
  readonly group: 'crypto' | 'equity' | 'commodity' | 'fx' | 'rate';
  readonly tier: 'large' | 'mid' | 'small' | 'tail';
  /** Bid-ask spread as a fraction of the price, and average daily volume in the numeraire. */
  readonly spread: Decimal;
  readonly adv: Decimal;
}

/** What moves prices: one column of a factor history, and what of the house it prices. */
export interface RiskFactor {
  readonly factor: string;
  /** `price`: of an underlying. `iv`: an implied volatility. `difference`: a basis, rate or peg. */
  readonly kind: 'price' | 'iv' | 'difference';
  /** A day's change is a fraction of the value, or (prices that may go below zero, differences) the difference itself. */
  readonly move: 'relative' | 'absolute';
  /** Instruments it moves; what settles on one of them is moved by it too. */
  readonly instruments: readonly string[];
  /** Assets it prices where they are collateral. */
  readonly assets: readonly string[];
  /** Of prices, and only of them. */
  readonly market?: RiskFactorMarket;
}

/** A node of an explanation. Where it has parts they sum to its amount exactly. Minor units. */
export interface MarginPart {
  readonly name: string;
  readonly amount: Units;
  readonly parts?: readonly MarginPart[];
}

/** Sensitivities of one account to one underlying, in field units (docs/risk-standard.md); they explain, nothing is decided by them. */
export interface MarginGreeks {
  readonly underlying: string;
  readonly delta: Decimal;
  readonly gamma: Decimal;
  readonly vega: Decimal;
  readonly theta: Decimal;
  readonly rho: Decimal;
}

/** How far an account is from trouble; as the Greeks, for reading only. */
export interface MarginHealth {
  /** Equity over maintenance margin; absent where no margin is asked. */
  readonly ratio?: Decimal;
  /** Probability that a day's loss exceeds equity, and that it leaves less than the maintenance margin. */
  readonly ruin: Decimal;
  readonly distress: Decimal;
  /** 0 to 100: 1e-4 of distress or less is 100, 1 % is 50, 10 % is 25. */
  readonly score: Decimal;
  /** Equity above the initial margin, zero where there is none. */
  readonly idle: Units;
}

/** The events of the risk standard: where its numbers come from, who let it in, and what it asked of each account. */
export interface RiskEventData {
  /** The scenario set's source: one row of values per date, one column per factor, oldest first. */
  FactorHistoryRecorded: {
    readonly history: string;
    /** The asset in which its prices are, and in which requirements are asked. */
    readonly numeraire: string;
    readonly factors: readonly RiskFactor[];
    /** ISO dates, rising. */
    readonly dates: readonly string[];
    readonly values: readonly (readonly Decimal[])[];
  };
  FactorDayRecorded: {
    readonly history: string;
    readonly date: string;
    readonly values: readonly Decimal[];
  };
  RiskModelProposed: {
    readonly proposal: string;
    readonly name: string;
    readonly version: string;
    /** Hex SHA-256 of the kernel's binary, and of `parameters` in UTF-8. */
    readonly wasmHash: string;
    readonly parametersHash: string;
    /** The parameter document, as canonical JSON text: only its bytes count here. */
    readonly parameters: string;
    readonly history: string;
    readonly proposer: string;
  };
  RiskModelApproved: {
    readonly proposal: string;
    readonly approver: string;
    /** It takes effect at the cut of this cycle. */
    readonly fromCycle: number;
  };
  RiskModelWithdrawn: { readonly proposal: string; readonly by: string; readonly reason: string };
  RiskModelActivated: { readonly proposal: string; readonly cycle: number };
  /** What the active model asks of one account after a cut, and how that came about. */
  MarginAssessed: {
    readonly cycle: number;
    readonly account: string;
    /** The numeraire; all amounts are its minor units. */
    readonly asset: string;
    /** Rounded down; margins are rounded up. */
    readonly equity: Units;
    readonly initialMargin: Units;
    readonly maintenanceMargin: Units;
    readonly proposal: string;
    /** Hex SHA-256 of binary, parameters and scenario root: what has to be run to get these numbers. */
    readonly modelId: string;
    readonly scenarioRoot: string;
    /** Root of the factor history the scenarios were made from, and its number of days. */
    readonly historyRoot: string;
    readonly days: number;
    /** Hex SHA-256 of the prices used. */
    readonly markSetId: string;
    /** How each amount came about: parts that sum to it exactly. */
    readonly parts: {
      readonly equity: readonly MarginPart[];
      readonly initialMargin: readonly MarginPart[];
      readonly maintenanceMargin: readonly MarginPart[];
    };
    /** `fallback`: the model could not price something and a documented conservative rule took its place, see `notes`. */
    readonly status: 'ok' | 'fallback';
    readonly notes: readonly string[];
    readonly health?: MarginHealth;
    readonly greeks: readonly MarginGreeks[];
  };
}
