import type { Address, Hash, Hex } from 'viem';

/** Wei per gas, EIP-1559. */
export interface Fees {
  readonly maxFee: bigint;
  readonly tip: bigint;
}

/** What to pay. `undefined`: more than the policy allows. */
export interface FeePolicy {
  fresh(baseFee: bigint): Fees | undefined;
  /** Enough above `previous` for a node to take it in its place: both parts at least a tenth higher. */
  replacing(previous: Fees, baseFee: bigint): Fees | undefined;
}

/** A transaction somebody wants in a block. */
export interface Job {
  /** The same id is the same thing to do, so that a second attempt replaces the first. */
  readonly id: string;
  readonly to: Address;
  readonly data: Hex;
  readonly gas: bigint;
}

/** A signed transaction, journaled. */
export interface Attempt extends Fees {
  readonly hash: Hash;
  readonly nonce: number;
  /** `undefined`: it only fills its nonce. */
  readonly job: string | undefined;
  readonly raw: Hex;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
}

export interface LaneState {
  /** Transactions of the submitter in blocks: the first nonce still free. */
  readonly mined: number;
  /** Own attempts at that nonce and above, oldest first. */
  readonly attempts: readonly Attempt[];
  /** In the order they are wanted in. */
  readonly wanted: readonly Job[];
  /** Wei per gas. */
  readonly baseFee: bigint;
  /** Milliseconds since 1970. */
  readonly now: number;
}

export interface LanePolicy {
  readonly fees: FeePolicy;
  /** Milliseconds after which an attempt that is in no block is replaced by one that pays more. */
  readonly replaceAfterMs: number;
  /** Nonces under way at once. */
  readonly pipeline: number;
}

export type Action =
  /** The same bytes again: a pool may have lost them, and otherwise it changes nothing. */
  | {
      readonly do: 'resend';
      readonly attempt: Attempt;
      /** It is overdue, and one that pays more would pay more than the policy allows. */
      readonly capped: boolean;
    }
  | {
      readonly do: 'attempt';
      readonly nonce: number;
      /** `undefined`: nothing but to fill the nonce. */
      readonly job: Job | undefined;
      readonly fees: Fees;
    }
  /** Nothing is sent: it would cost more than the policy allows. */
  | { readonly do: 'wait-for-fees'; readonly nonce: number; readonly job: string | undefined };

/**
 * What to do next, from the chain's count and the journal alone: nobody has to remember anything, so that a start after
 * a crash is a turn like any other. A nonce below one under way is never left empty, since nothing above it can be mined.
 */
export function planLane(state: LaneState, policy: LanePolicy): readonly Action[] {
  const { mined, attempts, wanted } = state;
  const newest = new Map(attempts.map((attempt) => [attempt.nonce, attempt]));
  const underWay = new Set([...newest.values()].map(({ job }) => job));
  const waiting = wanted.filter(({ id }) => !underWay.has(id));
  const byId = new Map(wanted.map((job) => [job.id, job]));
  // Above the last nonce that something is wanted of, what is there may stay as it is.
  const needed = [...newest.values()].filter(({ job }) => job !== undefined && byId.has(job));
  const last = Math.max(mined - 1, ...needed.map(({ nonce }) => nonce));
  const top = Math.max(mined - 1, ...newest.keys());

  const actions: Action[] = [];
  for (let nonce = mined; nonce < mined + policy.pipeline || nonce <= last; nonce += 1) {
    const there = newest.get(nonce);
    const its = there?.job === undefined ? undefined : byId.get(there.job);
    if (there !== undefined && its !== undefined) actions.push(keep(there, its, state, policy));
    else if (waiting.length > 0) actions.push(fill(nonce, waiting.shift(), there, state, policy));
    else if (nonce <= last) actions.push(fill(nonce, undefined, there, state, policy));
    else if (nonce > top) break;
  }
  return actions;
}

function keep(there: Attempt, job: Job | undefined, state: LaneState, policy: LanePolicy): Action {
  const overdue = state.now - there.createdAt >= policy.replaceAfterMs;
  if (!overdue) return { do: 'resend', attempt: there, capped: false };
  const fees = policy.fees.replacing(there, state.baseFee);
  if (fees === undefined) return { do: 'resend', attempt: there, capped: true };
  return { do: 'attempt', nonce: there.nonce, job, fees };
}

/** Puts something at a nonce that holds nothing, or nothing that is still wanted. */
function fill(
  nonce: number,
  job: Job | undefined,
  there: Attempt | undefined,
  state: LaneState,
  policy: LanePolicy,
): Action {
  if (there !== undefined && there.job === undefined && job === undefined) {
    return keep(there, undefined, state, policy);
  }
  const fees =
    there === undefined
      ? policy.fees.fresh(state.baseFee)
      : policy.fees.replacing(there, state.baseFee);
  if (fees !== undefined) return { do: 'attempt', nonce, job, fees };
  // What is not wanted any more is refused by the contract: it fills its nonce as well as anything.
  if (there !== undefined) return { do: 'resend', attempt: there, capped: true };
  return { do: 'wait-for-fees', nonce, job: job?.id };
}
