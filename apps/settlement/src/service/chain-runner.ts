import type { Address, Hex } from 'viem';
import type { SourceStanding } from '#ledger';
import type { HouseCopy } from '../house/index.js';
import type { Job, Lane } from '../lane/index.js';
import type { Observation, WatchedRail, Watcher } from '../watcher/index.js';
import type { SettledBatch } from '../watcher/index.js';
import type { Blocks, ChainEye } from './chain-eye.js';
import type { ClearingClient } from './clearing-client.js';
import { codeText } from '../codes.js';
import { codeOfContractError } from '../contract-errors.js';
import { ExitWatch } from '../exit/index.js';
import { ExitDesk } from './exit-desk.js';
import { Standing } from './standing.js';
import { Custodian, type CustodianInput, type FinalDeposit } from './custodian.js';
import type { Openings } from './openings.js';
import type { SettledDigest } from './recall.js';
import { RailRunner, type RailWorld } from './rail-runner.js';
import { custodiansOfChain, HOUSE_INDEX, type Rail, railsOfChain } from './rails.js';

export interface ChainParts {
  readonly chainId: number;
  /** First block that may say something of ours. */
  readonly fromBlock: bigint;
  readonly eye: ChainEye;
  readonly lane: Lane;
  readonly watcher: Watcher;
  readonly openings: Openings;
  readonly exits: ExitWatch;
  readonly exitDesk: ExitDesk;
  readonly copy: HouseCopy;
  readonly clearing: ClearingClient;
  /** Key of the custodian that speaks for this chain. */
  readonly custodyKey: (custodian: string) => string | undefined;
  readonly world: (chain: ChainRunner) => RailWorld;
  /** Whether the house has recorded a violation of finality already. */
  readonly knowsViolation: (rail: string, block: number, was: string) => boolean;
  readonly log: (line: string) => void;
}

interface Violation {
  readonly rail: string;
  readonly block: number;
  readonly was: string;
  readonly is: string;
}

const PAGE = 1_000;
/** Deposits told at once: the house takes ten thousand, in at most 8 MiB. */
const MOST_INPUTS = 1_000;
/** Every how many turns a rail with nothing to do is looked at, and forced exits are. */
const IDLE_TURNS = 10;
/** How long the house is left alone after it refused something. */
const REFUSED_MS = 5_000;
/** Microseconds in a second: the house's clock against the chain's. */
export const MICROS = 1_000_000;

/** One chain: its rails' batches, its accounts, its deposits. */
export class ChainRunner {
  readonly rails = new Map<string, RailRunner>();
  /** Final and not known to be recorded by the house. */
  private deposits: FinalDeposit[] = [];
  private readonly batches = new Map<string, SettledBatch>();
  /** Batches in blocks, final or not. */
  private readonly inBlocks = new Map<string, SettledBatch>();
  private told = 0n;
  /** Not yet recorded by the house, oldest first: withdrawals of the rail have to stand still. */
  private readonly violations: Violation[] = [];
  /** Deposits to an index that is not known here: size of a journal in which it would stand. */
  private readonly readUntil = new Map<string, number>();
  /** Number of the last deposit of each asset that the house has acknowledged: durable, whatever its journal has shown us. */
  private readonly acknowledged = new Map<string, number>();
  private readonly inTurn: Standing;
  private readonly inTelling: Standing;
  /** By custodian: how long the house is left alone after it refused something. */
  private readonly quietUntil = new Map<string, number>();
  private turns = 0;
  private readonly world: RailWorld;

  constructor(private readonly parts: ChainParts) {
    this.world = parts.world(this);
    this.inTurn = new Standing(parts.log);
    this.inTelling = new Standing(parts.log);
  }

  get chainId(): number {
    return this.parts.chainId;
  }

  get exits(): ExitWatch {
    return this.parts.exits;
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
    const { copy, eye } = this.parts;
    const rails = railsOfChain(copy.state, this.parts.chainId);
    if (rails.length === 0) return;
    await this.watch(rails);
    const blocks = await eye.blocks();
    this.turns += 1;
    const jobs: Job[] = [];
    const answers: Job[] = [];
    for (const rail of rails) jobs.push(...(await this.railTurn(rail, blocks, answers)));
    await this.submit([...jobs, ...answers]);
    this.parts.exitDesk.turned();
    this.inTurn.turned();
  }

  /**
   * Tells the house what is final and when this chain's part of a window is over. Apart from `turn`, because the house waits for
   * the end of every window: a chain that cannot be read has no new deposits, and stops nobody.
   */
  async tell(): Promise<void> {
    const rails = railsOfChain(this.parts.copy.state, this.parts.chainId);
    await this.tellViolations();
    await this.tellHouse(rails);
    this.inTelling.turned();
  }

  /** @param answers to forced exits are added here: they go behind the batches of all rails */
  private async railTurn(rail: Rail, blocks: Blocks, answers: Job[]): Promise<Job[]> {
    const { eye, openings, exits, exitDesk, copy } = this.parts;
    const runner = await this.runner(rail);
    const isSlow = this.turns % IDLE_TURNS === 0;
    if (isSlow) await exits.turn(rail.rail, runner.ledger, blocks.finalized);
    const operators = await eye.operators(rail.registry as Address, blocks.latest);
    const opening = await openings.turn(openingsOf(copy, rail), blocks, operators);
    answers.push(...(await exitDesk.turn(rail, blocks, operators)));
    if (runner.idle && opening === undefined && !isSlow) return [];
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
    const { lane } = this.parts;
    const { sent, refused, alarms } = await lane.turn(jobs);
    for (const { job, hash } of sent) {
      if (job === undefined) continue;
      for (const runner of this.rails.values()) runner.sent(job, hash);
    }
    for (const { job, errorName } of refused) {
      const code = codeText(codeOfContractError(errorName));
      this.inTurn.say(`chain ${this.chainId}: ${job}: ${code} (${errorName})`);
    }
    for (const { code, job } of alarms) {
      this.inTurn.say(`ALARM chain ${this.chainId}: ${code} ${job ?? ''}`);
    }
  }

  private async watch(rails: readonly Rail[]): Promise<void> {
    const { watcher, fromBlock } = this.parts;
    const watched = rails.map(({ rail, token, ledger, vault, finality }): WatchedRail => ({
      ...{ rail, finality, fromBlock },
      token: token as Address,
      ledger: ledger as Address,
      vault: vault as Address,
    }));
    const { held } = await watcher.turn(watched);
    for (const { rail, number } of held) {
      this.inTurn.say(`ALARM ${rail}: a number before ${number} is missing`);
    }
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
      const { rail, was, is } = observation;
      const block = Number(observation.block);
      if (this.parts.knowsViolation(rail, block, was)) return;
      log(`ALARM ${rail}: final block ${block} was ${was}, is ${is}`);
      this.violations.push({ rail, block, was, is });
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

  private async tellViolations(): Promise<void> {
    for (let next = this.violations[0]; next !== undefined; next = this.violations[0]) {
      const { rail, block, was, is } = next;
      await this.parts.clearing.command(
        'record-finality-violation',
        `${rail}#${block}#${was.slice(0, 18)}#${is.slice(0, 18)}`,
        next,
      );
      this.violations.shift();
    }
  }

  /** Deposits, then the end of this chain's part of the window. */
  private async tellHouse(rails: readonly Rail[]): Promise<void> {
    const { copy, clearing, custodyKey } = this.parts;
    for (const id of custodiansOfChain(copy.state, this.chainId)) {
      const key = custodyKey(id);
      if (key === undefined) {
        this.inTelling.say(`ALARM chain ${this.chainId}: there is no key of custodian ${id}`);
        continue;
      }
      if (performance.now() < (this.quietUntil.get(id) ?? 0)) continue;
      const custodian = new Custodian(id, custodianRails(copy, rails, id));
      this.forgetRecorded(rails, id);
      const standing = await clearing.source(id, key);
      // Of its next window the house takes nothing before everybody has closed this one.
      if (standing.window > standing.openWindow) continue;
      // Not from our copy of the log: windows must not wait until it has been read.
      const due = custodian.due(standing, this.deposits);
      const waits = (deposit: FinalDeposit): boolean => this.isUnread(deposit, standing.size);
      const inputs = custodian.deposits(due, standing, waits).slice(0, MOST_INPUTS);
      if (inputs.length > 0) await this.send('deposits', inputs, key);
      if (due.length > 0 || !this.isDurable(standing, rails)) continue;
      const closing = custodian.closing(standing);
      if (closing !== undefined) await this.send('windows', [closing], key);
    }
  }

  /** An account that is not known here may only not have been read yet: its deposit waits until it would have been. */
  private isUnread({ rail, number }: FinalDeposit, size: number): boolean {
    const key = `${rail}#${number}`;
    if (!this.readUntil.has(key)) this.readUntil.set(key, size);
    return this.parts.copy.size < this.readUntil.get(key)!;
  }

  /**
   * The house says what it has in memory. A closing names deposits, and those must not be lost with it: they were acknowledged, or
   * its journal shows them.
   */
  private isDurable({ source, streams }: SourceStanding, rails: readonly Rail[]): boolean {
    return rails
      .filter(({ custodian }) => custodian === source)
      .every(({ asset }) => {
        const said = streams.find(({ topic, key }) => topic === 'deposits' && key === asset);
        const acknowledged = this.acknowledged.get(asset) ?? 0;
        return (said?.lastSequence ?? 0) <= Math.max(acknowledged, this.recorded(source, asset));
      });
  }

  private recorded(custodian: string, asset: string): number {
    const { streams } = this.parts.copy.state;
    return streams.get(`${custodian}|deposits|${asset}`)?.lastSequence ?? 0;
  }

  /** Those the journal shows: what the house only has in memory may be lost with it. */
  private forgetRecorded(rails: readonly Rail[], custodian: string): void {
    for (const { rail, asset } of rails.filter((each) => each.custodian === custodian)) {
      const last = this.recorded(custodian, asset);
      const isOver = (each: FinalDeposit): boolean => each.rail === rail && each.number <= last;
      for (const each of this.deposits.filter(isOver))
        this.readUntil.delete(`${rail}#${each.number}`);
      this.deposits = this.deposits.filter((each) => !isOver(each));
    }
  }

  private async send(
    topic: CustodianInput['topic'],
    inputs: readonly CustodianInput[],
    key: string,
  ): Promise<void> {
    if (inputs.length === 0) return;
    const events = inputs.map(({ event }) => event);
    const results = await this.parts.clearing.inputs(topic, events, key);
    results.forEach((result, i) => {
      const { id, source, subject, sequence } = inputs[i]!.event;
      if (result.status !== 'rejected') {
        if (topic === 'deposits') this.acknowledged.set(subject, sequence);
        return;
      }
      // Where it took its number the journal shows it, and it is not said again; otherwise it is, in a while.
      this.parts.log(`ALARM ${id}: ${result.code ?? ''} ${result.detail ?? ''}`);
      this.quietUntil.set(source, performance.now() + REFUSED_MS);
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
      ...{ rail, asset, railScale, assetScale: copy.state.assets.get(asset)!.scale },
      accountAt: (index: number) => copy.state.rails.byIndex.get(rail)?.get(index)?.account,
    }));
}
