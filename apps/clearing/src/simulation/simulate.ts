import { stateHash } from '#ledger';
import type { HouseState } from '#ledger';
import { topicPlan } from '../intake/index.js';
import { crashPoints, Engine } from '../engine/index.js';
import { memoryJournal } from '#events';
import { ReadFold } from '../read/project/fold.js';
import { keys } from '../testing/house.js';
import { setupCommands } from '../testing/open-engine.js';
import { Auditor } from './auditor.js';
import type { Balances } from './auditor.js';
import { Broker } from './broker.js';
import { Client, registration } from './client.js';
import { dayOf } from './day.js';
import type { Day } from './day.js';
import { Disk, diskFaults } from './disk.js';
import { Process } from './house.js';
import { Published, ReadTables } from './outputs.js';
import type { Plant } from './plant.js';
import { Random } from './random.js';
import { Scheduler } from './scheduler.js';
import { undisturbed } from './undisturbed.js';

/** What one run went through. */
export interface Report {
  readonly seed: number;
  readonly events: number;
  readonly lives: number;
  readonly steps: number;
  /** How often each fault struck. */
  readonly faults: Readonly<Record<string, number>>;
}

/** The run of a seed found something. Its message names the seed and the command that repeats the run. */
export class SimulationFailed extends Error {
  override readonly name = 'SimulationFailed';

  constructor(
    readonly seed: number,
    readonly findings: readonly string[],
  ) {
    const what = findings.map((finding) => `  - ${finding}`).join('\n');
    super(`the simulator found something with seed ${seed}:\n${what}\nReplay: ${replayOf(seed)}`);
  }
}

export const replayOf = (seed: number): string =>
  `NOVATE_SIM_SEED=${seed} npm run soak -- simulator`;

/** Faults of one run at most, so that every run comes to its end. */
const MOST_FAULTS = 8;
const MOST_STEPS = 20_000;

export interface SimulationOptions {
  readonly plant?: Plant;
  /** Told what happens, line by line. */
  readonly log?: (line: string) => void;
}

/** Runs one seed to its end and audits it. Throws SimulationFailed. */
export function simulate(seed: number, options: SimulationOptions = {}): Promise<Report> {
  return new Simulation(seed, options).run();
}

class Simulation {
  private readonly random: Random;
  private readonly time: Scheduler;
  private readonly auditor = new Auditor(keys.custody);
  private readonly disk: Disk;
  private readonly broker: Broker;
  private readonly published: Published;
  private readonly tables: ReadTables;
  private readonly processes: Process[] = [];
  private readonly client: Client;
  private readonly day: Day;
  private readonly sharedGroup: boolean;
  private readonly faults = new Map<string, number>();
  private produced = false;
  private calm = false;

  constructor(
    private readonly seed: number,
    private readonly options: SimulationOptions,
  ) {
    const { auditor } = this;
    this.random = new Random(seed);
    this.time = new Scheduler(this.random);
    const world = { time: this.time, random: this.random };
    this.day = dayOf(this.random);
    this.sharedGroup = this.random.chance(0.4);
    this.disk = new Disk(world, (segment) => {
      this.tell(`batch ${segment.seq}: ${segment.count} events from ${segment.firstPosition}`);
      auditor.stored(segment);
    });
    this.broker = new Broker(
      world,
      topicPlan().filter(({ input }) => input),
    );
    this.published = new Published(world, (message) => auditor.published(message));
    this.tables = new ReadTables(world);
    this.client = new Client(world, auditor, () => this.pickProcess());
  }

  async run(): Promise<Report> {
    const { auditor, time } = this;
    this.launch();
    void this.client.register(setupCommands()).then(() => {
      void this.client.run(this.day);
      void this.produce();
      void this.disturb();
    });
    await time.run(() => auditor.findings.length > 0 || time.steps > MOST_STEPS || this.done());
    if (auditor.findings.length === 0 && !this.done()) auditor.findings.push(this.stuck());
    if (auditor.findings.length === 0) await this.audit();
    if (auditor.findings.length > 0) throw new SimulationFailed(this.seed, auditor.findings);
    return {
      seed: this.seed,
      events: this.disk.store.head.size,
      lives: this.processes.length,
      steps: time.steps,
      faults: Object.fromEntries(this.faults),
    };
  }

  // ---------------------------------------------------------------- the world goes on

  private launch(): void {
    const { disk, broker, published, tables, sharedGroup } = this;
    const { plant = {} } = this.options;
    const premises = { disk, broker, published, tables, plant, sharedGroup };
    const name = `life-${this.processes.length + 1}`;
    const process = new Process(name, premises, (engine) => {
      engine.onBatch(() => this.auditor.sums(balancesIn(engine.state), `in ${name}`));
    });
    this.processes.push(process);
    this.tell(`${name} starts`);
    process.start();
    void this.watch(process);
  }

  /** What restarts a process that has ended, unless a newer one has taken its place. */
  private async watch(process: Process): Promise<void> {
    while (process.life.alive) await this.time.after(10);
    this.tell(`${process.life.name} has ended: ${process.reason}`);
    await this.time.soon(undefined, 60);
    const newer = this.processes.slice(this.processes.indexOf(process) + 1);
    if (!newer.some(({ life }) => life.alive)) this.launch();
  }

  private tell(what: string): void {
    this.options.log?.(`${this.time.now.toFixed(1).padStart(8)} ms  ${what}`);
  }

  private living(): Process[] {
    return this.processes.filter(({ life }) => life.alive);
  }

  /** A client reaches whoever answers: the newest process as a rule, now and then an older one that still stands. */
  private pickProcess(): Process | undefined {
    const ready = this.living().filter(({ ready: up }) => up);
    return this.random.chance(0.2) ? ready[0] : ready.at(-1);
  }

  private async produce(): Promise<void> {
    const { auditor, broker, day, random, time } = this;
    let rest = [...day.toBroker];
    while (rest.length > 0) {
      await time.soon(undefined, 30);
      const burst = random.between(1, 8);
      for (const message of rest.slice(0, burst)) {
        const { partition, offset } = broker.produce(message);
        const place = `${message.topic}/${partition}/${offset}`;
        auditor.sent(message.topic, message.headers, message.value, place);
      }
      rest = rest.slice(burst);
    }
    this.produced = true;
  }

  // ---------------------------------------------------------------- what goes wrong

  private async disturb(): Promise<void> {
    const { random, time } = this;
    for (let left = random.below(MOST_FAULTS + 1); left > 0; left -= 1) {
      await time.soon(undefined, 120);
      this.strike();
    }
    // What was armed and has not struck by now must not keep the run from its end.
    await time.after(300);
    this.calm = true;
    for (const { life } of this.processes) life.wakesAt = 0;
    // In one group, an old process that has nothing to write does not learn that it was replaced, and keeps partitions to
    // itself. That is why the app gives every process a group of its own; here somebody ends the old one.
    if (this.sharedGroup) for (const old of this.living().slice(0, -1)) old.die('replaced');
  }

  private strike(): void {
    const { random } = this;
    const current = this.living().at(-1);
    const strikes: Readonly<Record<string, () => void>> = {
      kill: () => current?.die('killed'),
      'crash-point': () => current && (current.crashPoint = random.pick(crashPoints)),
      'orderly-stop': () => void current?.stop(),
      // It stands still, somebody starts another one, and it wakes up again.
      'stale-writer': () => {
        if (!current) return;
        current.life.wakesAt = this.time.now + random.between(20, 250);
        this.launch();
      },
      rebalance: () => this.broker.rebalanceAll(),
      'second-process': () => this.launch(),
      ...Object.fromEntries(
        diskFaults.map((fault) => [`append-${fault}`, () => (this.disk.armed = fault)]),
      ),
      'publish-refused': () => (this.published.armed = 'refused'),
      'publish-lost-answer': () => (this.published.armed = 'lost-answer'),
      'read-model-refused': () => (this.tables.armed = 'refused'),
      'read-model-lost-answer': () => (this.tables.armed = 'lost-answer'),
    };
    const name = random.pick(Object.keys(strikes));
    this.tell(`fault: ${name}`);
    strikes[name]?.();
    this.faults.set(name, (this.faults.get(name) ?? 0) + 1);
  }

  // ---------------------------------------------------------------- how it ends

  private done(): boolean {
    const newest = this.living().at(-1);
    const engine = newest?.engine;
    if (!this.produced || !this.client.finished || !this.calm || !newest?.ready) return false;
    if (!engine || engine.failed || this.disk.writing.has(newest.life)) return false;
    const { size } = this.disk.store.head;
    return (
      engine.head.size === size &&
      newest.publisher?.position === size &&
      this.tables.checkpoint.position === size &&
      this.broker.drained((topic, partition, offset) =>
        engine.progress(topic, partition).isDecided(offset),
      )
    );
  }

  private stuck(): string {
    const newest = this.living().at(-1);
    const { size } = this.disk.store.head;
    const of = newest?.engine;
    return (
      `it does not come to its end: ${newest?.life.name} at ${of?.head.size} of ${size}, ` +
      `window ${of?.state.openWindow} of ${this.day.windows}, published ${newest?.publisher?.position}, ` +
      `projected ${this.tables.checkpoint.position}, client ${this.client.finished}, ` +
      `ended: ${this.processes.map(({ reason }) => reason).join('; ')}`
    );
  }

  private async audit(): Promise<void> {
    const { auditor, day, disk, tables } = this;
    const { state } = this.living().at(-1)!.engine!;
    const journal = memoryJournal(disk.store);
    const again = await Engine.open({ journal, writer: 'auditor', now: () => 0 });
    const calm = await undisturbed(
      [...day.overHttp, ...day.toBroker],
      setupCommands().concat(day.members.map(registration)),
    );
    const hash = stateHash(state);
    if (again.stateHash() !== hash) auditor.findings.push('a replay gives another state');
    if (calm !== hash) auditor.findings.push('undisturbed, the state is another');
    const fold = new ReadFold();
    const facts = [];
    for await (const batch of journal.read(0)) {
      for (const event of batch.events) {
        facts.push(event);
        fold.apply(event);
      }
    }
    // The tree is kept entry by entry, the hash is taken of all of them.
    if (fold.tree.root() !== hash) auditor.findings.push('the kept state root is another');
    const afresh = new ReadTables(disk.world);
    afresh.take(fold.complete());
    if (afresh.dump().join('\n') !== tables.dump().join('\n')) {
      auditor.findings.push('a rebuild gives another read model');
    }
    const { hash: head } = disk.store.head;
    if (tables.checkpoint.hash !== head) auditor.findings.push('the read model has another head');
    const projected = { ...projectedBalances(tables), ...counts(tables) };
    const { openWindow } = state;
    auditor.close({ ...balancesIn(state), facts, openWindow, projected }, day.windows);
  }
}

export function balancesIn(state: HouseState): Balances {
  const positions = new Map([...state.positions].map(([key, p]) => [key, p.quantity]));
  const books = new Map<string, bigint>();
  for (const [asset, of] of state.books) {
    for (const [book, amount] of of) books.set(`${asset}|${book}`, amount);
  }
  return { positions, books };
}

function projectedBalances(tables: ReadTables): Balances {
  const positions = new Map<string, bigint>();
  for (const [account, instrument, , quantity] of tables.of('position').values()) {
    positions.set(`${String(account)}|${String(instrument)}`, BigInt(String(quantity)));
  }
  const books = new Map<string, bigint>();
  for (const [book, asset, , , , amount] of tables.of('balance').values()) {
    books.set(`${String(asset)}|${String(book)}`, BigInt(String(amount)));
  }
  return { positions, books };
}

const counts = (tables: ReadTables) => ({
  trades: tables.of('trade').size,
  rejected: tables.of('rejectedInput').size,
});
