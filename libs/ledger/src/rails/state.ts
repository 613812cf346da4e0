import type { RailTerms } from '#events';
import { pow10 } from '../decimal.js';
import type { HouseState } from '../state.js';

/** One asset on one chain, see docs/ledger.md. Facts of the chain itself (blocks, transactions) are not part of the state. */
export interface Rail extends RailTerms {
  readonly proposer: string;
  status: 'proposed' | 'approved' | 'withdrawn';
  approver?: string;
  /** Once approved: in force from this window on. */
  fromWindow?: number;
  /** Finality was violated: no withdrawal is asked for or carried out until the rail is resumed. */
  frozen: boolean;
  /** Last leg that came out of a cut, and last one that is final. */
  seq: number;
  finalSeq: number;
}

/** An account's balance on a rail, rail units. What is in flight is `committed` - `posted`. */
export interface SettlementAccount {
  /** An account id, or `guarantee` for the house's index 0. */
  readonly account: string;
  readonly rail: string;
  readonly index: number;
  readonly owner: string;
  /** Sum of its recorded deposits. */
  credited: bigint;
  /** Deposits and all legs so far; deposits and the legs that are final. */
  committed: bigint;
  posted: bigint;
}

/** A leg that is not final yet. */
export interface OpenLeg {
  readonly rail: string;
  readonly seq: number;
  readonly cycle: number;
  readonly entries: readonly (readonly [index: number, delta: bigint])[];
  /** Ids. */
  readonly withdrawals: readonly string[];
}

/** The part of the house that stands on chains. */
export interface RailsState {
  readonly rails: Map<string, Rail>;
  /** Key `account|rail`. */
  readonly accounts: Map<string, SettlementAccount>;
  /** Key `rail|seq`. */
  readonly legs: Map<string, OpenLeg>;
  /** Derived: rail -> index -> account on it. */
  readonly byIndex: Map<string, Map<number, SettlementAccount>>;
}

export function initialRails(): RailsState {
  return { rails: new Map(), accounts: new Map(), legs: new Map(), byIndex: new Map() };
}

/** How long a rail waits between its approval and its effect, in windows. */
export const RAIL_TIMELOCK = 1440;
/** What the state is willing to hold, and what one leg carries: more would not fit into one transaction. */
export const RAIL_LIMITS = {
  rails: 64,
  /** Indexes below are the house's. */
  firstIndex: 16,
  indexes: 2 ** 20,
  legEntries: 1000,
  legWithdrawals: 100,
} as const;

/** Deposits to `guarantee` go to the house's own index on the rail. */
export const HOUSE_ACCOUNT = 'guarantee';
export const HOUSE_INDEX = 0;

export const settlementKey = (account: string, rail: string): string => `${account}|${rail}`;
/** Id of the deposit a vault numbered. */
export const chainDepositId = (rail: string, number: number): string => `${rail}#${number}`;
export const legKey = (rail: string, seq: number): string => `${rail}|${seq}`;

/** Is it in force in the open window? */
export function inForce(state: HouseState, rail: Rail): boolean {
  return rail.status === 'approved' && rail.fromWindow! <= state.openWindow;
}

/** Rails of an asset that are in force. */
export function railsOf(state: HouseState, asset: string): Rail[] {
  return [...state.rails.rails.values()].filter(
    (rail) => rail.asset === asset && inForce(state, rail),
  );
}

/** The one rail on which an account settles an asset. */
export function homeOf(
  state: HouseState,
  account: string,
  asset: string,
): SettlementAccount | undefined {
  for (const rail of state.rails.rails.values()) {
    if (rail.asset !== asset) continue;
    const found = state.rails.accounts.get(settlementKey(account, rail.rail));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Minor units of the asset in one rail unit. */
export function unitOf(state: HouseState, { asset, railScale }: RailTerms): bigint {
  return pow10(state.assets.get(asset)!.scale - railScale);
}
