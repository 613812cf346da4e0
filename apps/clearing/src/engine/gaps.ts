import type { AnyRecordedEvent, StreamId, StreamPosition } from '#events';
import { reject } from '#ledger';
import type { Rejection } from '#ledger';

const keyOf = ({ venue, topic, key }: StreamId) => `${venue}|${topic}|${key}`;

/** Which gaps the journal already tells of: each is recorded once, however often its stream is looked at. */
export class Gaps {
  private readonly reported = new Map<string, number>();

  /** Learns from a replayed event. */
  replay(event: AnyRecordedEvent): void {
    if (event.type === 'GapDetected') {
      this.reported.set(keyOf(event.data.stream), event.data.expected);
    }
  }

  /** True the first time a stream is seen waiting for sequence `expected`. */
  isNew(at: StreamPosition, expected: number): boolean {
    const key = keyOf(at.stream);
    if (this.reported.get(key) === expected) return false;
    this.reported.set(key, expected);
    return true;
  }

  static rejection({ stream, sequence }: StreamPosition, expected: number): Rejection {
    const reason = `Stream ${keyOf(stream)} is at ${expected}; this message says ${sequence}.`;
    return reject('SEQUENCE_GAP', 'sequence', reason);
  }

  static windowRejection({ window }: StreamPosition, open: number): Rejection {
    return reject('WINDOW_NOT_OPEN', 'window', `Window ${window} is not open; ${open} is.`);
  }
}
