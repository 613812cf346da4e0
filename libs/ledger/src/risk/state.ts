import type { EventData, RiskFactor } from '#events';

/** A scenario set's source as recorded. Values stay decimal strings: the ledger computes no float. */
export interface FactorHistory {
  readonly history: string;
  readonly numeraire: string;
  readonly factors: readonly RiskFactor[];
  readonly dates: string[];
  readonly values: (readonly string[])[];
  /** Hash chain over factors and days, see `history.ts`: what is under `stateHash`, instead of the values. */
  root: string;
}

/**
 * proposed -> approved -> active -> retired, or withdrawn before it is active. Retired ones stay: what they asked for is
 * recomputed under them.
 */
export type RiskModelStatus = 'proposed' | 'approved' | 'active' | 'retired' | 'withdrawn';

export type RiskModel = EventData['RiskModelProposed'] & {
  status: RiskModelStatus;
  approver?: string;
  /** The cycle at whose cut it takes effect. */
  fromCycle?: number;
};

/** The last requirement of an account. */
export interface Requirement {
  readonly cycle: number;
  readonly asset: string;
  readonly equity: bigint;
  readonly initialMargin: bigint;
  readonly maintenanceMargin: bigint;
  readonly modelId: string;
  readonly markSetId: string;
  readonly status: 'ok' | 'fallback';
}

/** The part of the house that belongs to the risk standard. */
export interface RiskState {
  readonly histories: Map<string, FactorHistory>;
  /** By proposal. */
  readonly models: Map<string, RiskModel>;
  /** Derived: the proposal that is active. */
  active: string | undefined;
  /** By account. */
  readonly requirements: Map<string, Requirement>;
}

export function initialRisk(): RiskState {
  return { histories: new Map(), models: new Map(), active: undefined, requirements: new Map() };
}

/** How long a model waits between its approval and its effect, in windows: a day of one-minute windows. */
export const RISK_TIMELOCK = 1440;
/** What the state is willing to hold. */
export const RISK_LIMITS = {
  histories: 64,
  factors: 128,
  days: 20_000,
  values: 250_000,
  /** Shortest history a model may be proposed with: 180 returns. */
  daysOfModel: 181,
  openProposals: 16,
  parametersBytes: 64 * 1024,
} as const;
