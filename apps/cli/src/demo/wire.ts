import { topics } from '#ledger';
import { SIGNATURE_HEADER, sign } from '../../../clearing/src/intake/signature.js';
import type { Message } from './streams.js';

/** A Kafka message in CloudEvents 1.0 binary mode. */
export interface KafkaRecord {
  readonly key: string;
  readonly value: Buffer;
  readonly headers: Record<string, string>;
}

const idOf = ({ venue, topic, key, sequence }: Message): string =>
  `${venue}/${topic}/${key}/${sequence}`;

/** Encodes a message for Kafka; deposits carry the custodian's signature, without which none is credited. */
export function toKafka(message: Message, custodyKey: string): KafkaRecord {
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    ce_specversion: '1.0',
    ce_id: idOf(message),
    ce_source: message.venue,
    ce_type: message.type,
    ce_subject: message.key,
    ce_sequence: String(message.sequence),
    ce_window: String(message.window),
  };
  const value = Buffer.from(message.value);
  if (message.topic === 'deposits') {
    headers[SIGNATURE_HEADER] = sign(topics.deposits, headers, value, custodyKey);
  }
  return { key: `${message.venue}|${message.key}`, value, headers };
}

/** The same message for the HTTP intake: a CloudEvent in structured mode. */
export function toHttp(message: Message): object {
  return {
    specversion: '1.0',
    id: idOf(message),
    source: message.venue,
    type: message.type,
    subject: message.key,
    sequence: message.sequence,
    window: message.window,
    datacontenttype: 'application/json',
    data: JSON.parse(message.value) as unknown,
  };
}
