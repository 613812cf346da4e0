import { Partitioners } from 'kafkajs';
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

  constructor(
    kafka: Kafka,
    /** Put before every topic's name. */
    private readonly prefix: string,
  ) {
    this.producer = kafka.producer({
      createPartitioner: Partitioners.DefaultPartitioner,
      idempotent: true,
      maxInFlightRequests: 1,
      // An idempotent producer that gives up loses its numbering; it tries for as long as we run.
      retry: { initialRetryTime: 100, maxRetryTime: 2_000, retries: Number.MAX_SAFE_INTEGER },
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
        topic: this.prefix + topic,
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
