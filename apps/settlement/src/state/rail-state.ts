import type { Hex } from 'viem';

/**
 * Where a batch is on its way. DRAFT: its leg is due. SEALED: its bytes are fixed. COSIGNING: co-signers are asked.
 * DISPUTED: one of them derives another batch. READY: k have signed. BROADCAST: a transaction is under way. INCLUDED,
 * SAFE, FINAL: how sure the block is that holds it. RECONCILED: the house knows, and the contract's balances are the
 * ledger's. REORGED: its block is gone. EXPIRED: no chain can take these bytes any more. FINALITY_VIOLATION: a final block
 * is gone. HALTED: somebody has to look.
 */
export type BatchStatus =
  | 'DRAFT'
  | 'SEALED'
  | 'COSIGNING'
  | 'DISPUTED'
  | 'READY'
  | 'BROADCAST'
  | 'INCLUDED'
  | 'SAFE'
  | 'FINAL'
  | 'RECONCILED'
  | 'REORGED'
  | 'EXPIRED'
  | 'FINALITY_VIOLATION'
  | 'HALTED';

/** One way the leg was sealed. A second exists only once the first can never be applied. */
export interface Sealing {
  readonly digest: Hex;
  readonly prevHash: Hex;
  /** Last block time, in seconds, at which the contract takes it. */
  readonly deadline: number;
  /** Signatures it takes, of so many operators. */
  readonly threshold: number;
  readonly operators: number;
}

/** Where a batch was seen on chain. */
export interface Inclusion {
  readonly digest: Hex;
  /** A block that holds the batch or follows the one that does. */
  readonly block: number;
  readonly blockHash: Hex;
}

export interface BatchState {
  /** 1, 2, 3, ... per rail. */
  readonly seq: number;
  readonly status: BatchStatus;
  /** Oldest first; all carry the same leg. */
  readonly sealings: readonly Sealing[];
  /** Signatures of the last sealing, by signer. */
  readonly signatures: ReadonlyMap<Hex, Hex>;
  /** Signers who will not sign the last sealing, and why. */
  readonly refusals: ReadonlyMap<Hex, string>;
  readonly inclusion?: Inclusion;
  /** The house has recorded the leg as final; it does so once. */
  readonly handed: boolean;
  readonly halt?: Halt;
}

/** Why nothing moves any more until somebody says so, and where it goes on then. */
export interface Halt {
  readonly code: HaltCode;
  readonly reason: string;
  readonly from: BatchStatus;
}

/**
 * NO_QUORUM: so many derive another batch that the rest are too few. DISPUTED: one does, and the batch expired.
 * FOREIGN_BATCH: the chain has a batch at our seq that is none of ours. BALANCES_DIFFER: contract and ledger.
 */
export type HaltCode = 'NO_QUORUM' | 'DISPUTED' | 'FOREIGN_BATCH' | 'BALANCES_DIFFER';

/** A block that was final and is gone; the house has to hear of it. */
export interface Violation {
  readonly seq: number;
  readonly block: number;
  /** The hash it had. */
  readonly was: Hex;
}

/** Everything settlement knows of one rail: rebuilt from its events, corrected by what the chain shows. */
export interface RailState {
  /** Batch `seq` is at `seq - 1`. */
  readonly batches: readonly BatchState[];
  /** Not yet reported to the house, oldest first. */
  readonly violations: readonly Violation[];
}

export const initialRail: RailState = { batches: [], violations: [] };

export function batchAt(rail: RailState, seq: number): BatchState | undefined {
  return rail.batches[seq - 1];
}

/** What the batch is sealed as now. */
export function sealingOf(batch: BatchState): Sealing | undefined {
  return batch.sealings.at(-1);
}

export function isFinal({ status }: BatchState): boolean {
  return status === 'FINAL' || status === 'RECONCILED';
}

export function isOnChain({ status }: BatchState): boolean {
  return (
    status === 'INCLUDED' || status === 'SAFE' || status === 'FINAL' || status === 'RECONCILED'
  );
}

/** Whether enough have signed what it is sealed as now. */
export function hasQuorum(batch: BatchState): boolean {
  const sealing = sealingOf(batch);
  return sealing !== undefined && batch.signatures.size >= sealing.threshold;
}
