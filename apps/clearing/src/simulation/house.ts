import { KafkaIntake, InputReader } from '../intake/index.js';
import type { Pace } from '../intake/kafka-intake.js';
import { Engine } from '../engine/index.js';
import type { CrashPoint } from '../engine/index.js';
import { ackOf, deadLetterOf, Publisher } from '../outputs/index.js';
import { runProjector } from '../read/project/projector.js';
import type { ProjectorRun } from '../read/project/projector.js';
import { keys } from '../testing/house.js';
import type { Broker } from './broker.js';
import type { Disk } from './disk.js';
import type { Plant } from './plant.js';
import type { Published, ReadTables } from './outputs.js';
import { Life } from './scheduler.js';

/** What all processes of one house share: the world they run in. */
export interface Premises {
  readonly disk: Disk;
  readonly broker: Broker;
  readonly published: Published;
  readonly tables: ReadTables;
  readonly plant: Plant;
  /** Own group, as the app has it, or one group for all processes. */
  readonly sharedGroup: boolean;
}

const RESTART_MS = 20;

/** One process of the clearing app, put together as `Clearing` does it, over what the simulation gives it. */
export class Process {
  readonly life: Life;
  engine: Engine | undefined;
  projector: ProjectorRun | undefined;
  /** The process is up: all its parts run. */
  ready = false;
  /** Where it dies by itself, as NOVATE_CRASH_POINT would have it. */
  crashPoint: CrashPoint | undefined;
  reason = '';
  private source: ReturnType<Broker['source']> | undefined;
  private journal: ReturnType<Disk['open']> | undefined;
  private intake: KafkaIntake | undefined;
  publisher: Publisher | undefined;

  constructor(
    name: string,
    private readonly premises: Premises,
    private readonly onEngine: (engine: Engine) => void,
  ) {
    this.life = new Life(name);
  }

  /** Starts all parts; a start that fails is the end of the process. */
  start(): void {
    this.run().catch((error: unknown) => this.die(String(error)));
  }

  /** From one step to the next it is gone. */
  die(reason: string): void {
    if (!this.life.alive) return;
    this.life.alive = false;
    this.reason = reason;
    void this.journal?.close();
    if (!this.source) return;
    if (this.premises.sharedGroup) void this.premises.broker.buryLater(this.source);
    else this.premises.broker.leave(this.source);
  }

  /** Ends in order: reads nothing new, finishes what it has, publishes it. */
  async stop(): Promise<void> {
    await this.intake?.stop();
    await this.engine?.close();
    await this.publisher?.stop();
    await this.projector?.stop();
    this.die('stopped');
  }

  private async run(): Promise<void> {
    const { disk, plant } = this.premises;
    const { life } = this;
    const { time } = disk.world;
    this.journal = disk.open(life, () => this.die('killed while it appended'));
    const journal = plant.journal?.(this.journal, disk.store) ?? this.journal;
    // Microseconds, as the app's clock gives them.
    const now = (): number => 1_723_161_600_000_000 + Math.floor(time.now * 1_000);
    this.engine = await Engine.open({
      journal,
      now,
      writer: life.name,
      maxBatchEvents: disk.world.random.pick([2, 10, 10_000]),
      onFatal: (error) => this.die(error.message),
      crash: (point) => this.crash(point),
      ...(plant.machine && { machine: plant.machine }),
    });
    this.onEngine(this.engine);
    void this.project();
    this.publisher = new Publisher({
      journal,
      sink: this.sink(),
      checkpoint: this.premises.published.checkpoint(life),
      messagesOf: (event) => [ackOf(event), deadLetterOf(event)].filter((m) => m !== undefined),
      log: () => undefined,
      onBroken: (error) => this.die(error.message),
      crash: (point) => this.crash(point),
      pause: (ms) => time.after(ms / 10, life),
    });
    this.intake = this.makeIntake(now);
    await Promise.all([this.publisher.start(), this.intake.start()]);
    this.ready = true;
  }

  private makeIntake(now: () => number): KafkaIntake {
    const { broker, disk, sharedGroup } = this.premises;
    const { random, time } = disk.world;
    const { life } = this;
    this.source = broker.source(life, sharedGroup ? 'all' : life.name);
    const pace: Pace = {
      slice: random.pick([1, 3, 1_000]),
      turn: () => time.soon(life, 2),
      every: (ms, run) => time.every(ms / 10, run, life),
    };
    return new KafkaIntake({
      engine: this.engine!,
      source: this.source,
      reader: new InputReader(new Map([['custody', keys.custody]]), now),
      held: random.pick([
        { messages: 1, bytes: 1e9 },
        { messages: 4, bytes: 1e9 },
        { messages: 1_000, bytes: 5_000 },
        { messages: 1_000, bytes: 1e9 },
      ]),
      log: () => undefined,
      pace,
    });
  }

  private sink() {
    const sink = this.premises.published.sink(this.life);
    return this.premises.plant.sink?.(sink) ?? sink;
  }

  /** Keeps one projector running, as the app does. */
  private async project(): Promise<void> {
    const { disk, plant, tables } = this.premises;
    const { life } = this;
    const { time } = disk.world;
    while (life.alive) {
      await time.soon(life);
      const store = tables.store(life);
      this.projector = runProjector(
        plant.readStore?.(store) ?? store,
        { journal: this.journal!, maxEvents: disk.world.random.pick([1, 7, 20_000]) },
        tables.checkpoint,
      );
      await this.projector.done.catch(() => undefined);
      await time.after(RESTART_MS, life);
    }
  }

  private crash(point: CrashPoint): void {
    if (point === this.crashPoint) this.die(`crashed ${point}`);
  }
}
