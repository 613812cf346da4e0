import type { Micros, StreamPosition, StreamTopic } from '#events';
import { readMessage, reject } from '#ledger';
import type { Command, Rejection } from '#ledger';
import { evidenceOf } from './evidence.js';
import type { RawMessage } from './evidence.js';
import { badSignature } from './signature.js';
import type { SigningKeys } from './signature.js';

export interface ReadInput {
  readonly command: Extract<Command, { kind: 'input' | 'unreadable' }>;
  readonly at?: StreamPosition;
}

/**
 * Turns raw messages of both channels into commands. Never throws: what cannot be read becomes
 * `unreadable`.
 */
export class InputReader {
  constructor(
    private readonly keys: SigningKeys,
    /** Stands in for the time of a fact whose own time cannot be read. Microseconds. */
    private readonly now: () => Micros,
  ) {}

  /** Reads a Kafka message: its signature first, then its content. The actor is its source. */
  fromKafka(raw: RawMessage, topic: StreamTopic, stamped: Micros): ReadInput {
    // The producer may have stamped it with any 64 bits, -1 for no time at all.
    const timestamp = Number.isSafeInteger(stamped) && stamped >= 0 ? stamped : this.now();
    const refused = badSignature(raw, this.keys, topic === 'deposits');
    const source = (raw.headers['ce_source'] ?? 'unknown').slice(0, 64).toWellFormed();
    if (refused) return this.unreadable(raw, `kafka:${source}`, refused, timestamp);
    return this.read(raw, topic, `kafka:${source}`, timestamp);
  }

  /** Reads a message of either channel whose sender is known. */
  read(raw: RawMessage, topic: StreamTopic, actor: string, timestamp = this.now()): ReadInput {
    const message = readMessage({ topic, headers: raw.headers, value: raw.value });
    if (!message.ok) {
      const occurredAt = message.occurredAt > 0 ? message.occurredAt : timestamp;
      return this.unreadable(raw, actor, message.rejection, occurredAt, message.at);
    }
    const traceparent = raw.headers['traceparent'];
    const { at, body } = message;
    const kind = 'input' as const;
    const source = evidenceOf(raw);
    const command = isTraceparent(traceparent)
      ? { kind, at, body, actor, traceparent, source }
      : { kind, at, body, actor, source };
    return { command: delivered(command, raw), at };
  }

  /** A message refused before its content was looked at. */
  unreadable(
    raw: RawMessage,
    actor: string,
    rejection: Rejection,
    occurredAt = this.now(),
    at?: StreamPosition,
  ): ReadInput {
    const source = evidenceOf(raw);
    const bare = { kind: 'unreadable' as const, rejection, actor, occurredAt, source };
    const command = delivered(bare, raw);
    return at ? { command: { ...command, at }, at } : { command };
  }
}

/** Every Kafka message passes, and has its place: a command is made anew for the others only. */
function delivered<C extends ReadInput['command']>(command: C, { delivery }: RawMessage): C {
  return delivery === undefined ? command : { ...command, delivery };
}

/** W3C Trace Context, version 00: anything else is no trace and not recorded. */
export function isTraceparent(text: unknown): text is string {
  return typeof text === 'string' && /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/.test(text);
}

/** The reject of a message that is not JSON at all. */
export const malformed = (reason: string) => reject('MALFORMED_JSON', 'value', reason);
