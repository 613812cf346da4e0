import { createHash } from 'node:crypto';
import type { Address } from 'viem';
import {
  answerCall,
  answerDigest,
  creditedOn,
  type ExitAnswer,
  type ExitRequest,
  type ExitWatch,
  readExit,
} from '../exit/index.js';
import type { HouseCopy } from '../house/index.js';
import type { Job } from '../lane/index.js';
import type { Quorum } from '../rpc/index.js';
import type { Blocks, Operators } from './chain-eye.js';
import { ClearingRefused, type ClearingClient } from './clearing-client.js';
import { type CoSignerClient, inRegistryOrder } from './co-signers.js';
import { Signatures, type SignedRound } from './signatures.js';
import { Standing } from './standing.js';

export interface ExitDeskParts {
  readonly chainId: number;
  readonly quorum: Quorum;
  readonly watch: ExitWatch;
  readonly copy: Pick<HouseCopy, 'state' | 'exit' | 'creditedOf'>;
  readonly clearing: Pick<ClearingClient, 'command'>;
  readonly coSigners: readonly CoSignerClient[];
  readonly deadlineSeconds: number;
  readonly log: (line: string) => void;
}

interface Round extends SignedRound {
  readonly answer: ExitAnswer;
}

const GAS_BASE = 150_000n;
const GAS_EACH = 15_000n;
/** Requests of a rail that are looked at in a turn, and answers of a rail that are under way: batches go before them. */
const MOST = 8;

/**
 * What becomes of a forced exit while the house works: what of it is free is withdrawn, in as many cycles as it takes; where
 * nothing is, the operators' answer says why, and the member may ask again. Nothing is remembered: chain and journal say what
 * is left to do.
 */
export class ExitDesk {
  private readonly rounds = new Map<string, Round>();
  /** What was deposited when a request was looked at first: all that came before it, and so much the house has to have recorded. */
  private readonly credited = new Map<string, bigint>();
  private turns = 0;
  /** Ids of withdrawals the house has taken, which its journal may not have shown us yet. */
  private readonly given = new Set<string>();
  private readonly giving = new Set<string>();
  private readonly standing: Standing;
  private readonly signatures: Signatures;

  constructor(private readonly parts: ExitDeskParts) {
    this.standing = new Standing(parts.log);
    this.signatures = new Signatures(parts.coSigners, this.standing);
  }

  /** @returns the answers a rail wants in a block. @throws NoAgreement, ChainError where the chain cannot be read now */
  async turn(
    rail: { readonly rail: string; readonly ledger: string },
    blocks: Blocks,
    operators: Operators,
  ): Promise<Job[]> {
    const open = this.parts.watch.openOf(rail.rail);
    const answered = open.filter((request) => this.rounds.has(keyOf(request))).slice(0, MOST);
    const others = open.filter((request) => !answered.includes(request));
    // Whatever stands in the way of some, every request has its turn.
    const from = others.length > MOST ? (this.turns * MOST) % others.length : 0;
    const jobs: Job[] = [];
    for (const request of [...answered, ...others.slice(from, from + MOST)]) {
      const on = { ...rail, ledger: rail.ledger as Address };
      const mayAnswer = answered.includes(request) || answered.length < MOST;
      const job = await this.one(on, request, blocks, mayAnswer ? operators : undefined);
      if (job !== undefined) jobs.push(job);
    }
    this.forget(rail.rail, open);
    return jobs;
  }

  private forget(rail: string, open: readonly ExitRequest[]): void {
    const kept = new Set(open.map(keyOf));
    for (const map of [this.rounds, this.credited]) {
      for (const key of map.keys())
        if (key.startsWith(`${rail} `) && !kept.has(key)) map.delete(key);
    }
  }

  /** A turn over all rails is over. */
  turned(): void {
    this.turns += 1;
    this.standing.turned();
  }

  private async one(
    { ledger }: { readonly ledger: Address },
    request: ExitRequest,
    { latest, finalized }: Blocks,
    operators: Operators | undefined,
  ): Promise<Job | undefined> {
    const { quorum, watch, copy } = this.parts;
    const { rail, index, forcedExit, number } = request;
    const key = keyOf(request);
    if (!this.credited.has(key)) {
      const before = await creditedOn(quorum, ledger, index, { blockHash: finalized.hash });
      this.credited.set(key, before);
    }
    const contracts = { ledger, forcedExit };
    const now = await readExit(quorum, contracts, index, { blockHash: latest.hash });
    // Answered, in a block that is not final yet.
    if (now.number !== BigInt(number)) return undefined;
    if (now.left === 0n) {
      const final = await readExit(quorum, contracts, index, { blockHash: finalized.hash });
      if (final.number === now.number && final.left === 0n) watch.served(request);
      return undefined;
    }
    const standing = copy.exit(rail, index, now.left);
    if (standing.is !== 'bound') this.rounds.delete(key);
    if (standing.is === 'payable') {
      this.pay(request, now.left);
      return undefined;
    }
    const isRecorded = (copy.creditedOf(rail, index) ?? 0n) >= this.credited.get(key)!;
    if (standing.is === 'bound' && isRecorded) {
      if (operators === undefined) return undefined;
      return this.answer(request, standing.reason, latest.timestamp, operators);
    }
    const reason = standing.is === 'waiting' ? standing.reason : 'a deposit is not recorded yet';
    this.standing.say(`${rail}: forced exit ${number} waits: ${reason}`);
    return undefined;
  }

  /** One withdrawal a window at most: the next one is for what was not free in this. */
  private pay({ rail, number, index }: ExitRequest, left: bigint): void {
    const { clearing, copy, log } = this.parts;
    const named = createHash('sha256').update(rail).digest('hex').slice(0, 12);
    const withdrawalId = `exit-${named}-${number}-${copy.state.openWindow}`;
    const isKnown = copy.state.requests.has(`withdrawal:${withdrawalId}`);
    if (isKnown || this.given.has(withdrawalId) || this.giving.has(withdrawalId)) return;
    this.giving.add(withdrawalId);
    const destination = `forced exit ${number} of ${rail}`;
    const body = { withdrawalId, rail, index, amount: `${left}`, destination };
    void clearing
      .command('serve-exit', withdrawalId, body)
      .then(() => {
        this.given.add(withdrawalId);
        log(`${rail}: forced exit ${number}: withdrawal ${withdrawalId}`);
      })
      .catch((error: unknown) => {
        // Stopped, or the house has moved on since: the next turn looks again.
        if (error instanceof ClearingRefused) this.standing.say(`${rail}: ${error.message}`);
      })
      .finally(() => this.giving.delete(withdrawalId));
  }

  private answer(
    request: ExitRequest,
    reason: string,
    now: bigint,
    { members, threshold }: Operators,
  ): Job | undefined {
    const { chainId, deadlineSeconds, log } = this.parts;
    const { rail, number, index, forcedExit } = request;
    const key = keyOf(request);
    let round = this.rounds.get(key);
    if (round !== undefined && round.answer.deadline <= now) {
      // Not signed in time: another request may have its turn.
      this.rounds.delete(key);
      return undefined;
    }
    if (round?.answer.reason !== reason) {
      const deadline = now + BigInt(deadlineSeconds);
      const answer = { number: BigInt(number), index, reason, deadline };
      const digest = answerDigest(answer, { chainId, forcedExit });
      round = { answer, digest, signatures: new Map() };
      this.rounds.set(key, round);
      log(`${rail}: forced exit ${number} is to be answered: ${reason}`);
    }
    const { answer, digest, signatures } = round;
    if (signatures.size < threshold) {
      const what = `answer to forced exit ${number} of ${rail}`;
      this.signatures.ask(what, round, members, (each) => each.answer(rail, answer, digest));
      return undefined;
    }
    return {
      id: `${rail}#exit#${digest}`,
      to: forcedExit,
      data: answerCall(answer, inRegistryOrder(signatures, threshold)),
      gas: GAS_BASE + GAS_EACH * BigInt(threshold),
    };
  }
}

const keyOf = ({ rail, number }: ExitRequest): string => `${rail} ${number}`;
