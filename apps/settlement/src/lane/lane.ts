import { type Address, type Hash, type Hex, keccak256 } from 'viem';
import { AttemptJournal } from './attempts.js';
import type { LaneCrashHook } from './crash-point.js';
import type { LaneChain, SendOutcome } from './lane-chain.js';
import { NoAgreement } from '../rpc/index.js';
import { type Action, type Attempt, type Job, type LanePolicy, planLane } from './plan.js';

/** The submitter's key. It holds gas and nothing else; a local account of viem is one. */
export interface TransactionSigner {
  readonly address: Address;
  signTransaction(transaction: {
    readonly type: 'eip1559';
    readonly chainId: number;
    readonly nonce: number;
    readonly to: Address;
    readonly value: bigint;
    readonly data: Hex;
    readonly gas: bigint;
    readonly maxFeePerGas: bigint;
    readonly maxPriorityFeePerGas: bigint;
  }): Promise<Hex>;
}

export interface LaneOptions {
  readonly databaseUrl: string;
  readonly chain: LaneChain;
  readonly signer: TransactionSigner;
  readonly policy: LanePolicy;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly crash?: LaneCrashHook;
  /** Aborting ends the wait for a lane another process holds. */
  readonly signal?: AbortSignal;
}

export interface Sent {
  readonly hash: Hash;
  readonly nonce: number;
  readonly job: string | undefined;
  readonly fresh: boolean;
  readonly outcome: SendOutcome;
}

export type LaneAlarm =
  /** It would have to pay more than the policy allows: it waits for the base fee to fall. */
  | { readonly code: 'fee-cap'; readonly nonce: number; readonly job: string | undefined }
  /** The submitter has no money for gas: it goes on by itself once it has. */
  | {
      readonly code: 'insufficient-funds';
      readonly nonce: number;
      readonly job: string | undefined;
    }
  /** So many nonces were spent on it in vain that no more will be: somebody has to look. */
  | { readonly code: 'keeps-failing'; readonly spent: number; readonly job: string };

export interface Turn {
  /** Transactions of the submitter in blocks. */
  readonly mined: number;
  readonly sent: readonly Sent[];
  /** Jobs the contract would refuse now, and the name of its error; no nonce was spent on them. */
  readonly refused: readonly { readonly job: string; readonly errorName: string }[];
  readonly alarms: readonly LaneAlarm[];
}

interface Screened {
  readonly able: readonly Job[];
  readonly refused: Turn['refused'];
  readonly alarms: LaneAlarm[];
}

/** Nonces spent on a job before it is given up. A second submitter or a reorganisation may cost a few. */
const MOST_NONCES = 16;

/** What a transaction costs that does nothing. */
const PLAIN_GAS = 21_000n;

/**
 * The one way transactions of a submitter get onto a chain. Every one is journaled before it is sent, so that after a
 * crash the same bytes are sent again and nothing else takes their nonce. Whether a job is done the lane does not
 * judge: the contract's own state says it, and who wants the job looks there.
 */
export class Lane {
  private constructor(
    private readonly options: LaneOptions,
    private readonly journal: AttemptJournal,
  ) {}

  /** Waits until no other process holds the lane of this chain and submitter. */
  static async open(options: LaneOptions): Promise<Lane> {
    const { databaseUrl, chain, signer, signal } = options;
    const journal = await AttemptJournal.open(databaseUrl, chain.chainId, signer.address, signal);
    return new Lane(options, journal);
  }

  get epoch(): bigint {
    return this.journal.epoch;
  }

  /**
   * One turn: sends what is wanted and not under way, repeats what is under way, replaces what is overdue, fills gaps.
   * Throws `LaneLost` once another process holds the lane, `NoAgreement` where too few providers answer alike.
   */
  async turn(wanted: readonly Job[]): Promise<Turn> {
    const { chain, signer, policy, now } = this.options;
    const mined = await chain.transactionCount(signer.address);
    const attempts = await this.journal.from(mined);
    const { able, refused, alarms } = await this.screen(wanted, attempts, mined);
    const baseFee = await chain.baseFee();
    const state = { mined, attempts, wanted: able, baseFee, now: now() };
    const sent: Sent[] = [];
    for (const action of planLane(state, policy)) {
      if (action.do === 'wait-for-fees' || (action.do === 'resend' && action.capped)) {
        const { nonce, job } = action.do === 'resend' ? action.attempt : action;
        alarms.push({ code: 'fee-cap', nonce, job });
      }
      if (action.do !== 'wait-for-fees') sent.push(await this.act(action));
    }
    for (const { outcome, nonce, job } of sent) {
      if (outcome === 'insufficient-funds') alarms.push({ code: outcome, nonce, job });
    }
    return { mined, sent, refused, alarms };
  }

  /** Every attempt there was at a job, oldest first. */
  async attemptsAt(job: string): Promise<readonly Attempt[]> {
    return this.journal.of(job);
  }

  /** Lets the next process have the lane. */
  async close(): Promise<void> {
    await this.journal.close();
  }

  /** What is under way already, and of the rest what may have a nonce: the contract would do it. */
  private async screen(
    wanted: readonly Job[],
    attempts: readonly Attempt[],
    mined: number,
  ): Promise<Screened> {
    const known = new Set(attempts.map(({ job }) => job));
    const able: Job[] = [];
    const refused: { job: string; errorName: string }[] = [];
    const alarms: LaneAlarm[] = [];
    for (const job of wanted) {
      const spent = known.has(job.id) ? 0 : await this.journal.spentOn(job.id, mined);
      if (spent >= MOST_NONCES) {
        alarms.push({ code: 'keeps-failing', spent, job: job.id });
        continue;
      }
      const errorName = known.has(job.id) ? 'none' : await this.simulate(job);
      if (errorName === 'none') able.push(job);
      else if (errorName !== 'unknown') refused.push({ job: job.id, errorName });
    }
    return { able, refused, alarms };
  }

  /** The error it would meet, `none`, or `unknown` where the providers do not agree: what is under way goes on. */
  private async simulate(job: Job): Promise<string> {
    try {
      return (await this.options.chain.wouldRevert(this.options.signer.address, job)) ?? 'none';
    } catch (error) {
      if (error instanceof NoAgreement) return 'unknown';
      throw error;
    }
  }

  private async act(action: Exclude<Action, { do: 'wait-for-fees' }>): Promise<Sent> {
    const { chain, crash } = this.options;
    const fresh = action.do === 'attempt';
    const attempt = fresh ? await this.sign(action) : action.attempt;
    if (fresh) {
      crash?.('before-journal');
      await this.journal.write(attempt);
      crash?.('after-journal');
    }
    const outcome = await chain.send(attempt.raw);
    crash?.('after-send');
    const { hash, nonce, job } = attempt;
    return { hash, nonce, job, fresh, outcome };
  }

  private async sign(action: Extract<Action, { do: 'attempt' }>): Promise<Attempt> {
    const { chain, signer, now } = this.options;
    const { nonce, job, fees } = action;
    const raw = await signer.signTransaction({
      type: 'eip1559',
      chainId: chain.chainId,
      nonce,
      to: job?.to ?? signer.address,
      value: 0n,
      data: job?.data ?? '0x',
      gas: job?.gas ?? PLAIN_GAS,
      maxFeePerGas: fees.maxFee,
      maxPriorityFeePerGas: fees.tip,
    });
    return { ...fees, hash: keccak256(raw), nonce, job: job?.id, raw, createdAt: now() };
  }
}
