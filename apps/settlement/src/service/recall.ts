import type { Hex } from 'viem';
import { batchDigest, legToBatch, LONGEST_DEADLINE } from '../batch/index.js';
import { type Anchor, anchored } from '../house/index.js';
import type { SealedBatch } from './rail-store.js';

/** A batch that is or was on chain, of which only the digest is known here. */
export interface SettledDigest {
  readonly digest: Hex;
  /** Of the block that holds it, seconds. */
  readonly blockTime: number;
}

export interface RecallContext {
  readonly chainId: number;
  readonly ledger: Hex;
  readonly origin: string;
  /** Digest of the batch before it. */
  readonly prevHash: Hex;
  /** The operators' epoch of now. */
  readonly epoch: bigint;
  /** What this service gives batches to wait; tried first. Seconds. */
  readonly deadlineSeconds: number;
}

/**
 * The batch of a leg that hashes to a digest on chain, whoever sealed and sent it; undefined where none does, and the digest
 * is of something else. Of all that a batch binds the log lacks only the epoch and the deadline, and the contract took it
 * within half an hour of its deadline: so few can be tried, and nobody has to be asked or believed.
 */
export function recallBatch(
  anchor: Anchor,
  { digest, blockTime }: SettledDigest,
  context: RecallContext,
): SealedBatch | undefined {
  const { header, payload } = legToBatch(anchor.data, {
    ...context,
    ...anchored(anchor),
    deadline: 0n,
  });
  for (const epoch of [context.epoch, context.epoch - 1n]) {
    for (const ahead of waits(context.deadlineSeconds)) {
      const tried = { ...header, epoch, deadline: BigInt(blockTime + ahead) };
      if (epoch > 0n && batchDigest(tried, context) === digest) {
        return { seq: anchor.seq, digest, header: tried, payload };
      }
    }
  }
  return undefined;
}

/** Seconds left at its block, the likely first: a batch does not wait long, so most of what it was given was left. */
function waits(given: number): number[] {
  const all = Array.from({ length: LONGEST_DEADLINE + 1 }, (_, seconds) => seconds);
  return [...all.slice(0, given + 1).reverse(), ...all.slice(given + 1)];
}
