import { evolve } from './evolve.js';
import type { Finality, RailInput } from './inputs.js';
import { observe } from './observe.js';
import type { RailEvent } from './rail-events.js';
import {
  batchAt,
  type BatchState,
  initialRail,
  isFinal,
  type RailState,
  type Sealing,
  sealingOf,
} from './rail-state.js';

/** Settings of a rail that decisions depend on. */
export interface RailPolicy {
  readonly finality: Finality;
}

/** The batches of one rail, from due to reconciled. */
export const railDecider = { initial: initialRail, decide, evolve } as const;

/** What an input means for a rail: no event where it is old news, or does not fit where things stand. */
export function decide(rail: RailState, input: RailInput, policy: RailPolicy): RailEvent[] {
  if (input.kind === 'observed') return observe(rail, input.view, policy.finality);
  if (input.kind === 'leg') {
    const isNext = input.seq === rail.batches.length + 1;
    return isNext ? [{ type: 'LegQueued', seq: input.seq }] : [];
  }
  if (input.kind === 'reported') {
    const isOldest = rail.violations[0]?.seq === input.seq;
    return isOldest ? [{ type: 'ViolationReported', seq: input.seq }] : [];
  }
  const batch = batchAt(rail, input.seq);
  if (batch === undefined) return [];
  if ('digest' in input) return decideSealed(batch, input);
  return decideBatch(rail, batch, input);
}

type SealedInput = Extract<RailInput, { readonly digest: unknown }>;
type PlainInput = Extract<
  RailInput,
  { kind: 'sealed' | 'recalled' | 'handed' | 'compared' | 'resume' }
>;

function decideBatch(rail: RailState, batch: BatchState, input: PlainInput): RailEvent[] {
  const { seq, status } = batch;
  switch (input.kind) {
    case 'sealed':
      return mayBeSealed(rail, batch) && followsOn(rail, seq, input.sealing.prevHash)
        ? [{ type: 'BatchSealed', seq, sealing: input.sealing }]
        : [];
    case 'recalled':
      return isForgotten(batch) ? [{ type: 'BatchRecalled', seq, sealing: input.sealing }] : [];
    case 'handed':
      return isFinal(batch) && !batch.handed ? [{ type: 'LegHanded', seq }] : [];
    case 'compared': {
      if (status !== 'FINAL' || !batch.handed) return [];
      const { difference: reason } = input;
      if (reason === undefined) return [{ type: 'BatchReconciled', seq }];
      return [{ type: 'BatchHalted', seq, code: 'BALANCES_DIFFER', reason }];
    }
    case 'resume':
      return status === 'HALTED' ? [{ type: 'BatchResumed', seq, by: input.by }] : [];
  }
}

/** Inputs about one sealing: those about an earlier one are too late. */
function decideSealed(batch: BatchState, input: SealedInput): RailEvent[] {
  const { seq, status } = batch;
  const sealing = sealingOf(batch);
  if (sealing?.digest !== input.digest) return [];
  const isCosigning = status === 'SEALED' || status === 'COSIGNING' || status === 'DISPUTED';
  switch (input.kind) {
    case 'asked':
      return status === 'SEALED' ? [{ type: 'CosignersAsked', seq }] : [];
    case 'signature': {
      if (!isCosigning || batch.signatures.has(input.signer)) return [];
      const { signer, signature } = input;
      const event: RailEvent = { type: 'BatchSigned', seq, signer, signature };
      return withReady(batch, sealing, event);
    }
    case 'refusal': {
      const isNews = !batch.signatures.has(input.signer) && !batch.refusals.has(input.signer);
      if (!isCosigning || !isNews) return [];
      return withHalt(batch, sealing, {
        type: 'BatchDisputed',
        seq,
        signer: input.signer,
        code: input.code,
      });
    }
    case 'attempt':
      return status === 'READY' ? [{ type: 'BatchSent', seq, transaction: input.transaction }] : [];
  }
}

/** One batch of a rail is in the air: the one before is final, and of this one nothing can be applied any more. */
export function mayBeSealed(rail: RailState, { seq, status }: BatchState): boolean {
  const before = batchAt(rail, seq - 1);
  return (status === 'DRAFT' || status === 'EXPIRED') && (before === undefined || isFinal(before));
}

/** It is not known how it was sealed: here never, or not as the chain has it, and that may be ours all the same. */
function isForgotten({ sealings, status, halt }: BatchState): boolean {
  return (sealings.length === 0 && status === 'DRAFT') || halt?.code === 'FOREIGN_BATCH';
}

function followsOn(rail: RailState, seq: number, prevHash: string): boolean {
  const before = batchAt(rail, seq - 1);
  return before === undefined || before.inclusion?.digest === prevHash;
}

function withReady(batch: BatchState, sealing: Sealing, event: RailEvent): RailEvent[] {
  const isReady = batch.signatures.size + 1 >= sealing.threshold;
  return isReady ? [event, { type: 'BatchReady', seq: batch.seq }] : [event];
}

/** One who refuses stops nobody while the others are enough; a quorum that cannot come about does. */
function withHalt(batch: BatchState, sealing: Sealing, event: RailEvent): RailEvent[] {
  const refusals = batch.refusals.size + 1;
  if (sealing.operators - refusals >= sealing.threshold) return [event];
  const reason = `${refusals} of ${sealing.operators} derive another batch`;
  return [event, { type: 'BatchHalted', seq: batch.seq, code: 'NO_QUORUM', reason }];
}
