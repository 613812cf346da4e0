import type { Hex } from 'viem';
import { ZERO_HASH } from '../batch/index.js';
import { mayBeSealed } from './decide.js';
import { batchAt, type BatchState, isFinal, type RailState, sealingOf } from './rail-state.js';

/** What is to be done now. Doing it twice, or late, changes nothing: each ends in an input that may be old news. */
export type Effect =
  /** Make the batch of the leg over this past, under a new deadline. */
  | { readonly do: 'seal'; readonly seq: number; readonly prevHash: Hex }
  /** Ask every co-signer that has not answered. */
  | { readonly do: 'ask'; readonly seq: number; readonly digest: Hex }
  /** Want it in a block: the lane simulates, sends, repeats the same bytes and pays more, as its journal and the chain say. */
  | { readonly do: 'submit'; readonly seq: number; readonly digest: Hex }
  /** Tell the house that the leg is final. */
  | { readonly do: 'hand'; readonly seq: number; readonly digest: Hex }
  /** Compare the contract's balances with the ledger's. */
  | { readonly do: 'compare'; readonly seq: number }
  /** Tell the house that a final block is gone. */
  | { readonly do: 'report'; readonly seq: number; readonly block: number; readonly was: Hex }
  /** The chain has a batch there that is not known here: find out whether it is the leg all the same. */
  | { readonly do: 'recall'; readonly seq: number }
  /** Wake somebody. */
  | { readonly do: 'alarm'; readonly seq: number; readonly code: string; readonly reason: string };

/** What {@link next} has to know besides the rail. */
export interface Surroundings {
  /** Time of the latest block, in seconds. */
  readonly blockTime: number;
  /** Whether a leg may be sealed, as far as other rails are concerned: see `gateOpen`. */
  readonly gateOpen: (seq: number) => boolean;
}

/**
 * Everything to be done for a rail, from its state alone, so that a process that starts knows as much as one that ran.
 * Batches go one by one; a halted one stops those after it.
 */
export function next(rail: RailState, surroundings: Surroundings): Effect[] {
  const closing = rail.batches.flatMap(closingOf);
  const alarms = rail.batches.flatMap(alarmOf);
  const reports = rail.violations.flatMap<Effect>(({ seq, block, was }, i) => [
    ...(i === 0 ? [{ do: 'report', seq, block, was } as const] : []),
    { do: 'alarm', seq, code: 'FINALITY_VIOLATION', reason: `final block ${block} is gone` },
  ]);
  const inAir = rail.batches.find((batch) => !isFinal(batch));
  const moving = inAir === undefined ? [] : movingOf(rail, inAir, surroundings);
  return [...alarms, ...reports, ...closing, ...moving];
}

function closingOf({ seq, status, handed, inclusion }: BatchState): Effect[] {
  if (status !== 'FINAL' || inclusion === undefined) return [];
  return handed ? [{ do: 'compare', seq }] : [{ do: 'hand', seq, digest: inclusion.digest }];
}

function alarmOf(batch: BatchState): Effect[] {
  const { seq, halt, refusals } = batch;
  if (halt !== undefined) {
    const alarm: Effect = { do: 'alarm', seq, code: halt.code, reason: halt.reason };
    return halt.code === 'FOREIGN_BATCH' ? [{ do: 'recall', seq }, alarm] : [alarm];
  }
  if (isFinal(batch)) return [];
  return [...refusals].map(([signer, code]) => {
    return { do: 'alarm', seq, code: 'DISPUTED', reason: `${signer} says ${code}` };
  });
}

function movingOf(rail: RailState, batch: BatchState, now: Surroundings): Effect[] {
  const { seq, status } = batch;
  if (mayBeSealed(rail, batch)) {
    const prevHash = batchAt(rail, seq - 1)?.inclusion?.digest ?? ZERO_HASH;
    return now.gateOpen(seq) ? [{ do: 'seal', seq, prevHash }] : [];
  }
  const sealing = sealingOf(batch);
  // Past its deadline the contract refuses it; that it is dead is proved by a final block.
  if (sealing === undefined || now.blockTime > sealing.deadline) return [];
  const { digest } = sealing;
  switch (status) {
    case 'SEALED':
    case 'COSIGNING':
    case 'DISPUTED':
      return [{ do: 'ask', seq, digest }];
    case 'READY':
    case 'BROADCAST':
      return [{ do: 'submit', seq, digest }];
    default:
      return [];
  }
}
