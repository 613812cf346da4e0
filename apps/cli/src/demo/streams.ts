import type { StreamId } from '#events';
import { decimal } from '../render/decimal.js';

/** One message of a stream, ready for Kafka or HTTP. `value` is the JSON text of its body. */
export interface Message extends StreamId {
  readonly type: string;
  readonly sequence: number;
  readonly window: number;
  readonly value: string;
}

export interface Amount {
  readonly units: bigint;
  readonly scale: number;
}

interface StreamState extends StreamId {
  lastSequence: number;
  count: number;
  total: bigint;
  readonly scale: number;
}

/** Numbers messages per stream from 1 and keeps what a venue has to state when it closes a window. */
export class StreamWriter {
  readonly messages: Message[] = [];
  private readonly streams = new Map<string, StreamState>();

  /** Adds a message; `amount` is what it adds to its stream's control total. */
  write(stream: StreamId, type: string, window: number, body: object, amount: Amount): void {
    const state = this.state(stream, amount.scale);
    state.lastSequence += 1;
    state.count += 1;
    state.total += amount.units;
    const { lastSequence: sequence } = state;
    this.messages.push({ ...stream, type, sequence, window, value: JSON.stringify(body) });
  }

  /** Closes a venue's window: a stream that fell silent is listed with count 0, so nobody waits for it. */
  close(venue: string, window: number, endsAt: number): void {
    const own = [...this.streams.values()].filter((state) => state.venue === venue);
    const streams = own.map(({ topic, key, lastSequence, count, total, scale }) => ({
      topic,
      key,
      lastSequence,
      count,
      controlTotal: decimal(total, scale),
    }));
    const type = 'novate.window-closed.v1';
    const value = JSON.stringify({ endsAt, streams });
    this.messages.push({
      venue,
      topic: 'windows',
      key: venue,
      type,
      sequence: window,
      window,
      value,
    });
    for (const state of own) {
      state.count = 0;
      state.total = 0n;
    }
  }

  private state(stream: StreamId, scale: number): StreamState {
    const id = `${stream.venue}|${stream.topic}|${stream.key}`;
    const known = this.streams.get(id);
    if (known) return known;
    const state = { ...stream, scale, lastSequence: 0, count: 0, total: 0n };
    this.streams.set(id, state);
    return state;
  }
}
