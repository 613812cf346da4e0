/** Minor units of an asset, signed. */
export type MinorUnits = bigint;

/** One part of an explanation. Parts of a node sum to it exactly, rounding included as a part of its own. */
export interface RequirementPart {
  /** Stable name: `core`, `tail-grid`, `floor`, `liquidity`, `rounding`, a scenario's date, an instrument's id. */
  readonly name: string;
  readonly amount: MinorUnits;
  /** Scenario dates: its share of the tail, in (0, 1]; shares of one group sum to 1. */
  readonly weight?: number;
  readonly parts?: readonly RequirementPart[];
}

/** A conservative fallback that was used instead of a number that is missing. */
export interface Fallback {
  readonly code: 'factor-unmapped' | 'vol-missing' | 'mark-missing' | 'unpriceable' | 'mark-stale';
  /** The instrument or asset. */
  readonly field: string;
  readonly reason: string;
}

/** A margin requirement as the ledger may record it: integers, the model that made it, and how it came about. */
export interface Requirement {
  readonly account: string;
  /** Amounts are minor units of this asset. */
  readonly asset: string;
  readonly scale: number;
  /** What the account is worth after haircuts, rounded down. */
  readonly equity: MinorUnits;
  /** Initial and maintenance margin, rounded up, never below zero. */
  readonly initialMargin: MinorUnits;
  readonly maintenanceMargin: MinorUnits;
  /** equity - initialMargin, exactly: below zero is a deficit. */
  readonly available: MinorUnits;
  readonly modelId: string;
  readonly markSetId: string;
  readonly fallbacks: readonly Fallback[];
  readonly explanation: Explanation;
}

/** Each tree's root is the amount it explains. */
export interface Explanation {
  readonly equity: RequirementPart;
  readonly initialMargin: RequirementPart;
  readonly maintenanceMargin: RequirementPart;
  /** The core once more, by position instead of by date (Euler): parts sum to the core's amount. */
  readonly positions: RequirementPart;
}
