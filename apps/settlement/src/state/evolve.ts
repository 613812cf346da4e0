import type { RailEvent } from './rail-events.js';
import { batchAt, type BatchState, type BatchStatus, type RailState } from './rail-state.js';

/** The rail after an event. */
export function evolve(rail: RailState, event: RailEvent): RailState {
  if (event.type === 'LegQueued') return { ...rail, batches: [...rail.batches, draft(event.seq)] };
  if (event.type === 'ViolationReported') return { ...rail, violations: rail.violations.slice(1) };
  const before = batchAt(rail, event.seq);
  if (before === undefined) throw new Error(`${event.type}: there is no batch ${event.seq}`);
  const batches = rail.batches.with(event.seq - 1, evolveBatch(before, event));
  if (event.type !== 'FinalityLost') return { ...rail, batches };
  return { batches, violations: [...rail.violations, event.violation] };
}

function draft(seq: number): BatchState {
  return {
    seq,
    status: 'DRAFT',
    sealings: [],
    signatures: new Map(),
    refusals: new Map(),
    handed: false,
  };
}

type Signed = Extract<RailEvent, { type: 'BatchSigned' }>;
type BatchEvent = Exclude<RailEvent, { type: 'LegQueued' | 'ViolationReported' }>;

function evolveBatch(batch: BatchState, event: BatchEvent): BatchState {
  switch (event.type) {
    case 'BatchSealed':
      return {
        ...batch,
        status: 'SEALED',
        sealings: [...batch.sealings, event.sealing],
        signatures: new Map(),
        refusals: new Map(),
      };
    case 'BatchRecalled': {
      const { halt: _solved, sealings, ...rest } = batch;
      return {
        ...rest,
        status: 'SEALED',
        sealings: [...sealings, event.sealing],
        signatures: new Map(),
        refusals: new Map(),
      };
    }
    case 'CosignersAsked':
      return { ...batch, status: 'COSIGNING' };
    case 'BatchSigned':
      return signed(batch, event);
    case 'BatchDisputed':
      return {
        ...batch,
        status: 'DISPUTED',
        refusals: new Map(batch.refusals).set(event.signer, event.code),
      };
    case 'BatchReady':
      return { ...batch, status: 'READY' };
    case 'BatchSent':
      return { ...batch, status: 'BROADCAST' };
    case 'BatchIncluded':
      return { ...batch, status: 'INCLUDED', inclusion: event.inclusion };
    case 'BatchSafe':
      return { ...batch, status: 'SAFE' };
    case 'BatchFinal':
      return { ...batch, status: 'FINAL', inclusion: event.inclusion };
    case 'LegHanded':
      return { ...batch, handed: true };
    case 'BatchReconciled':
      return { ...batch, status: 'RECONCILED' };
    case 'BatchReorged':
      return offChain(batch, 'REORGED');
    case 'FinalityLost':
      return offChain(batch, 'FINALITY_VIOLATION');
    case 'BatchExpired':
      return { ...batch, status: 'EXPIRED' };
    case 'BatchHalted': {
      const { code, reason } = event;
      return { ...batch, status: 'HALTED', halt: { code, reason, from: batch.status } };
    }
    case 'BatchResumed':
      return resumed(batch);
  }
}

/** Somebody who refused and signs after all no longer refuses. */
function signed(batch: BatchState, { signer, signature }: Signed): BatchState {
  const refusals = new Map(batch.refusals);
  refusals.delete(signer);
  return { ...batch, refusals, signatures: new Map(batch.signatures).set(signer, signature) };
}

function offChain(batch: BatchState, status: BatchStatus): BatchState {
  const { inclusion: _gone, ...rest } = batch;
  return { ...rest, status };
}

/** Who refused is asked again; what was on chain goes on from there. */
function resumed({ halt, ...batch }: BatchState): BatchState {
  const from = halt?.from ?? batch.status;
  const status = from === 'DISPUTED' ? 'COSIGNING' : from;
  return { ...batch, status, refusals: new Map() };
}
