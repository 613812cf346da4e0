import type { AnyRecordedEvent, StoredEvent } from './event.js';
import { schemaVersions } from './schema-versions.js';

/** An event this build does not know: an unknown type, or a schema newer than the code. */
export class UnknownEvent extends Error {
  override readonly name = 'UnknownEvent';
}

/** Turns the data of one schema version into the next. Pure and total. */
export type Upcaster = (data: unknown) => unknown;

/** `type` -> the upcaster from version n to n + 1, at index n. Append only: old journals need every step, for ever. */
export type Upcasters = Readonly<Record<string, readonly (Upcaster | undefined)[]>>;

const asItWas: Upcaster = (data) => data;

const current: Upcasters = {
  // Schema 2 allows the personal field to be sealed text. What was recorded in plain stays readable as it is.
  MemberRegistered: [undefined, asItWas],
  WithdrawalRequested: [undefined, asItWas],
};

/** Brings an event to the current schema, step by step; one that is current already is returned as it is. */
export function upcast<E extends StoredEvent>(
  event: E,
  upcasters: Upcasters = current,
  versions: Readonly<Record<string, number>> = schemaVersions,
): AnyRecordedEvent {
  const target = Object.hasOwn(versions, event.type) ? versions[event.type] : undefined;
  if (target === undefined) throw new UnknownEvent(`event type ${event.type} is not known`);
  if (event.schemaVersion === target) return event as unknown as AnyRecordedEvent;
  if (event.schemaVersion > target) {
    throw new UnknownEvent(
      `${event.type} has schema ${event.schemaVersion}, this build knows ${target}: upgrade Novate`,
    );
  }
  let data = event.data;
  for (let version = event.schemaVersion; version < target; version += 1) {
    const step = upcasters[event.type]?.[version];
    if (step === undefined) {
      throw new UnknownEvent(`${event.type} has no upcaster from schema ${version}`);
    }
    data = step(data);
  }
  return { ...event, schemaVersion: target, data } as unknown as AnyRecordedEvent;
}
