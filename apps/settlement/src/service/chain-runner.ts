import type { Address, Hex } from 'viem';
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
  /** Size of the journal in which an index that is not known here would stand. */
  private readUntil = 0;
  private readonly inTurn: Standing;
  private readonly inTelling: Standing;
  private quietUntil = 0;
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
    for (const rail of rails) jobs.push(...(await this.railTurn(rail, blocks)));
    await this.submit(jobs);
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

  private async railTurn(rail: Rail, blocks: Blocks): Promise<Job[]> {
    const { eye, openings, exits, exitDesk, copy } = this.parts;
    const runner = await this.runner(rail);
    const isSlow = this.turns % IDLE_TURNS === 0;
    if (isSlow) await exits.turn(rail.rail, runner.ledger, blocks.finalized);
    const operators = await eye.operators(rail.registry as Address, blocks.latest);
    const opening = await openings.turn(openingsOf(copy, rail), blocks, operators);
    const answers = await exitDesk.turn(rail, blocks, operators);
    const others = opening === undefined ? answers : [opening, ...answers];
    if (runner.idle && others.length === 0 && !isSlow) return [];
    const view = await eye.view(runner.ledger, blocks, runner.watched);
    return [...others, ...(await runner.turn({ view, operators }))];
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
      if (performance.now() < this.quietUntil) continue;
      const custodian = new Custodian(id, custodianRails(copy, rails, id));
      this.forgetRecorded(rails, id);
      const standing = await clearing.source(id, key);
      // Not from our copy of the log: windows must not wait until it has been read.
      const due = custodian.deposits(standing, this.deposits);
      if (due.length === 0) {
        const closing = custodian.closing(standing);
        if (closing !== undefined) await this.send('windows', [closing], key);
      } else if (this.mayTell(custodian, standing)) {
        await this.send('deposits', due, key);
      }
    }
  }

  /** An account that is not known here may only not have been read yet: then its deposit waits until it would have been. */
  private mayTell(custodian: Custodian, { size }: { readonly size: number }): boolean {
    const { copy } = this.parts;
    if (custodian.knowsAll(this.deposits)) {
      this.readUntil = 0;
      return true;
    }
    if (this.readUntil === 0) this.readUntil = size;
    return copy.size >= this.readUntil;
  }

  /** Those the journal shows: what the house only has in memory may be lost with it. */
  private forgetRecorded(rails: readonly Rail[], custodian: string): void {
    const { streams } = this.parts.copy.state;
    const recorded = new Map(
      rails
        .filter((rail) => rail.custodian === custodian)
        .map(({ rail, asset }) => {
          return [rail, streams.get(`${custodian}|deposits|${asset}`)?.lastSequence ?? 0];
        }),
    );
    this.deposits = this.deposits.filter(({ rail, number }) => {
      return number > (recorded.get(rail) ?? 0);
    });
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
      if (result.status !== 'rejected') return;
      const { id } = inputs[i]!.event;
      // Where it took its number the journal shows it, and it is not said again; otherwise it is, in a while.
      this.parts.log(`ALARM ${id}: ${result.code ?? ''} ${result.detail ?? ''}`);
      this.quietUntil = performance.now() + REFUSED_MS;
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
