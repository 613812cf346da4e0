import type { Posting } from './vocabulary.js';
import type { Micros, Units } from './units.js';

/**
 * Settlement on EVM chains. A rail is one asset on one chain: one SettlementLedger contract and one token of the chain's vault.
 * Amounts of legs are rail units, 10^-railScale of the asset, as the contract counts; all others are the asset's minor units.
 * Addresses are `0x` and 40 lower-case hex digits, hashes `0x` and 64.
 */
export type Finality = 'finalized' | 'safe' | 'latest';

/** `<chainId>/<asset>`, e.g. `31337/USDT`. */
export type RailId = string;

/** Where and when something happened on a chain: volatile, so in the journal and never under `stateHash`. */
export interface ChainPlace {
  readonly transaction: string;
  readonly block: number;
  readonly blockHash: string;
}

/** The proof that a deposit is on its chain. `number` is the vault's own count of the token's deposits, 1, 2, 3, ... */
export interface ChainDeposit extends ChainPlace {
  readonly rail: RailId;
  readonly number: number;
  readonly logIndex: number;
}

export interface RailTerms {
  readonly rail: RailId;
  readonly chainId: number;
  readonly asset: string;
  /** Smaller of the token's decimals and the asset's scale: what both can express. */
  readonly railScale: number;
  readonly tokenDecimals: number;
  readonly token: string;
  /** Contracts of the chain: SettlementLedger, CollateralVault, OperatorRegistry. */
  readonly ledger: string;
  readonly vault: string;
  readonly registry: string;
  /** The custodian, a venue, that speaks for the chain's watcher: nothing else credits a deposit of the asset. */
  readonly custodian: string;
  /** Which of the chain's block tags is final for this house. */
  readonly finality: Finality;
  /** Owner of index 0, the house's own account on the chain. */
  readonly treasury: string;
}

/** A withdrawal as a leg carries it out: `amount` leaves the balance of `index` and is allotted to `to`. Rail units. */
export interface LegWithdrawal {
  readonly withdrawalId: string;
  readonly index: number;
  readonly to: string;
  readonly amount: Units;
}

export interface SettlementEventData {
  RailProposed: RailTerms & { readonly proposer: string };
  /** It is in force from the window `fromWindow` on. */
  RailApproved: { readonly rail: RailId; readonly approver: string; readonly fromWindow: number };
  /** Before it was in force. */
  RailWithdrawn: { readonly rail: RailId; readonly by: string; readonly reason: string };
  SettlementAccountOpened: {
    readonly account: string;
    readonly rail: RailId;
    /** Place in the contract's balances, 16 to 2^20 - 1; 0 is the house, 1 to 15 are kept for it. */
    readonly index: number;
    readonly owner: string;
  };
  /** Money set aside for a withdrawal: from cash to the account's reserved book. */
  WithdrawalReserved: { readonly withdrawalId: string; readonly postings: readonly Posting[] };
  /** Set free again, because the account could not pay otherwise. The withdrawal is over. */
  WithdrawalReleased: {
    readonly withdrawalId: string;
    readonly cycle: number;
    readonly code: string;
    readonly postings: readonly Posting[];
  };
  /** The leg that carries it is final: the money has left the house. */
  WithdrawalSettled: {
    readonly withdrawalId: string;
    readonly rail: RailId;
    readonly seq: number;
    readonly postings: readonly Posting[];
  };
  /**
   * What the chain has to do for one rail after a cycle: entries sum to zero, index 0 is the house. Number `leg` of `legs` of this
   * cycle; `seq` runs 1, 2, 3, ... per rail and is the sequence the contract demands.
   */
  SettlementLegDue: {
    readonly cycle: number;
    readonly rail: RailId;
    readonly seq: number;
    readonly leg: number;
    readonly legs: number;
    /** [index, change of its balance], in order of index, none zero. */
    readonly entries: readonly (readonly [index: number, delta: Units])[];
    /** Carried out after the entries, in order of index, each index once. */
    readonly withdrawals: readonly LegWithdrawal[];
    /** Change of the house's balance, "0" where index 0 has no entry. Below zero: the rail pays its members net. */
    readonly houseDelta: Units;
  };
  /** The leg is final on its chain: the moment of settlement finality. Legs become final in order of `seq`. */
  SettlementLegFinalized: ChainPlace & {
    readonly rail: RailId;
    readonly seq: number;
    /** EIP-712 digest of the batch. */
    readonly digest: string;
    readonly blockTime: Micros;
    readonly finality: Finality;
  };
  /** A block that was final is another one now: withdrawals of the rail stand still until somebody resumes them. */
  FinalityViolated: {
    readonly rail: RailId;
    readonly block: number;
    /** Its hash before and now. */
    readonly was: string;
    readonly is: string;
  };
  RailResumed: { readonly rail: RailId; readonly by: string; readonly reason: string };
}
