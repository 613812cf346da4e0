import type { Units } from '#events';

/** What the fold of a rail reads of the journal. Amounts of legs are in rail units, of deposits in the asset's. */
export interface RailTerms {
  readonly rail: string;
  readonly asset: string;
  readonly railScale: number;
  /** Owner of index 0, the house's account on the rail. */
  readonly treasury: string;
}

export interface LegWithdrawal {
  readonly withdrawalId: string;
  readonly index: number;
  readonly to: string;
  readonly amount: Units;
}

export interface LegData {
  readonly cycle: number;
  readonly rail: string;
  /** 1, 2, 3, ... per rail. */
  readonly seq: number;
  /** The how-manieth of `legs` legs of its cycle, from 1. */
  readonly leg: number;
  readonly legs: number;
  readonly entries: readonly (readonly [index: number, delta: Units])[];
  readonly withdrawals: readonly LegWithdrawal[];
  readonly houseDelta: Units;
}

export interface ChainDeposit {
  readonly rail: string;
  /** The vault's number of the deposit, 1, 2, 3, ... per token. */
  readonly number: number;
  readonly transaction: string;
  readonly block: number;
  readonly blockHash: string;
  readonly logIndex: number;
}

/** The facts of the journal that move a rail. */
export type RailFact =
  | {
      readonly type: 'AssetRegistered';
      readonly data: { readonly asset: string; readonly scale: number };
    }
  | { readonly type: 'RailProposed'; readonly data: RailTerms }
  | {
      readonly type: 'SettlementAccountOpened';
      readonly data: { account: string; rail: string; index: number; owner: string };
    }
  | {
      readonly type: 'DepositRecorded';
      readonly data: { account: string; asset: string; amount: Units; chain?: ChainDeposit };
    }
  | { readonly type: 'SettlementLegDue'; readonly data: LegData }
  | {
      readonly type: 'SettlementLegFinalized';
      readonly data: { rail: string; seq: number; digest: string };
    };
