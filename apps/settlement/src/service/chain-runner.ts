import type { Address, Hex } from 'viem';
import type { HouseCopy } from '../house/index.js';
import type { Job, Lane } from '../lane/index.js';
import type { Observation, WatchedRail, Watcher } from '../watcher/index.js';
import type { SettledBatch } from '../watcher/index.js';
import type { Blocks, ChainEye } from './chain-eye.js';
import { type ClearingClient, ClearingRefused } from './clearing-client.js';
import { Custodian, type CustodianInput, type FinalDeposit } from './custodian.js';
import type { HouseTold } from './house-told.js';
import type { Openings } from './openings.js';
import type { SettledDigest } from './recall.js';
import { RailRunner, type RailWorld } from './rail-runner.js';
import { HOUSE_INDEX, type Rail, railsOfChain } from './rails.js';

export interface ChainParts {
  readonly chainId: number;
  /** First block that may say something of ours. */
  readonly fromBlock: bigint;
  readonly eye: ChainEye;
  readonly lane: Lane;
  readonly watcher: Watcher;
  readonly openings: Openings;
  readonly copy: HouseCopy;
  readonly clearing: ClearingClient;
  readonly told: Pick<HouseTold, 'violated'>;
  /** Key of the custodian that speaks for this chain. */
  readonly custodyKey: (custodian: string) => string | undefined;
  readonly world: (chain: ChainRunner) => RailWorld;
  readonly log: (line: string) => void;
}

type Violated = Extract<Observation, { readonly type: 'FinalityViolated' }>;

const PAGE = 1_000;
/** Microseconds in a second: the house's clock against the chain's. */
export const MICROS = 1_000_000;

/** One chain: its rails' batches, its accounts, its deposits. */
export class ChainRunner {
  readonly rails = new Map<string, RailRunner>();
  private readonly deposits: FinalDeposit[] = [];
  private readonly batches = new Map<string, SettledBatch>();
  /** Batches in blocks, final or not. */
  private readonly inBlocks = new Map<string, SettledBatch>();
  /** Final blocks that are gone and of which the house may not know yet. */
  private readonly violations: Violated[] = [];
  private told = 0n;
  /** What the house has acknowledged, by stream, which its journal may not have shown us yet. */
  private readonly acknowledged = new Map<string, number>();
  private readonly world: RailWorld;

  constructor(private readonly parts: ChainParts) {
    this.world = parts.world(this);
  }

  get chainId(): number {
    return this.parts.chainId;
  }

  /** The final block that holds a batch, once the watcher has told it. */
  batch(rail: string, seq: number): SettledBatch | undefined {
    return this.batches.get(`${rail} ${seq}`);
  }

  /** Where a batch was seen last, final or not. */
  seen(rail: string, seq: number): SettledDigest | undefined {
    const fact = this.inBlocks.get(`${rail} ${seq}`);
    return fact && { digest: fact.digest, blockTime: Number(fact.blockTime) };
  }

  /** One turn. Throws where the chain cannot be read now; nothing is lost by it. */
  async turn(): Promise<void> {
    const { copy, eye, lane } = this.parts;
    const rails = railsOfChain(copy.state, this.parts.chainId);
    if (rails.length === 0) return;
    await this.watch(rails);
    await this.tellViolations();
    const blocks = await eye.blocks();
    const jobs: Job[] = [];
    for (const rail of rails) jobs.push(...(await this.railTurn(rail, blocks)));
    if (jobs.length > 0) await this.submit(jobs);
    else await lane.turn([]);
    await this.tellHouse(rails);
  }

  private async railTurn(rail: Rail, blocks: Blocks): Promise<Job[]> {
    const { eye, openings, copy } = this.parts;
    const runner = await this.runner(rail);
    const operators = await eye.operators(rail.registry as Address, blocks.latest);
    const opening = await openings.turn(openingsOf(copy, rail), blocks, operators);
    const view = await eye.view(runner.ledger, blocks, runner.watched);
    const jobs = await runner.turn({ view, operators });
    return opening === undefined ? jobs : [opening, ...jobs];
  }

  private async runner(rail: Rail): Promise<RailRunner> {
    const known = this.rails.get(rail.rail);
    if (known !== undefined) return known;
    const runner = await RailRunner.open(rail, this.world);
    this.rails.set(rail.rail, runner);
    return runner;
  }

  private async submit(jobs: readonly Job[]): Promise<void> {
    const { lane, log } = this.parts;
    const { sent, refused, alarms } = await lane.turn(jobs);
    for (const { job, hash } of sent) {
      if (job === undefined) continue;
      for (const runner of this.rails.values()) runner.sent(job, hash);
    }
    for (const { job, errorName } of refused) log(`chain ${this.chainId}: ${job}: ${errorName}`);
    for (const { code, job } of alarms) log(`ALARM chain ${this.chainId}: ${code} ${job ?? ''}`);
  }

  private async watch(rails: readonly Rail[]): Promise<void> {
    const { watcher, fromBlock, log } = this.parts;
    const watched = rails.map(({ rail, token, ledger, vault, finality }): WatchedRail => ({
      ...{ rail, finality, fromBlock },
      token: token as Address,
      ledger: ledger as Address,
      vault: vault as Address,
    }));
    const { held } = await watcher.turn(watched);
    for (const { rail, number } of held) log(`ALARM ${rail}: a number before ${number} is missing`);
    for (;;) {
      const told = await watcher.after(this.told, PAGE);
      for (const { seq, observation } of told) {
        this.hear(observation);
        this.told = seq;
      }
      if (told.length < PAGE) return;
    }
  }

  private hear(observation: Observation): void {
    const { log } = this.parts;
    if (observation.type === 'FinalityViolated') {
      const { rail, block, was, is } = observation;
      log(`ALARM ${rail}: final block ${block} was ${was}, is ${is}`);
      this.violations.push(observation);
      this.parts.openings.forget();
      return;
    }
    if (observation.type === 'Contradicted') {
      const { rail, kind, number } = observation.was;
      return log(`ALARM ${rail}: final ${kind} ${number} is said otherwise now`);
    }
    if (observation.type !== 'Final' && observation.type !== 'Seen') return;
    const { fact } = observation;
    if (fact.kind === 'batch') this.inBlocks.set(`${fact.rail} ${fact.number}`, fact);
    if (observation.type === 'Seen') return;
    if (fact.kind === 'batch') return void this.batches.set(`${fact.rail} ${fact.number}`, fact);
    this.deposits.push({
      ...{ rail: fact.rail, number: Number(fact.number), index: fact.index, amount: fact.amount },
      ...{ transaction: fact.transaction, block: Number(fact.block), blockHash: fact.blockHash },
      ...{ blockTime: Number(fact.blockTime), logIndex: fact.logIndex },
    });
  }

  /** Withdrawals stop before anything else is done on a chain that took back what was final. */
  private async tellViolations(): Promise<void> {
    const { told, clearing, log } = this.parts;
    for (let next = this.violations.shift(); next !== undefined; next = this.violations.shift()) {
      const { rail, was, is } = next;
      const block = Number(next.block);
      if (told.violated(rail, block, was)) continue;
      const id = `${rail}#${block}#${was}#${is}`;
      const body = { rail, block, was, is };
      await clearing.command('record-finality-violation', id, body).catch((error: unknown) => {
        if (!(error instanceof ClearingRefused)) throw error;
        log(`ALARM ${rail}: ${error.message}`);
      });
    }
  }

  /** Deposits, then the end of this chain's part of the window. */
  private async tellHouse(rails: readonly Rail[]): Promise<void> {
    const { copy, custodyKey, log } = this.parts;
    for (const id of new Set(rails.map(({ custodian }) => custodian))) {
      const key = custodyKey(id);
      if (key === undefined) {
        log(`ALARM chain ${this.chainId}: there is no key of custodian ${id}`);
        continue;
      }
      // What was acknowledged is in the copy only once the journal has shown it: until then it says what was, not what is.
      if (this.behind(id, rails)) continue;
      const custodian = new Custodian(id, custodianRails(copy, rails, id));
      const deposits = custodian.deposits(copy.state, this.deposits);
      if (deposits.length > 0) {
        await this.tell('deposits', deposits, key);
        continue;
      }
      const closing = custodian.closing(copy.state);
      if (closing !== undefined) await this.tell('windows', [closing], key);
    }
  }

  private behind(custodian: string, rails: readonly Rail[]): boolean {
    const { streams } = this.parts.copy.state;
    const told = [`windows|${custodian}`, ...rails.map(({ asset }) => `deposits|${asset}`)];
    return told.some((stream) => {
      const recorded = streams.get(`${custodian}|${stream}`)?.lastSequence ?? 0;
      return recorded < (this.acknowledged.get(`${custodian}|${stream}`) ?? 0);
    });
  }

  private async tell(
    topic: CustodianInput['topic'],
    inputs: readonly CustodianInput[],
    key: string,
  ): Promise<void> {
    if (inputs.length === 0) return;
    const events = inputs.map(({ event }) => event);
    const results = await this.parts.clearing.inputs(topic, events, key);
    results.forEach((result, i) => {
      const { source, subject, sequence, id } = inputs[i]!.event;
      if (result.status === 'rejected') {
        this.parts.log(`ALARM ${id}: ${result.code ?? ''} ${result.detail ?? ''}`);
      }
      this.acknowledged.set(`${source}|${topic}|${subject}`, sequence);
    });
  }
}

function openingsOf(copy: HouseCopy, { rail, chainId, ledger, treasury }: Rail) {
  const house = { index: HOUSE_INDEX, owner: treasury as Hex };
  const accounts = [...(copy.state.rails.byIndex.get(rail)?.values() ?? [])]
    .filter(({ index }) => index !== HOUSE_INDEX)
    .map(({ index, owner }) => ({ index, owner: owner as Hex }))
    .sort((a, b) => a.index - b.index);
  return { rail, chainId, ledger: ledger as Address, wanted: [house, ...accounts] };
}

function custodianRails(copy: HouseCopy, rails: readonly Rail[], id: string) {
  return rails
    .filter(({ custodian }) => custodian === id)
    .map(({ rail, asset, railScale }) => ({
      ...{ rail, asset, railScale },
      accountAt: (index: number) => copy.state.rails.byIndex.get(rail)?.get(index)?.account,
    }));
}
