import { setTimeout as sleep } from 'node:timers/promises';
import type { Kafka } from 'kafkajs';
import { postgresJournal } from '#events';
import { createTopics, topicPlan } from '../intake/index.js';
import { keyEnvironment } from '../testing/house.js';
import { specKafka } from '../testing/kafka.js';
import { AppProcess } from '../testing/process.js';
import { faultyProxy } from '../testing/proxy.js';
import type { Proxy } from '../testing/proxy.js';
import type { WireMessage } from '../simulation/broker.js';
import type { Servers } from './servers.js';

export interface Head {
  readonly stateHash: string;
  readonly size: number;
  readonly openWindow: number;
  readonly readModelPosition: number;
}

const RESTART_MS = 150;
const PATIENCE_MS = 60_000;

/** The clearing app on real servers, behind a line that can break, and what starts it again whenever it ends. */
export class ChaosHouse {
  /** How each process ended: a signal or `exit <code>`. */
  readonly ends: string[] = [];
  private app: AppProcess;
  private closed = false;
  private nextEnvironment: Readonly<Record<string, string>> = {};
  private readonly running = new Set<AppProcess>();

  private constructor(
    readonly servers: Servers,
    readonly databaseUrl: string,
    readonly prefix: string,
    readonly proxy: Proxy,
    readonly kafka: Kafka,
  ) {
    this.app = this.start();
    void this.supervise();
  }

  static async open(servers: Servers, name: string): Promise<ChaosHouse> {
    const databaseUrl = await servers.freshDatabase(name);
    const kafka = specKafka([servers.kafka.url]);
    await createTopics(kafka, `${name}.`);
    const proxy = await faultyProxy(databaseUrl);
    const house = new ChaosHouse(servers, databaseUrl, `${name}.`, proxy, kafka);
    await house.app.ready;
    await house.app.setUp();
    return house;
  }

  /** The process that was started last. */
  get current(): AppProcess {
    return this.app;
  }

  /** Starts a process, by itself or, with no name, as the supervisor's next one. */
  start(more: Readonly<Record<string, string>> = {}): AppProcess {
    const app = AppProcess.start({
      ...keyEnvironment,
      NOVATE_DATABASE_URL: this.proxy.url,
      NOVATE_KAFKA_BROKERS: this.servers.kafka.url,
      NOVATE_KAFKA_TOPIC_PREFIX: this.prefix,
      NOVATE_KAFKA_GROUP: this.prefix,
      NOVATE_KAFKA_CREATE_TOPICS: 'false',
      ...more,
    });
    this.running.add(app);
    void app.exited.then(({ code, signal }) => {
      this.running.delete(app);
      this.ends.push(signal ?? `exit ${code}`);
    });
    return app;
  }

  /** Waits until the supervisor's process is up: a fault should strike something that works. */
  async ready(): Promise<void> {
    for (const until = performance.now() + PATIENCE_MS; performance.now() < until;) {
      const up = await Promise.race([this.app.ready.catch(() => 0), sleep(1_000, 0)]);
      if (up !== 0) return;
      await sleep(50);
    }
    throw new Error(`it does not start: ${this.app.lines.slice(-5).join(' | ')}`);
  }

  /** The next process of the supervisor gets this in its environment. */
  arm(environment: Readonly<Record<string, string>>): void {
    this.nextEnvironment = environment;
  }

  /** Sends until the broker has confirmed: after a fault that may be twice. */
  async send(messages: readonly WireMessage[]): Promise<void> {
    const topicMessages = [...new Set(messages.map(({ topic }) => topic))].map((topic) => ({
      topic: this.prefix + topic,
      messages: messages
        .filter((message) => message.topic === topic)
        .map(({ key, headers, value }) => ({
          key,
          headers: { ...headers },
          value: Buffer.from(value),
        })),
    }));
    for (const until = performance.now() + PATIENCE_MS; ;) {
      const producer = this.kafka.producer();
      try {
        await producer.connect();
        await producer.sendBatch({ acks: -1, topicMessages });
        return;
      } catch (error) {
        if (performance.now() > until) throw error;
        await sleep(200);
      } finally {
        await producer.disconnect().catch(() => undefined);
      }
    }
  }

  /** Waits until every message in the broker is decided and projected, and says where the house stands then. */
  async settled(): Promise<Head> {
    let last = '';
    for (const until = performance.now() + PATIENCE_MS; performance.now() < until;) {
      try {
        const behind = await this.behind();
        const head = (await this.app.fetch('/v1/journal/head')) as Head;
        if (behind.length === 0 && head.readModelPosition === head.size) return head;
        last = `${behind.join(', ')}; ${JSON.stringify(head)}`;
      } catch (error) {
        last = String(error);
      }
      await sleep(100);
    }
    throw new Error(`it does not settle: ${last}; ${this.app.lines.slice(-5).join(' | ')}`);
  }

  /** Ends the app in order, so that it publishes what it has, and closes the line. */
  async close(): Promise<void> {
    this.closed = true;
    await Promise.all([...this.running].map((app) => app.stop()));
    await this.proxy.close();
  }

  private async supervise(): Promise<void> {
    while (!this.closed) {
      await this.app.exited;
      await sleep(RESTART_MS);
      if (this.closed) return;
      this.app = this.start(this.nextEnvironment);
      this.nextEnvironment = {};
    }
  }

  /** Partitions whose end is not decided yet. */
  private async behind(): Promise<string[]> {
    const journal = postgresJournal({ url: this.databaseUrl });
    const admin = this.kafka.admin();
    try {
      const decided = new Map(
        (await journal.offsets()).map((o) => [`${o.topic}/${o.partition}`, o.next]),
      );
      await admin.connect();
      const behind: string[] = [];
      for (const { topic } of topicPlan().filter(({ input }) => input)) {
        for (const { partition, high } of await admin.fetchTopicOffsets(this.prefix + topic)) {
          const at = decided.get(`${topic}/${partition}`) ?? '0';
          if (high !== at) behind.push(`${topic}/${partition} at ${at} of ${high}`);
        }
      }
      return behind;
    } finally {
      await admin.disconnect().catch(() => undefined);
      await journal.close();
    }
  }
}
