import type { AnyRecordedEvent, EventData, StreamPosition } from '#events';
import { ACKS_TOPIC, deadLetterTopic } from '../intake/kafka-topics.js';
import type { OutMessage } from './sink.js';

type Rejected = EventData['InputRejected'];

/**
 * What an ack says beside the position; see docs: accepted, duplicate, rejected, or waiting for a
 * gap.
 */
interface Answer {
  readonly status: 'accepted' | 'duplicate' | 'rejected' | 'waiting';
  readonly at?: Partial<StreamPosition>;
  readonly more?: Readonly<Record<string, unknown>>;
}

/** The answer an event gives to the sender of an input; undefined for events that answer nobody. */
function answerOf(event: AnyRecordedEvent): Answer | undefined {
  switch (event.type) {
    case 'TradeNovated':
    case 'TradeBusted':
    case 'TradeCorrected':
      return { status: 'accepted', at: event.data, more: { tradeId: event.data.tradeId } };
    case 'DepositRecorded':
      return { status: 'accepted', at: event.data, more: { depositId: event.data.depositId } };
    case 'MarkRecorded':
    case 'FundingRateRecorded':
    case 'WindowClosed':
      return { status: 'accepted', at: event.data };
    case 'InputDuplicated': {
      const { tradeId, reason } = event.data;
      return { status: 'duplicate', at: event.data, more: { ...(tradeId && { tradeId }), reason } };
    }
    case 'InputRejected':
      return rejected(event.data);
    case 'GapDetected': {
      const { stream, expected, got } = event.data;
      return { status: 'waiting', at: { stream }, more: { expected, got } };
    }
    default:
      return undefined;
  }
}

function rejected(data: Rejected): Answer {
  const { code, field, reason, fix, consumed, source } = data;
  const { topic, partition, offset, sha256 } = source;
  return {
    status: 'rejected',
    ...(data.at && { at: data.at }),
    more: { code, field, reason, fix, consumed, source: { topic, partition, offset, sha256 } },
  };
}

/**
 * The ack of an event: CloudEvents binary mode, `ce_id` is the event's id, keyed like the input it
 * answers.
 */
export function ackOf(event: AnyRecordedEvent): OutMessage | undefined {
  const answer = answerOf(event);
  if (!answer) return undefined;
  const { stream, sequence, window } = answer.at ?? {};
  const value = {
    status: answer.status,
    event: event.type,
    position: event.position,
    occurredAt: event.occurredAt,
    recordedAt: event.recordedAt,
    ...(stream && { stream }),
    ...(sequence !== undefined && { sequence }),
    ...(window !== undefined && { window }),
    ...answer.more,
  };
  return {
    topic: ACKS_TOPIC,
    key: stream ? `${stream.venue}|${stream.key}` : null,
    headers: {
      ce_specversion: '1.0',
      ce_id: event.id,
      ce_source: 'novate',
      ce_type: `novate.ack.${answer.status}.v1`,
      ...(stream && { ce_subject: stream.key }),
      'content-type': 'application/json',
      ...(event.traceparent !== undefined && { traceparent: event.traceparent }),
    },
    value: JSON.stringify(value),
  };
}

/**
 * The dead letter of a rejected Kafka message: as it came, as far as it was recorded, with the
 * reason beside it.
 */
export function deadLetterOf(event: AnyRecordedEvent): OutMessage | undefined {
  if (event.type !== 'InputRejected' || event.data.source.channel !== 'kafka') return undefined;
  const { code, field, reason, source } = event.data;
  const topic = source.topic ?? 'unknown';
  return {
    topic: deadLetterTopic(topic),
    key: source.key ?? null,
    headers: {
      ...source.headers,
      'x-event-id': event.id,
      'x-error-code': code,
      'x-error-field': field,
      'x-error-reason': reason,
      'x-original-topic': topic,
      'x-original-partition': String(source.partition ?? ''),
      'x-original-offset': source.offset ?? '',
      'x-value-truncated': String(source.truncated),
      'x-value-sha256': source.sha256,
      'x-value-bytes': String(source.bytes),
    },
    value: Buffer.from(source.value, 'base64'),
  };
}
