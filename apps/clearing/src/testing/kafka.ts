import { Kafka, logLevel, Partitioners } from 'kafkajs';
import type { KafkaMessage, Producer } from 'kafkajs';
import type { FeedMessage } from './feed.js';

/** A quiet client for specs. */
export const specKafka = (brokers: readonly string[]): Kafka =>
  new Kafka({ clientId: 'spec', brokers: [...brokers], logLevel: logLevel.NOTHING });

/** Produces a feed, in order per key. */
export class FeedProducer {
  private constructor(
    private readonly producer: Producer,
    private readonly prefix: string,
  ) {}

  static async connect(kafka: Kafka, prefix: string): Promise<FeedProducer> {
    const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
    await producer.connect();
    return new FeedProducer(producer, prefix);
  }

  async send(messages: readonly FeedMessage[]): Promise<void> {
    const topicMessages = [...new Set(messages.map(({ topic }) => topic))].map((topic) => ({
      topic: this.prefix + topic,
      messages: messages
        .filter((message) => message.topic === topic)
        .map(({ key, headers, value }) => ({ key, headers: { ...headers }, value })),
    }));
    await this.producer.sendBatch({ acks: -1, topicMessages });
  }

  async stop(): Promise<void> {
    await this.producer.disconnect();
  }
}

export type StoredMessage = KafkaMessage & { readonly partition: number };

/** Everything a topic holds now; each partition in its order. */
export async function readAll(kafka: Kafka, topic: string): Promise<StoredMessage[]> {
  const admin = kafka.admin();
  await admin.connect();
  const ends = (await admin.fetchTopicOffsets(topic)).filter(({ high, low }) => high !== low);
  await admin.disconnect();
  const messages: StoredMessage[] = [];
  if (ends.length === 0) return messages;
  const left = new Map(ends.map(({ partition, high }) => [partition, Number(high)]));
  const groupId = `spec-${Math.random().toString(36).slice(2)}`;
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 100 });
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await new Promise<void>((resolve, reject) => {
    consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
    const eachBatch = async ({
      batch,
    }: {
      batch: { partition: number; messages: KafkaMessage[] };
    }) => {
      messages.push(...batch.messages.map((m) => ({ ...m, partition: batch.partition })));
      const last = Number(batch.messages.at(-1)?.offset ?? -1);
      if (last + 1 >= (left.get(batch.partition) ?? 0)) left.delete(batch.partition);
      if (left.size === 0) resolve();
    };
    consumer.run({ autoCommit: false, eachBatch }).catch(reject);
  });
  await consumer.disconnect();
  return messages;
}
