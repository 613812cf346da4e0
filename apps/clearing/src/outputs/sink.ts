import type { Kafka, Producer } from 'kafkajs';

/** A message on its way out. */
export interface OutMessage {
  readonly topic: string;
  readonly key: string | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly value: Uint8Array | string;
}

/** Where outputs go. `send` resolves once every message is durable at its destination. */
export interface MessageSink {
  start(): Promise<void>;
  send(messages: readonly OutMessage[]): Promise<void>;
  stop(): Promise<void>;
}

/** kafkajs producer: idempotent, acks from all replicas, in order. */
export class KafkaSink implements MessageSink {
  private readonly producer: Producer;

  constructor(kafka: Kafka) {
    this.producer = kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
    });
  }

  async start(): Promise<void> {
    await this.producer.connect();
  }

  async send(messages: readonly OutMessage[]): Promise<void> {
    const perTopic = new Map<string, OutMessage[]>();
    for (const message of messages) {
      const list = perTopic.get(message.topic);
      if (list) list.push(message);
      else perTopic.set(message.topic, [message]);
    }
    await this.producer.sendBatch({
      acks: -1,
      topicMessages: [...perTopic].map(([topic, list]) => ({
        topic,
        messages: list.map(({ key, headers, value }) => ({
          key,
          headers: { ...headers },
          value: typeof value === 'string' ? value : Buffer.from(value),
        })),
      })),
    });
  }

  async stop(): Promise<void> {
    await this.producer.disconnect().catch(() => undefined);
  }
}
