import type { Hex } from 'viem';
import type { Sealing } from './rail-state.js';

/** Which block makes a batch final, a setting of the rail. */
export type Finality = 'latest' | 'safe' | 'finalized';

/** The settlement contract as one block shows it. */
export interface Head {
  readonly block: number;
  readonly blockHash: Hex;
  /** Seconds, the block's own. */
  readonly time: number;
  readonly lastSeq: number;
  /** `batchHash(seq)` for seqs up to `lastSeq` that {@link watched} names; one left out is one not asked for. */
  readonly hashes: ReadonlyMap<number, Hex>;
}

/** What a quorum of providers agrees on. Heads may lag behind the chain; they may not lie. */
export interface ChainView {
  readonly latest: Head;
  readonly safe: Head;
  readonly finalized: Head;
}

/**
 * What happens to a rail. Everything may come twice, late, or for what is no longer so: then it changes nothing.
 * Signatures have been checked against the digest and the operators of the batch's epoch.
 */
export type RailInput =
  /** The journal says the next leg is due. */
  | { readonly kind: 'leg'; readonly seq: number }
  | { readonly kind: 'sealed'; readonly seq: number; readonly sealing: Sealing }
  /**
   * A process that lost its memory learns how the leg was sealed before: from the house, which recorded it as final, or from
   * the transaction on chain, where the batch derives from the log.
   */
  | { readonly kind: 'recalled'; readonly seq: number; readonly sealing: Sealing }
  | { readonly kind: 'asked'; readonly seq: number; readonly digest: Hex }
  | {
      readonly kind: 'signature';
      readonly seq: number;
      readonly digest: Hex;
      readonly signer: Hex;
      readonly signature: Hex;
    }
  /** A co-signer derives another batch. One that lags or is busy has not refused: it is asked again. */
  | {
      readonly kind: 'refusal';
      readonly seq: number;
      readonly digest: Hex;
      readonly signer: Hex;
      readonly code: string;
    }
  /** A transaction that carries the batch is in the lane's journal. */
  | {
      readonly kind: 'attempt';
      readonly seq: number;
      readonly digest: Hex;
      readonly transaction: Hex;
    }
  | { readonly kind: 'observed'; readonly view: ChainView }
  /** The house has recorded the leg as final. */
  | { readonly kind: 'handed'; readonly seq: number }
  /** The contract's balances were compared with the ledger's; `difference` says where they are not the same. */
  | { readonly kind: 'compared'; readonly seq: number; readonly difference?: string }
  /** The house has recorded the oldest violation. */
  | { readonly kind: 'reported'; readonly seq: number }
  /** Somebody looked at a halt and mended its cause. */
  | { readonly kind: 'resume'; readonly seq: number; readonly by: string };
