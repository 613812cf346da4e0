/** The clearing house as a pure state machine: {initialState, decide, evolve}. The rule book is docs/ledger.md. */
export * from './codes.js';
export * from './commands.js';
export * from './decimal.js';
export { checkId, shardOf, skeleton } from './ids.js';
export * from './state.js';
export { accountBook, balance, house, isPromise, post } from './books.js';
export { LedgerBroken } from './broken.js';
export { cutDue, missingStreams } from './barrier.js';
export { expectedSequence, type Readiness, readiness, validStream } from './readiness.js';
export { type SourceStanding, sourceStanding, type StreamStanding } from './source-standing.js';
export { assertConservation } from './conservation.js';
export { checkPersonal, personalOf, type PersonalPart } from './decide/personal.js';
export { decide, step } from './house.js';
export { decideCut } from './cut/cut.js';
export { evolve } from './evolve.js';
export { canonical, type EntryValue, type StateEntry } from './canonical-entry.js';
export {
  entryHash,
  entryLine,
  merkleRoot,
  STATE_ORIGIN,
  STATE_SCHEMA,
  stateEntries,
  stateHash,
} from './state-hash.js';
export { provenRoot, type StateProof, StateTree } from './state-tree/state-tree.js';
export { entryKinds } from './state-tree/entry-of.js';
export { stateLines } from './snapshot/lines.js';
export { StateReader } from './snapshot/state-reader.js';
export { type Cut, CutNotFound, resolveCut } from './snapshot/cut.js';
export {
  type Folded,
  foldTail,
  fromZero,
  nearestSnapshot,
  openSnapshot,
  type SnapshotSource,
  STATE_CODEC,
} from './snapshot/load.js';
export {
  type SnapshotVerdict,
  type Taken,
  takeSnapshot,
  type TakeOptions,
  verifySnapshots,
} from './snapshot/take.js';
export { type ProvenState, proveEntry } from './snapshot/prove-entry.js';
export { stateAt } from './snapshot/state-at.js';
export type { PathStep } from './state-tree/merkle-levels.js';
export * from './rails/state.js';
export * from './rails/plan-legs.js';
export { type ExitBound, type ExitStanding, exitStanding } from './rails/exit.js';
export * from './risk/state.js';
export { historyRoot, nextRoot } from './risk/history.js';
export {
  accountsToAssess,
  type Assess,
  type Assessment,
  type AssessmentMoment,
} from './risk/assess.js';
export {
  cumulativeValue,
  notional,
  payoff,
  settlementOf,
  type Settlement,
  valueScale,
} from './value.js';
export * from './message/read-message.js';
export { messageTypes } from './message/body.js';
