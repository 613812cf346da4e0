import { setTimeout as sleep } from 'node:timers/promises';
import type { Admin, Kafka } from 'kafkajs';
import type { StreamTopic } from '#events';
import { topics } from '#ledger';

export const ACKS_TOPIC = 'novate.acks.v1';
export const CHECKPOINTS_TOPIC = 'novate.checkpoints.v1';
export const deadLetterTopic = (topic: string) => `${topic}.dlq`;

/**
 * Broker limit of a message: eight times the intake's, so that an oversized one can be recorded and
 * dead-lettered.
 */
const MAX_MESSAGE_BYTES = 8 * 1024 * 1024;
/**
 * Kept uncompressed whatever a producer sends: kafkajs reads gzip only, so one batch in snappy would end
 * the app at every start, and what a small gzip unpacks to has to fit the limit too.
 */
const configEntries = [
  { name: 'max.message.bytes', value: String(MAX_MESSAGE_BYTES) },
  { name: 'compression.type', value: 'uncompressed' },
];
/** Ten seconds in all, or more where kafkajs itself tries again. */
const SERVE_TRIES = 100;
const SERVE_WAIT_MS = 100;

const partitionsOf: Readonly<Record<StreamTopic, number>> = {
  trades: 4,
  deposits: 1,
  marks: 2,
  funding: 1,
  windows: 1,
};

/** Every topic the app reads or writes, with the number of partitions it is created with. */
export function topicPlan(): readonly { topic: string; partitions: number; input: boolean }[] {
  const streams = Object.keys(partitionsOf) as StreamTopic[];
  return [
    ...streams.map((stream) => ({
      topic: topics[stream],
      partitions: partitionsOf[stream],
      input: true,
    })),
    ...streams.map((stream) => ({
      topic: deadLetterTopic(topics[stream]),
      partitions: 1,
      input: false,
    })),
    { topic: ACKS_TOPIC, partitions: 1, input: false },
    { topic: CHECKPOINTS_TOPIC, partitions: 1, input: false },
  ];
}

/**
 * Creates what is missing and waits until the broker serves every topic; topics that exist keep
 * their settings.
 */
export async function createTopics(kafka: Kafka, prefix = ''): Promise<readonly string[]> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const existing = new Set(await admin.listTopics());
    const missing = topicPlan().filter(({ topic }) => !existing.has(prefix + topic));
    if (missing.length > 0) {
      await admin.createTopics({
        // kafkajs gives up on a topic the broker has not heard of yet: we wait ourselves.
        waitForLeaders: false,
        topics: missing.map(({ topic, partitions }) => ({
          topic: prefix + topic,
          numPartitions: partitions,
          configEntries,
        })),
      });
    }
    // All of them: another process may have created the rest a moment ago.
    await untilServed(admin, prefix);
    return missing.map(({ topic }) => topic);
  } finally {
    await admin.disconnect();
  }
}

/**
 * In KRaft mode a broker hears of a topic a moment after the controller created it, and knows its
 * leader a moment before it leads: only a leader that answers for its offsets takes messages.
 */
async function untilServed(admin: Admin, prefix: string): Promise<void> {
  const names = topicPlan().map(({ topic }) => prefix + topic);
  for (let tries = 1; ; tries += 1) {
    try {
      await Promise.all(names.map((name) => admin.fetchTopicOffsets(name)));
      return;
    } catch (error) {
      if (tries === SERVE_TRIES) throw error;
    }
    await sleep(SERVE_WAIT_MS);
  }
}
