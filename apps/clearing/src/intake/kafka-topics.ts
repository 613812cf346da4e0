import type { Kafka } from 'kafkajs';
import type { StreamTopic } from '#events';
import { topics } from '#ledger';

export const ACKS_TOPIC = 'novate.acks.v1';
export const deadLetterTopic = (topic: string) => `${topic}.dlq`;

/**
 * Broker limit of a message: eight times the intake's, so that an oversized one can be recorded and
 * dead-lettered.
 */
const MAX_MESSAGE_BYTES = 8 * 1024 * 1024;
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
  ];
}

/** Creates what is missing; topics that exist keep their settings. */
export async function createTopics(kafka: Kafka, prefix = ''): Promise<readonly string[]> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const existing = new Set(await admin.listTopics());
    const missing = topicPlan().filter(({ topic }) => !existing.has(prefix + topic));
    if (missing.length === 0) return [];
    await admin.createTopics({
      waitForLeaders: true,
      topics: missing.map(({ topic, partitions }) => ({
        topic: prefix + topic,
        numPartitions: partitions,
        configEntries: [{ name: 'max.message.bytes', value: String(MAX_MESSAGE_BYTES) }],
      })),
    });
    return missing.map(({ topic }) => topic);
  } finally {
    await admin.disconnect();
  }
}
