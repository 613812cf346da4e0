import { encodeFunctionData, type Address, type Hex } from 'viem';
import { settlementLedgerAbi } from '#contracts';
import { legToBatch, ZERO_HASH } from '../batch/index.js';
import type { BatchSize } from '../fees/index.js';
import { type Anchor, anchored, type HouseCopy } from '../house/index.js';
import type { Job } from '../lane/index.js';
import {
  batchAt,
  type BatchState,
  type ChainView,
  decide,
  type Effect,
  evolve,
  initialRail,
  next,
  type RailInput,
  type RailState,
  watched,
} from '../state/index.js';
import type { Operators } from './chain-eye.js';
import { type CoSignerClient, inRegistryOrder } from './co-signers.js';
import type { RailStore, SealedBatch } from './rail-store.js';
import { recallBatch, type SettledDigest } from './recall.js';
import type { RailTerms } from '#events';

/** What the runner asks of the world around it. */
export interface RailWorld {
  readonly copy: HouseCopy;
  readonly store: RailStore;
  readonly coSigners: readonly CoSignerClient[];
  /** The log's name. */
  readonly origin: () => string;
  /** Seconds a batch may wait for a block; the contract allows 1,800. */
  readonly deadlineSeconds: number;
  readonly gasLimit: (size: BatchSize) => bigint;
  readonly gateOpen: (rail: string, seq: number) => boolean;
  /** How the house recorded a leg as final. */
  readonly recorded: (rail: string, seq: number) => SettledDigest | undefined;
  /** Where a batch was last seen on chain. */
  readonly seen: (rail: string, seq: number) => SettledDigest | undefined;
  /** What a leg commits to; undefined of one that has long been final. */
  readonly anchor: (rail: string, seq: number) => Anchor | undefined;
  /** Tells the house that a leg is final; resolves when it was told, or could not be now. */
  readonly hand: (rail: string, seq: number, digest: Hex) => Promise<void>;
  readonly report: (rail: string, block: number, was: Hex) => Promise<boolean>;
  /** What contract and ledger disagree on after a leg; undefined where nothing. */
  readonly compare: (rail: string, seq: number) => Promise<string | undefined>;
  readonly log: (line: string) => void;
}

/** A look at the chain, the same for all its rails. */
export interface Look {
  readonly view: ChainView;
  readonly operators: Operators;
}

/**
 * Moves the batches of one rail: hears of legs, looks at the chain, and does what the decider says is to be done. Everything
 * slow runs beside the turns, and comes back as an input to a later one.
 */
export class RailRunner {
  private rail: RailState = initialRail;
  private written = 0;
  private readonly inputs: RailInput[] = [];
  private readonly underWay = new Set<string>();
  private readonly alarms = new Set<string>();
  /** Digests on chain that are none of the log's. */
  private readonly foreign = new Set<Hex>();

  private constructor(
    readonly terms: RailTerms,
    private readonly world: RailWorld,
  ) {}

  static async open(terms: RailTerms, world: RailWorld): Promise<RailRunner> {
    const runner = new RailRunner(terms, world);
    for (const event of await world.store.events(terms.rail)) {
      runner.rail = evolve(runner.rail, event);
      runner.written += 1;
    }
    return runner;
  }

  get state(): RailState {
    return this.rail;
  }

  get ledger(): Address {
    return this.terms.ledger as Address;
  }

  /** Seqs whose hashes the next look needs. */
  get watched(): readonly number[] {
    return watched(this.rail);
  }

  /** Nothing is due, nothing in the air: only the loss of a final block could change that. */
  get idle(): boolean {
    const { copy } = this.world;
    const { batches, violations } = this.rail;
    const done = batches.length === 0 || batches.at(-1)!.status === 'RECONCILED';
    const heard = copy.lastSeq(this.terms.rail) === batches.length;
    return done && heard && this.inputs.length === 0 && violations.length === 0;
  }

  /** One turn. @returns the transactions the rail wants in a block */
  async turn({ view, operators }: Look): Promise<Job[]> {
    await this.hearLegs(operators);
    for (let input = this.inputs.shift(); input !== undefined; input = this.inputs.shift()) {
      await this.take(input);
    }
    await this.take({ kind: 'observed', view });
    const jobs: Job[] = [];
    const surroundings = {
      blockTime: view.latest.time,
      gateOpen: (seq: number) => this.world.gateOpen(this.terms.rail, seq),
    };
    const effects = next(this.rail, surroundings);
    this.forgetAlarms(effects);
    for (const effect of effects) {
      const job = await this.perform(effect, view, operators);
      if (job !== undefined) jobs.push(job);
    }
    return jobs;
  }

  /** The lane has journaled a transaction for a job of this rail. */
  sent(job: string, transaction: Hex): void {
    const [rail, seq, digest] = job.split('#');
    if (rail !== this.terms.rail) return;
    this.inputs.push({ kind: 'attempt', seq: Number(seq), digest: digest as Hex, transaction });
  }

  /** An operator mended what halted a batch. */
  resume(seq: number, by: string): void {
    this.inputs.push({ kind: 'resume', seq, by });
  }

  private async take(input: RailInput): Promise<void> {
    const events = decide(this.rail, input, { finality: this.terms.finality });
    if (events.length === 0) return;
    await this.world.store.append(this.terms.rail, this.written, events);
    this.written += events.length;
    for (const event of events) {
      this.rail = evolve(this.rail, event);
      const { type, seq } = event;
      if (type !== 'BatchSigned') this.world.log(`${this.terms.rail} batch ${seq}: ${type}`);
    }
  }

  /** Legs of the journal, in order. Where this service lost its memory, what is final already is taken from the journal. */
  private async hearLegs(operators: Operators): Promise<void> {
    const { copy, recorded } = this.world;
    const { rail } = this.terms;
    for (let seq = this.rail.batches.length + 1; seq <= copy.lastSeq(rail); seq += 1) {
      await this.take({ kind: 'leg', seq });
      const known = recorded(rail, seq);
      if (known !== undefined) await this.recall(seq, known, operators);
    }
    for (const { seq, handed } of this.rail.batches) {
      if (!handed && recorded(rail, seq) !== undefined) await this.take({ kind: 'handed', seq });
    }
  }

  /**
   * Takes up a leg that the house recorded as final. Its bytes are found too, where the log still has them at hand: the chain may
   * lose the block, and then they are sent again.
   */
  private async recall(seq: number, known: SettledDigest, operators: Operators): Promise<void> {
    const prevHash = this.world.recorded(this.terms.rail, seq - 1)?.digest ?? ZERO_HASH;
    const batch = this.derive(seq, prevHash, known, operators);
    await this.remember(seq, prevHash, known.digest, batch, operators);
  }

  /** The chain has a batch that this memory does not know. Where it is the leg's, whoever sealed it, it counts. */
  private async recallForeign(seq: number, view: ChainView, operators: Operators): Promise<void> {
    const { seen, recorded } = this.world;
    const { rail } = this.terms;
    const digest = view.latest.hashes.get(seq);
    const known = [seen(rail, seq), recorded(rail, seq)].find((each) => each?.digest === digest);
    if (known === undefined || this.foreign.has(known.digest)) return;
    const prevHash = view.latest.hashes.get(seq - 1) ?? ZERO_HASH;
    const batch = this.derive(seq, prevHash, known, operators);
    if (batch === undefined) this.foreign.add(known.digest);
    else await this.remember(seq, prevHash, known.digest, batch, operators);
  }

  private derive(
    seq: number,
    prevHash: Hex,
    known: SettledDigest,
    { epoch }: Operators,
  ): SealedBatch | undefined {
    const { anchor, origin, deadlineSeconds } = this.world;
    const { chainId, rail } = this.terms;
    const leg = anchor(rail, seq);
    const context = { chainId, ledger: this.ledger, origin: origin(), prevHash, epoch };
    return leg && recallBatch(leg, known, { ...context, deadlineSeconds });
  }

  private async remember(
    seq: number,
    prevHash: Hex,
    digest: Hex,
    batch: SealedBatch | undefined,
    { threshold, members }: Operators,
  ): Promise<void> {
    if (batch !== undefined) await this.world.store.keep(this.terms.rail, batch);
    const deadline = Number(batch?.header.deadline ?? 0);
    const sealing = { digest, prevHash, deadline, threshold, operators: members.length };
    await this.take({ kind: 'recalled', seq, sealing });
  }

  private async perform(
    effect: Effect,
    view: ChainView,
    operators: Operators,
  ): Promise<Job | undefined> {
    const { rail } = this.terms;
    switch (effect.do) {
      case 'seal':
        await this.seal(effect.seq, effect.prevHash, view, operators);
        return undefined;
      case 'ask':
        await this.ask(effect.seq, effect.digest, operators);
        return undefined;
      case 'submit':
        return await this.jobFor(effect.seq, effect.digest);
      case 'hand':
        return this.beside(`hand ${effect.seq}`, () =>
          this.world.hand(rail, effect.seq, effect.digest),
        );
      case 'compare':
        return this.beside(`compare ${effect.seq}`, () => this.compare(effect.seq));
      case 'report':
        return this.beside(`report ${effect.seq}`, async () => {
          const done = await this.world.report(rail, effect.block, effect.was);
          if (done) this.inputs.push({ kind: 'reported', seq: effect.seq });
        });
      case 'recall':
        await this.recallForeign(effect.seq, view, operators);
        return undefined;
      case 'alarm':
        if (effect.code === 'FOREIGN_BATCH' && !isHalted(batchAt(this.rail, effect.seq))) return;
        return this.alarm(`batch ${effect.seq}: ${effect.code}: ${effect.reason}`);
    }
  }

  private async seal(
    seq: number,
    prevHash: Hex,
    view: ChainView,
    { epoch, threshold, members }: Operators,
  ): Promise<void> {
    const { copy, store, origin, deadlineSeconds } = this.world;
    const anchor = copy.anchor(this.terms.rail, seq);
    // Final in the journal under a digest that can settle no more: a chain that took back so much is for people to judge.
    if (anchor === undefined) return this.alarm(`batch ${seq} is final and cannot be sealed anew`);
    const deadline = view.latest.time + deadlineSeconds;
    const { header, payload, digest } = legToBatch(anchor.data, {
      ...{ chainId: this.terms.chainId, ledger: this.ledger, origin: origin(), prevHash },
      ...anchored(anchor),
      epoch,
      deadline: BigInt(deadline),
    });
    await store.keep(this.terms.rail, { seq, digest, header, payload });
    const sealing = { digest, prevHash, deadline, threshold, operators: members.length };
    await this.take({ kind: 'sealed', seq, sealing });
  }

  private async ask(seq: number, digest: Hex, { members }: Operators): Promise<void> {
    const batch = await this.world.store.batch(this.terms.rail, digest);
    if (batch === undefined) return;
    await this.take({ kind: 'asked', seq, digest });
    for (const coSigner of this.world.coSigners) {
      this.beside(`ask ${coSigner.url} ${digest}`, () => this.askOne(coSigner, batch, members));
    }
  }

  private async askOne(
    coSigner: CoSignerClient,
    batch: SealedBatch,
    members: readonly Hex[],
  ): Promise<void> {
    const { seq, digest } = batch;
    const reply = await coSigner.batch(this.terms.rail, batch);
    if (reply.is === 'later') return this.alarm(`batch ${seq}: ${coSigner.url}: ${reply.reason}`);
    if (reply.is === 'refused') {
      const { signer, code } = reply;
      if (!members.includes(signer)) return;
      this.inputs.push({ kind: 'refusal', seq, digest, signer, code });
      return this.alarm(`batch ${seq}: ${signer} refuses: ${reply.reason}`);
    }
    const { signer, signature } = reply.by;
    if (!members.includes(signer)) return this.alarm(`${signer} is no operator of this epoch`);
    this.inputs.push({ kind: 'signature', seq, digest, signer, signature });
  }

  private async jobFor(seq: number, digest: Hex): Promise<Job | undefined> {
    const batch = await this.world.store.batch(this.terms.rail, digest);
    const { threshold } = batchAt(this.rail, seq)!.sealings.at(-1)!;
    if (batch === undefined) return undefined;
    const signatures = inRegistryOrder(batchAt(this.rail, seq)!.signatures, threshold);
    const payload: Hex = `0x${Buffer.from(batch.payload).toString('hex')}`;
    const args = [batch.header, payload, signatures] as const;
    const count = (at: number): number => (batch.payload[at]! << 8) | batch.payload[at + 1]!;
    const size = { pairs: count(1), withdrawals: count(3), signatures: signatures.length };
    return {
      id: `${this.terms.rail}#${seq}#${digest}`,
      to: this.ledger,
      data: encodeFunctionData({ abi: settlementLedgerAbi, functionName: 'settle', args }),
      gas: this.world.gasLimit(size),
    };
  }

  private async compare(seq: number): Promise<void> {
    const difference = await this.world.compare(this.terms.rail, seq);
    const found = difference === undefined ? {} : { difference };
    this.inputs.push({ kind: 'compared', seq, ...found });
  }

  /** Runs something slow once at a time; what it fails with is asked again in a later turn. */
  private beside(name: string, work: () => Promise<void>): undefined {
    if (this.underWay.has(name)) return;
    this.underWay.add(name);
    void work()
      .catch((error: unknown) => this.alarm(`${name}: ${String(error)}`))
      .finally(() => this.underWay.delete(name));
  }

  /** The same alarm is given once, until its cause has gone. */
  private alarm(reason: string): undefined {
    if (this.alarms.has(reason)) return;
    this.alarms.add(reason);
    this.world.log(`ALARM ${this.terms.rail}: ${reason}`);
  }

  private forgetAlarms(effects: readonly Effect[]): void {
    if (!effects.some((effect) => effect.do === 'alarm' || effect.do === 'ask'))
      this.alarms.clear();
  }
}

const isHalted = (batch: BatchState | undefined): boolean => batch?.status === 'HALTED';
