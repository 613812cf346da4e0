/** Minor units of an asset, signed. */
export type MinorUnits = bigint;

/** One part of a requirement's explanation. Parts of a node sum to it exactly, rounding included as a part of its own. */
export interface RequirementPart {
  /** Stable name: `core`, `floor`, `liquidity`, `concentration`, `rounding`, or a scenario date. */
  readonly name: string;
  readonly amount: MinorUnits;
  readonly parts?: readonly RequirementPart[];
}

/** A margin requirement as the ledger may record it: integers, the model that made it, and how it came about. */
export interface Requirement {
  readonly account: string;
  readonly asset: string;
  /** Initial and maintenance margin, minor units, rounded up. */
  readonly initialMargin: MinorUnits;
  readonly maintenanceMargin: MinorUnits;
  /** Hex SHA-256 of binary, parameters and scenario roots: see ModelIdentity. */
  readonly modelId: string;
  /** Size of the journal whose marks and positions were used. */
  readonly position: number;
  readonly explanation: RequirementPart;
}

/** Inclusive bounds of a parameter, in its own unit. */
export interface Bounds {
  readonly minimum: number;
  readonly maximum: number;
  readonly unit: string;
}
