import type { Finality } from '#events';
import type { Hex } from 'viem';
import type { BatchHeader } from '../batch/index.js';
import type { ExitOnChain } from '../exit/index.js';
import type { HouseCopy } from '../house/index.js';

/** What of the folded journal is asked before signing. */
export type HouseView = Pick<
  HouseCopy,
  | 'size'
  | 'anchor'
  | 'finalSeq'
  | 'lastSeq'
  | 'openLegs'
  | 'ownerOf'
  | 'rail'
  | 'rails'
  | 'exit'
  | 'creditedOf'
>;

/** What a ledger contract, its registry and its chain's clock say at one block. */
export interface LedgerAt {
  readonly block: bigint;
  /** Block time, seconds. */
  readonly time: bigint;
  readonly lastSeq: bigint;
  readonly lastHash: Hex;
  readonly epoch: bigint;
}

/** A deposit as the vault logged it. Amount in rail units. */
export interface VaultDeposit {
  readonly number: number;
  readonly index: number;
  readonly amount: bigint;
  readonly block: number;
}

/** The providers do not answer, or not alike: nothing may be concluded. */
export class ChainUnsure extends Error {
  override readonly name = 'ChainUnsure';
}

/** One rail's contracts, as the co-signer's own providers agree on them. Every method throws ChainUnsure. */
export interface ChainView {
  /** At the newest block enough providers have. */
  latest(): Promise<LedgerAt>;
  /** At the newest one of this tag. */
  final(tag: Finality): Promise<LedgerAt>;
  /** The vault's deposits of the rail's token in these blocks, both included. */
  deposits(from: number, to: number): Promise<readonly VaultDeposit[]>;
  /** The forced exit of an index, at the newest block. */
  exit(index: number): Promise<ExitOnChain>;
  /** All that was deposited for an index in blocks that are final by this tag, rail units. */
  credited(index: number, tag: Finality): Promise<bigint>;
  /** Whether an address is an operator of an epoch. */
  isOperator(epoch: bigint, address: Hex): Promise<boolean>;
}

/** Signs 32 bytes as they are: a digest. */
export interface DigestSigner {
  /** Lower case. */
  readonly address: Hex;
  sign(digest: Hex): Promise<Hex>;
}

/** A contract: signatures for one are worth nothing to another. */
export interface LedgerName {
  readonly chainId: number;
  readonly ledger: Hex;
}

/** What was signed of a seq; `deadline` is a block time in seconds. */
export interface SignedBatch {
  readonly digest: Hex;
  readonly deadline: bigint;
}

/** When a database was first used with a ledger. */
export interface FirstUse {
  /** What was on chain then. */
  readonly lastSeq: bigint;
  /** Block time then, seconds. */
  readonly time: bigint;
  /** Whether the key may have signed before, under another database. */
  readonly suspect: boolean;
}

/** What a co-signer must not forget. Every method throws StoreUnavailable where the database does not answer. */
export interface SignedStore {
  /** The digest that stands for a seq. */
  signed(at: LedgerName, seq: bigint): Promise<SignedBatch | undefined>;
  /**
   * Writes down durably what is about to be signed, unless another digest stands for the seq; `dead` is one that was
   * proven dead and may be replaced. Returns what stands afterwards.
   */
  persist(at: LedgerName, header: BatchHeader, digest: Hex, dead?: Hex): Promise<SignedBatch>;
  /** Digests written down within the last hour. */
  signedLastHour(at: LedgerName): Promise<number>;
  /** How this database began with a ledger, where that was written down. */
  firstUse(at: LedgerName): Promise<FirstUse | undefined>;
  /** Writes that down, unless it was before. Returns what stands. */
  begin(at: LedgerName, now: FirstUse): Promise<FirstUse>;
  /** Number of the last deposit that was seen final on chain. */
  depositsChecked(rail: string): Promise<number>;
  depositChecked(rail: string, number: number): Promise<void>;
}

export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
}
