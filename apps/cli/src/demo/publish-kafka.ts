import { Kafka, logLevel, Partitioners } from 'kafkajs';
import { topics } from '#ledger';
import { createTopics } from '../../../clearing/src/intake/kafka-topics.js';
import { CliError, ExitCode } from '../terminal/exit.js';
import type { Progress } from '../terminal/progress.js';
import type { Message } from './streams.js';
import { toKafka, type KafkaRecord } from './wire.js';

/** Messages per request: large enough for the broker's batches, small enough for its request limit. */
const CHUNK = 4_000;

/** Creates the clearing app's topics and writes all messages with acks=all, in the order given. */
export async function publishToKafka(
  brokers: string,
  messages: readonly Message[],
  custodyKey: string,
  progress: Progress,
): Promise<void> {
  const kafka = new Kafka({
    clientId: 'novate-demo',
    brokers: brokers.split(','),
    logLevel: logLevel.NOTHING,
    retry: { initialRetryTime: 100, retries: 10 },
  });
  await createTopics(kafka);
  await refuseUsedTopics(kafka);
  const producer = kafka.producer({
    createPartitioner: Partitioners.DefaultPartitioner,
    allowAutoTopicCreation: false,
  });
  await producer.connect();
  try {
    for (let from = 0; from < messages.length; from += CHUNK) {
      const chunk = messages.slice(from, from + CHUNK);
      await producer.sendBatch({ acks: -1, topicMessages: byTopic(chunk, custodyKey) });
      progress.status(`${from + chunk.length} of ${messages.length} messages produced`);
    }
  } finally {
    await producer.disconnect();
  }
}

function byTopic(
  messages: readonly Message[],
  custodyKey: string,
): { topic: string; messages: KafkaRecord[] }[] {
  const found = new Map<string, KafkaRecord[]>();
  for (const message of messages) {
    const topic = topics[message.topic];
    const records = found.get(topic);
    const record = toKafka(message, custodyKey);
    if (records) records.push(record);
    else found.set(topic, [record]);
  }
  return [...found].map(([topic, records]) => ({ topic, messages: records }));
}

/** A given cluster may be in use: the demo's streams begin at sequence 1 and belong on empty topics. */
async function refuseUsedTopics(kafka: Kafka): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    for (const topic of Object.values(topics)) {
      const partitions = await admin.fetchTopicOffsets(topic);
      if (partitions.every(({ high }) => high === '0')) continue;
      throw new CliError(
        `topic ${topic} of this Kafka holds messages already`,
        ExitCode.unavailable,
        'unset NOVATE_KAFKA_BROKERS, and the demo starts a broker of its own.',
      );
    }
  } finally {
    await admin.disconnect();
  }
}
