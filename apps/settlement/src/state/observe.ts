import type { Hex } from 'viem';
import type { ChainView, Finality, Head } from './inputs.js';
import type { RailEvent } from './rail-events.js';
import {
  batchAt,
  type BatchState,
  hasQuorum,
  type Inclusion,
  isFinal,
  isOnChain,
  type RailState,
  sealingOf,
} from './rail-state.js';

/** What a head shows at the seq of a batch: nothing, a batch of ours, somebody else's, or nobody asked. */
type Seen = 'nothing' | 'unknown' | { readonly ours: Hex } | { readonly foreign: Hex };

/**
 * Seqs whose `batchHash` the next view needs: those not reconciled and the last that is, for a batch's hash is a chain over
 * all before it.
 */
export function watched(rail: RailState): readonly number[] {
  return rail.batches
    .filter(
      ({ status, seq }) => status !== 'RECONCILED' || batchAt(rail, seq + 1)?.status !== status,
    )
    .map(({ seq }) => seq);
}

/**
 * What a view of the chain means for the batches of a rail. The chain alone says whether a batch was applied; receipts
 * and replies are never asked.
 */
export function observe(rail: RailState, view: ChainView, finality: Finality): RailEvent[] {
  return rail.batches.flatMap((batch) =>
    batch.status === 'HALTED' ? [] : observeBatch(batch, view, finality),
  );
}

function observeBatch(batch: BatchState, view: ChainView, finality: Finality): RailEvent[] {
  const seen = lookup(batch, view.latest);
  if (seen === 'unknown') return [];
  if (seen === 'nothing') return absent(batch, view, finality);
  if ('foreign' in seen) {
    const { seq } = batch;
    const reason = `the chain has ${seen.foreign} at ${seq}`;
    return [{ type: 'BatchHalted', seq, code: 'FOREIGN_BATCH', reason }];
  }
  return present(batch, seen.ours, view, finality);
}

function lookup(batch: BatchState, head: Head): Seen {
  if (head.lastSeq < batch.seq) return 'nothing';
  const hash = head.hashes.get(batch.seq);
  if (hash === undefined) return 'unknown';
  return batch.sealings.some(({ digest }) => digest === hash) ? { ours: hash } : { foreign: hash };
}

function present(batch: BatchState, digest: Hex, view: ChainView, finality: Finality): RailEvent[] {
  const { seq } = batch;
  const events: RailEvent[] = [];
  const isNew = !isOnChain(batch) || batch.inclusion?.digest !== digest;
  if (isNew) {
    // An older sealing of the same leg came back with a final block's loss: it moves the same balances.
    if (isFinal(batch)) events.push(lost(batch));
    events.push({ type: 'BatchIncluded', seq, inclusion: inclusionAt(view.latest, digest) });
  }
  if (!isNew && isFinal(batch)) return events;
  const holds = (head: Head): boolean => head.hashes.get(seq) === digest && head.lastSeq >= seq;
  if ((isNew || batch.status === 'INCLUDED') && finality !== 'latest' && holds(view.safe)) {
    events.push({ type: 'BatchSafe', seq });
  }
  const final = view[finality];
  if (holds(final)) events.push({ type: 'BatchFinal', seq, inclusion: inclusionAt(final, digest) });
  return events;
}

function absent(batch: BatchState, view: ChainView, finality: Finality): RailEvent[] {
  const { seq, inclusion } = batch;
  const events: RailEvent[] = [];
  if (isOnChain(batch)) {
    // A provider that lags has not seen the block yet; one that is past it and shows nothing has lost it.
    if (inclusion !== undefined && view.latest.block < inclusion.block) return [];
    events.push(isFinal(batch) ? lost(batch) : { type: 'BatchReorged', seq });
    if (hasQuorum(batch)) events.push({ type: 'BatchReady', seq });
    else events.push({ type: 'CosignersAsked', seq });
  }
  const sealing = sealingOf(batch);
  const final = view[finality];
  const isDead = sealing !== undefined && final.time > sealing.deadline && final.lastSeq < seq;
  if (isDead && batch.status !== 'EXPIRED') events.push(expired(batch, final.block));
  return events;
}

/** A batch that was disputed is not sealed again before somebody has looked why. */
function expired({ seq, refusals }: BatchState, block: number): RailEvent {
  if (refusals.size === 0) return { type: 'BatchExpired', seq, block };
  const reason = `expired while ${[...refusals].map(([who, code]) => `${who} said ${code}`).join(', ')}`;
  return { type: 'BatchHalted', seq, code: 'DISPUTED', reason };
}

function lost({ seq, inclusion }: BatchState): RailEvent {
  if (inclusion === undefined) throw new Error(`batch ${seq} is final and was never included`);
  const violation = { seq, block: inclusion.block, was: inclusion.blockHash };
  return { type: 'FinalityLost', seq, violation };
}

function inclusionAt({ block, blockHash }: Head, digest: Hex): Inclusion {
  return { digest, block, blockHash };
}
