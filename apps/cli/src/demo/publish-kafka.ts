import { Kafka, logLevel, Partitioners } from 'kafkajs';
import { topics } from '#ledger';
import { createTopics } from '../../../clearing/src/intake/kafka-topics.js';
import type { Progress } from '../terminal/progress.js';
import type { Message } from './streams.js';
import { toKafka, type KafkaRecord } from './wire.js';

/** Messages per request: large enough for the broker's batches, small enough for its request limit. */
const CHUNK = 4_000;

/** The topics of one run: a prefix of its own keeps it apart from whatever else uses the brokers. */
export interface DemoTopics {
  readonly brokers: string;
  readonly prefix: string;
}

const client = (brokers: string): Kafka =>
  new Kafka({
    clientId: 'novate-demo',
    brokers: brokers.split(','),
    logLevel: logLevel.NOTHING,
    retry: { initialRetryTime: 100, retries: 10 },
  });

/** Removes a run's topics from brokers that outlive it. */
export async function removeTopics({ brokers, prefix }: DemoTopics): Promise<void> {
  const admin = client(brokers).admin();
  await admin.connect();
  try {
    const own = (await admin.listTopics()).filter((topic) => topic.startsWith(prefix));
    if (own.length > 0) await admin.deleteTopics({ topics: own });
  } finally {
    await admin.disconnect();
  }
}

/** Creates the clearing app's topics and writes all messages with acks=all, in the order given. */
export async function publishToKafka(
  { brokers, prefix }: DemoTopics,
  messages: readonly Message[],
  custodyKey: string,
  progress: Progress,
): Promise<void> {
  const kafka = client(brokers);
  await createTopics(kafka, prefix);
  const producer = kafka.producer({
    createPartitioner: Partitioners.DefaultPartitioner,
    allowAutoTopicCreation: false,
  });
  await producer.connect();
  try {
    for (let from = 0; from < messages.length; from += CHUNK) {
      const chunk = messages.slice(from, from + CHUNK);
      await producer.sendBatch({ acks: -1, topicMessages: byTopic(chunk, prefix, custodyKey) });
      progress.status(`${from + chunk.length} of ${messages.length} messages produced`);
    }
  } finally {
    await producer.disconnect();
  }
}

function byTopic(
  messages: readonly Message[],
  prefix: string,
  custodyKey: string,
): { topic: string; messages: KafkaRecord[] }[] {
  const found = new Map<string, KafkaRecord[]>();
  for (const message of messages) {
    const topic = prefix + topics[message.topic];
    const records = found.get(topic);
    const record = toKafka(message, custodyKey);
    if (records) records.push(record);
    else found.set(topic, [record]);
  }
  return [...found].map(([topic, records]) => ({ topic, messages: records }));
}
