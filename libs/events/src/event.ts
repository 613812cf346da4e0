import type { EventData, EventType } from './vocabulary.js';
import type { Micros } from './units.js';

/**
 * What a decider returns: a fact, before the journal gave it a position.
 *
 * `id` is a UUIDv5 of the source and its sequence, so that a retry yields the same id.
 * `occurredAt` is the time of the fact at its source. The engine adds `recordedAt` when it writes.
 * Subject keys (account, venue, instrument) are not stored twice: `subjectsOf(event)` reads them from `data`.
 */
export interface NewEvent<T extends EventType = EventType> {
  readonly id: string;
  readonly type: T;
  readonly schemaVersion: number;
  readonly occurredAt: Micros;
  readonly actor: string;
  readonly causation?: string;
  readonly correlation?: string;
  readonly traceparent?: string;
  readonly data: EventData[T];
}

/** An event of the journal. `position` is contiguous from 0; `recordedAt` is volatile and outside `stateHash`. */
export type RecordedEvent<T extends EventType = EventType> = NewEvent<T> & {
  readonly position: number;
  readonly recordedAt: Micros;
};

/** A recorded event as a union that narrows on `type`. */
export type AnyRecordedEvent = { [T in EventType]: RecordedEvent<T> }[EventType];
/** A new event as a union that narrows on `type`. */
export type AnyNewEvent = { [T in EventType]: NewEvent<T> }[EventType];

/** An event as it may stand in an old journal: of any type and schema there ever was. */
export interface StoredEvent {
  readonly type: string;
  readonly schemaVersion: number;
  readonly data: unknown;
}
