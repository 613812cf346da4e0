import type { Consumer, EachBatchPayload, Kafka, KafkaMessage } from 'kafkajs';
import type { Log } from './kafka-client.js';
import { readHeadersOnce } from './kafka-headers.js';
import type { MessageSource, SourceBatch, SourceHandler, SourceMessage } from './port.js';

export interface KafkaSourceOptions {
  readonly kafka: Kafka;
  readonly topics: readonly string[];
  /** Put before every topic's name on the broker; nothing inside the app sees it. */
  readonly prefix: string;
  /**
   * A consumer group of this process alone, `<groups><epoch>.<random>`. So a restart need not wait
   * for the broker to notice that the killed consumer before it is gone; who may write is the
   * journal's business, not the group's.
   */
  readonly groupId: string;
  /** Prefix of such groups; those left behind by earlier processes are removed. */
  readonly groups: string;
  readonly log: Log;
  /** The consumer gave up for good. */
  readonly onCrash: (error: Error) => void;
}

/** How much is asked of the broker at once: kafkajs' own defaults are far slower. */
export const FETCH = {
  maxBytesPerPartition: 4 * 1024 * 1024,
  maxBytes: 16 * 1024 * 1024,
  maxWaitTimeInMs: 250,
} as const;

/** kafkajs 2.2.4 as a `MessageSource`: eachBatch, no auto-commit, positions from the journal. */
export class KafkaSource implements MessageSource {
  private readonly consumer: Consumer;
  private readonly assigned = new Map<string, readonly number[]>();
  private stopped = false;

  constructor(private readonly options: KafkaSourceOptions) {
    readHeadersOnce();
    this.consumer = options.kafka.consumer({
      groupId: options.groupId,
      ...FETCH,
      sessionTimeout: 30_000,
      heartbeatInterval: 3_000,
      allowAutoTopicCreation: false,
    });
  }

  async start(handler: SourceHandler): Promise<void> {
    const { consumer } = this;
    await consumer.connect();
    await consumer.subscribe({ topics: this.names(), fromBeginning: true });
    await this.reportTruncation(handler);
    const joined = new Promise<void>((resolve) => {
      consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
        this.assigned.clear();
        for (const [name, partitions] of Object.entries(payload.memberAssignment)) {
          const topic = this.inside(name);
          this.assigned.set(topic, partitions);
          for (const partition of partitions) {
            this.seek(topic, partition, handler.startOffset(topic, partition));
          }
        }
        resolve();
      });
    });
    const crashed = new Promise<never>((_, reject) => {
      consumer.on(consumer.events.CRASH, ({ payload }) => {
        if (payload.restart || this.stopped) return;
        reject(payload.error);
        this.options.onCrash(payload.error);
      });
    });
    crashed.catch(() => undefined);
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: 4,
      eachBatch: (payload) => this.handle(payload, handler),
    });
    await Promise.race([joined, crashed]);
    void this.removeFormerGroups();
  }

  seek(topic: string, partition: number, offset: number): void {
    this.consumer.seek({ topic: this.outside(topic), partition, offset: String(offset) });
  }

  pause(): void {
    this.consumer.pause(this.names().map((topic) => ({ topic })));
  }

  resume(): void {
    this.consumer.resume(this.names().map((topic) => ({ topic })));
  }

  async hint(
    offsets: readonly { topic: string; partition: number; next: number }[],
  ): Promise<void> {
    const ours = offsets.filter((o) => this.assigned.get(o.topic)?.includes(o.partition));
    if (this.stopped || ours.length === 0) return;
    const commits = ours.map(({ topic, partition, next }) => ({
      topic: this.outside(topic),
      partition,
      offset: String(next),
    }));
    await this.consumer.commitOffsets(commits).catch(() => undefined);
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.consumer.disconnect().catch(() => undefined);
  }

  private async handle(payload: EachBatchPayload, handler: SourceHandler): Promise<void> {
    const { batch, isRunning, isStale, heartbeat, resolveOffset } = payload;
    if (!isRunning() || isStale()) return;
    const breathe = async () => {
      await heartbeat();
      return isRunning() && !isStale();
    };
    await handler.batch(sourceBatch(payload, this.inside(batch.topic)), breathe);
    const last = batch.messages.at(-1);
    if (last && isRunning() && !isStale()) resolveOffset(last.offset);
    await heartbeat();
  }

  /** Retention may have removed what we have not read: those offsets will never come. */
  private async reportTruncation(handler: SourceHandler): Promise<void> {
    const admin = this.options.kafka.admin();
    await admin.connect();
    try {
      for (const topic of this.options.topics) {
        for (const { partition, low } of await admin.fetchTopicOffsets(this.outside(topic))) {
          if (Number(low) > handler.startOffset(topic, partition)) {
            handler.truncated(topic, partition, Number(low));
          }
        }
      }
    } finally {
      await admin.disconnect();
    }
  }

  private async removeFormerGroups(): Promise<void> {
    const { groups, groupId, kafka } = this.options;
    const admin = kafka.admin({ retry: { retries: 0 } });
    try {
      await admin.connect();
      const known = (await admin.listGroups()).groups.map((group) => group.groupId);
      const former = known.filter((id) => id.startsWith(groups) && id !== groupId);
      // The broker refuses for groups that still have members; they are left to their owners.
      for (const id of former) await admin.deleteGroups([id]).catch(() => undefined);
    } catch {
      // Housekeeping only: the broker forgets such groups by itself in time.
    } finally {
      await admin.disconnect().catch(() => undefined);
    }
  }

  private names(): string[] {
    return this.options.topics.map((topic) => this.outside(topic));
  }

  private readonly outside = (topic: string) => this.options.prefix + topic;
  private readonly inside = (name: string) => name.slice(this.options.prefix.length);
}

function sourceBatch({ batch }: EachBatchPayload, topic: string): SourceBatch {
  // kafkajs keeps where the fetch began but does not declare it in its types.
  const { fetchedOffset } = batch as typeof batch & { readonly fetchedOffset: string };
  return {
    topic,
    partition: batch.partition,
    fetchedOffset: Number(fetchedOffset),
    lastOffset: Number(batch.lastOffset()),
    highWatermark: Number(batch.highWatermark),
    messages: batch.messages.map(sourceMessage),
  };
}

function sourceMessage({ offset, key, value, headers, timestamp }: KafkaMessage): SourceMessage {
  const message = {
    offset: Number(offset),
    // Text already: see readHeadersOnce.
    headers: (headers ?? {}) as Record<string, string>,
    value: value ?? Buffer.alloc(0),
    timestamp: Number(timestamp) * 1000,
  };
  if (key === null) return message;
  return Object.assign(message, { key: key.toString() });
}
