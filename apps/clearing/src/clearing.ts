import { randomUUID } from 'node:crypto';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Pool } from 'pg';
import { migrateJournal, migrateVault, PersonalVault, postgresKeys } from '#events';
import type { Journal, SubjectKeys } from '#events';
import { singleRoles } from './config/index.js';
import type { Config, NamedKey } from './config/index.js';
import { crashAt, Engine } from './engine/index.js';
import type { CrashHook } from './engine/index.js';
import { EventTable } from './event-table/index.js';
import { Metrics } from './health/metrics.js';
import { Assessor } from './margin/index.js';
import { Readiness } from './health/readiness.js';
import { httpApp } from './http.js';
import { Clock } from './intake/http/clock.js';
import {
  createTopics,
  InputReader,
  kafkaClient,
  KafkaIntake,
  KafkaSource,
} from './intake/index.js';
import { topicPlan } from './intake/kafka-topics.js';
import { openJournal, type OpenedJournal } from './journal.js';
import { ackOf, deadLetterOf, KafkaSink, migrateOutputs } from './outputs/index.js';
import { postgresCheckpoint, Publisher } from './outputs/index.js';
import { PersonalDesk } from './personal/index.js';
import { Proofs } from './proofs/index.js';
import { ReadLifecycle, ReadModule } from './read/index.js';
import { KeyRing, RateLimiter } from './rights/index.js';
import type { Principal } from './rights/index.js';
import { Snapshots } from './snapshots/index.js';

export interface ClearingHooks {
  /** One line per thing worth an operator's time. */
  readonly log: (line: string) => void;
  /** The process cannot go on and has to end with this reason. */
  readonly onFatal: (error: Error) => void;
}

const DRAIN_MS = 10_000;

/** The running clearing app: journal, engine, HTTP, and with Kafka its intake and outputs. */
export class Clearing {
  private intake: KafkaIntake | undefined;
  private publisher: Publisher | undefined;
  private proofs: Proofs | undefined;
  private eventTable: EventTable | undefined;
  private app: NestExpressApplication | undefined;

  private constructor(
    private readonly config: Config,
    private readonly hooks: ClearingHooks,
    private readonly pool: Pool,
    private readonly opened: OpenedJournal,
    readonly engine: Engine,
    private readonly assessor: Assessor,
    private readonly subjectKeys: SubjectKeys,
    private readonly snapshots: Snapshots,
    private readonly crash: CrashHook | undefined,
  ) {}

  /**
   * Starts everything; when a part cannot start, what had started is closed and the reason is
   * thrown.
   */
  static async start(config: Config, hooks: ClearingHooks): Promise<Clearing> {
    await migrateJournal(config.databaseUrl);
    // Before the writer's role is taken: a process with the wrong master key must not stop the one that works.
    await migrateVault(config.vault.url);
    const subjectKeys = await postgresKeys(config.vault);
    const pool = new Pool({ connectionString: config.databaseUrl, max: 4 });
    pool.on('error', (error) => hooks.log(`postgres: ${error.message}`));
    await migrateOutputs(pool);
    const opened = await openJournal(config.journal);
    if (opened.where !== 'postgres') hooks.log(`journal: ${opened.where}`);
    const { journal } = opened;
    const crash = crashHook(config);
    const clock = Clock.system();
    const assessor = new Assessor();
    const snapshots = Snapshots.of(config, journal, hooks.log);
    const engine = await Engine.open({
      ...{ journal, start: () => snapshots.start() },
      assess: assessor.assess,
      now: clock.now,
      writer: `clearing-${process.pid}-${randomUUID().slice(0, 8)}`,
      onReplay: (events, of) => of > 0 && hooks.log(`replay: ${events} of ${of} events`),
      onFatal: (error) => hooks.onFatal(new Error(`the engine ended: ${error.message}`)),
      ...(crash && { crash }),
    });
    const services = [engine, assessor, subjectKeys, snapshots, crash] as const;
    const clearing = new Clearing(config, hooks, pool, opened, ...services);
    try {
      await clearing.startParts(clock);
      return clearing;
    } catch (error) {
      await clearing.stop().catch(() => undefined);
      throw error;
    }
  }

  private get journal(): Journal {
    return this.opened.journal;
  }

  /** Port the HTTP server listens on. */
  get port(): number {
    const address: unknown = this.app?.getHttpServer().address();
    return typeof address === 'object' && address !== null && 'port' in address
      ? Number(address.port)
      : 0;
  }

  /** Stops intake, lets the engine finish what it has, publishes it, closes. */
  async stop(): Promise<void> {
    await this.intake?.stop();
    await this.app?.close();
    await this.engine.close();
    await this.drainOutputs();
    await this.publisher?.stop();
    await this.proofs?.stop();
    await this.eventTable?.stop();
    await this.snapshots.stop();
    await this.subjectKeys.close();
    await this.opened.close();
    await this.pool.end();
  }

  private async startParts(clock: Clock): Promise<void> {
    const { config, engine, hooks, journal, subjectKeys } = this;
    const desk = new PersonalDesk(subjectKeys);
    const destroyed = await desk.obey(journal);
    if (destroyed > 0) hooks.log(`vault: destroyed ${destroyed} keys whose erasure is recorded`);
    engine.onBatch(({ head }) => desk.reached(head.size));
    this.snapshots.follow(engine);
    const reader = new InputReader(signingKeys(config), clock.now);
    const readiness = new Readiness();
    readiness.set('http', false);
    const proofs = await Proofs.start({
      ...{ config, engine, journal: this.opened.place, now: clock.now, log: hooks.log },
      onBroken: (error) => hooks.onFatal(new Error(`proofs ended: ${error.message}`)),
    });
    this.proofs = proofs;
    if (config.eventTable) {
      const { databaseUrl } = config;
      this.eventTable = new EventTable({ databaseUrl, journal, log: hooks.log });
    }
    if (config.kafka) await this.startKafka(config.kafka, reader, readiness);
    const { feeds, others } = config.rates;
    this.app = await httpApp({
      engine,
      assessor: this.assessor,
      desk,
      reader,
      clock,
      keys: new KeyRing(apiKeys(config)),
      limiter: new RateLimiter(
        {
          feeds: { perSecond: feeds, burst: feeds * 2 },
          others: { perSecond: others, burst: others * 2 },
        },
        () => performance.now(),
      ),
      readiness,
      metrics: new Metrics(engine, () => ({
        ...(this.intake && { intake: this.intake }),
        ...(this.publisher && { publisher: this.publisher }),
        proofs,
      })),
      proofs: proofs.store,
      log: hooks.log,
      read: [
        ReadModule.forRoot({
          databaseUrl: config.databaseUrl,
          journal,
          personal: new PersonalVault(subjectKeys),
          snapshots: this.snapshots.source,
          log: hooks.log,
        }),
      ],
    });
    const folds = this.app.get(ReadLifecycle, { strict: false });
    proofs.stateRoot = (size) => folds.stateRoot(size);
    await this.app.listen(config.http.port, config.http.host);
    readiness.set('http', true);
  }

  private async startKafka(
    kafkaConfig: NonNullable<Config['kafka']>,
    reader: InputReader,
    readiness: Readiness,
  ): Promise<void> {
    const { config, engine, hooks, journal } = this;
    readiness.set('kafka', false);
    const kafka = kafkaClient(kafkaConfig.brokers, hooks.log);
    if (kafkaConfig.createTopics) {
      const created = await createTopics(kafka, kafkaConfig.prefix);
      if (created.length > 0) hooks.log(`kafka: created ${created.length} topics`);
    }
    this.publisher = new Publisher({
      journal,
      sink: new KafkaSink(kafka, kafkaConfig.prefix),
      checkpoint: postgresCheckpoint(this.pool, 'acks'),
      messagesOf: (event) => [ackOf(event), deadLetterOf(event)].filter((m) => m !== undefined),
      log: hooks.log,
      onBroken: (error) => hooks.onFatal(new Error(`outputs ended: ${error.message}`)),
      ...(this.crash && { crash: this.crash }),
    });
    const groups = `${kafkaConfig.group}.`;
    const groupId = `${groups}${engine.head.epoch}.${randomUUID().slice(0, 8)}`;
    this.intake = new KafkaIntake({
      engine,
      reader,
      held: config.held,
      log: hooks.log,
      source: new KafkaSource({
        kafka,
        topics: topicPlan()
          .filter(({ input }) => input)
          .map(({ topic }) => topic),
        prefix: kafkaConfig.prefix,
        groupId,
        groups,
        log: hooks.log,
        onCrash: (error) => hooks.onFatal(new Error(`kafka intake ended: ${error.message}`)),
      }),
    });
    await this.proofs?.publish(
      new KafkaSink(kafka, kafkaConfig.prefix),
      postgresCheckpoint(this.pool, 'checkpoints'),
    );
    await Promise.all([this.publisher.start(), this.intake.start()]);
    readiness.set('kafka', true);
  }

  /**
   * Acks of the last batches go out before we do, within reason: the rest is published at the next
   * start.
   */
  private async drainOutputs(): Promise<void> {
    const until = performance.now() + DRAIN_MS;
    while (this.publisher && !this.engine.failed && performance.now() < until) {
      if (this.publisher.position >= this.engine.head.size) return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

function crashHook({ crash }: Config): CrashHook | undefined {
  return crash && crashAt(crash.point, crash.after, () => process.kill(process.pid, 'SIGKILL'));
}

function signingKeys({ keys }: Config): ReadonlyMap<string, string> {
  const named = [...keys.venues, ...keys.custodians];
  const signing = new Map(named.map(({ id, key }) => [id, key]));
  if (keys.custody !== undefined) signing.set('custody', keys.custody);
  return signing;
}

function apiKeys({ keys }: Config): ConstructorParameters<typeof KeyRing>[0] {
  const single = singleRoles.flatMap((role) => {
    const key = keys[role];
    return key === undefined ? [] : [{ principal: { role, id: role }, key }];
  });
  const named = (role: Principal['role'], of: readonly NamedKey[]) =>
    of.map(({ id, key }) => ({ principal: { role, id }, key }));
  return [
    ...single,
    ...named('venue', keys.venues),
    ...named('custody', keys.custodians),
    ...named('cosigner', keys.cosigners),
    ...named('member', keys.members),
  ];
}
