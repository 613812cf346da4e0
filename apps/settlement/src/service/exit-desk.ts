import type { Address } from 'viem';
import {
  answerCall,
  answerDigest,
  type ExitAnswer,
  type ExitOnChain,
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

/**
 * What becomes of a forced exit while the house works: what of it is free is withdrawn, in as many cycles as it takes; where
 * nothing is, the operators' answer says why, and the member may ask again. Nothing is remembered: chain and journal say what
 * is left to do.
 */
export class ExitDesk {
  private readonly rounds = new Map<string, Round>();
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
    rail: { readonly rail: string; readonly asset: string; readonly ledger: string },
    blocks: Blocks,
    operators: Operators,
  ): Promise<Job[]> {
    const jobs: Job[] = [];
    for (const request of this.parts.watch.openOf(rail.rail)) {
      const on = { ...rail, ledger: rail.ledger as Address };
      const job = await this.one(on, request, blocks, operators);
      if (job !== undefined) jobs.push(job);
    }
    return jobs;
  }

  /** A turn over all rails is over. */
  turned(): void {
    this.standing.turned();
  }

  private async one(
    { asset, ledger }: { readonly asset: string; readonly ledger: Address },
    request: ExitRequest,
    { latest, finalized }: Blocks,
    operators: Operators,
  ): Promise<Job | undefined> {
    const { quorum, watch, copy } = this.parts;
    const { rail, index, forcedExit, number } = request;
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
    if (standing.is === 'payable') {
      this.pay(request, asset, now.left);
      return undefined;
    }
    // A deposit the house has not recorded yet is on the chain's balance already: it is paid once it is recorded.
    const isRecorded = now.credited === copy.creditedOf(rail, index);
    if (standing.is === 'bound' && isRecorded) {
      return this.answer(request, now, standing.reason, latest.timestamp, operators);
    }
    const reason = standing.is === 'waiting' ? standing.reason : 'a deposit is not recorded yet';
    this.standing.say(`${rail}: forced exit ${number} waits: ${reason}`);
    return undefined;
  }

  /** One withdrawal a window at most: the next one is for what was not free in this. */
  private pay({ rail, number, index }: ExitRequest, asset: string, left: bigint): void {
    const { chainId, clearing, copy, log } = this.parts;
    const withdrawalId = `exit-${chainId}-${asset}-${number}-${copy.state.openWindow}`;
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
    { rail, number, index, forcedExit }: ExitRequest,
    { number: onChain }: ExitOnChain,
    reason: string,
    now: bigint,
    { members, threshold }: Operators,
  ): Job | undefined {
    const { chainId, deadlineSeconds, log } = this.parts;
    const key = `${rail} ${number}`;
    let round = this.rounds.get(key);
    if (round?.answer.reason !== reason || round.answer.deadline <= now) {
      const answer = { number: onChain, index, reason, deadline: now + BigInt(deadlineSeconds) };
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
