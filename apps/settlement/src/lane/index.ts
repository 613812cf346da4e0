/** The one way transactions of a submitter get onto a chain: journaled, fenced, replaced, never lost. */
export { LaneLost } from './attempts.js';
export { killAt, type LaneCrashHook, type LaneCrashPoint, laneCrashPoints } from './crash-point.js';
export {
  Lane,
  type LaneAlarm,
  type LaneOptions,
  type Sent,
  type TransactionSigner,
  type Turn,
} from './lane.js';
export { type LaneChain, laneChain, type SendOutcome } from './lane-chain.js';
export {
  type Action,
  type Attempt,
  type FeePolicy,
  type Fees,
  type Job,
  type LanePolicy,
  type LaneState,
  planLane,
} from './plan.js';
