import {
  type AnyNewEvent,
  EVENT_NAMESPACE,
  type EventData,
  type EventType,
  type Micros,
  schemaVersions,
  uuidV5,
} from '#events';
import { type Rejection, type RejectName, reject } from '../codes.js';
import { abs, parseDecimal } from '../decimal.js';

/** Thrown inside deciders, turned into a rejection at their door: keeps the rules readable as a list of checks. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  constructor(readonly rejection: Rejection) {
    super(rejection.reason);
  }
}

/** Refuses unless `ok`. */
export function need(ok: boolean, name: RejectName, field: string, reason: string): asserts ok {
  if (!ok) throw new Refusal(reject(name, field, reason));
}

/** Refuses. For checks every trade passes: the reason's text is made only where it is needed. */
export function refuse(name: RejectName, field: string, reason: string): never {
  throw new Refusal(reject(name, field, reason));
}

/** The value, or a refusal where it is undefined. */
export function known<T>(value: T | undefined, name: RejectName, field: string, id: string): T {
  if (value === undefined) {
    throw new Refusal(reject(name, field, `${field} ${JSON.stringify(id)} is not known`));
  }
  return value;
}

/** A decimal string in minor units at `scale`, or a refusal naming the field. */
export function amountOf(field: string, text: string, scale: number): bigint {
  const parsed = parseDecimal(text, scale);
  if (parsed.ok) return parsed.units;
  const shown = text.length > 40 ? `${text.slice(0, 40)}...` : text;
  const why = {
    NOT_A_NUMBER: 'is not a plain decimal',
    OVER_PRECISE: `has more than ${scale} decimals`,
    OUT_OF_RANGE: 'is beyond 128 bits',
  }[parsed.problem];
  throw new Refusal(reject(parsed.problem, field, `${field} ${JSON.stringify(shown)} ${why}`));
}

/** As `amountOf`, above zero. */
export function positiveOf(field: string, text: string, scale: number): bigint {
  const units = amountOf(field, text, scale);
  if (units <= 0n) refuse('NOT_POSITIVE', field, `${field} ${text} is not above zero`);
  return units;
}

/** A multiple of `step`. */
export function needStep(units: bigint, step: bigint, name: RejectName, field: string): void {
  if (abs(units) % step !== 0n) refuse(name, field, `${field} is not a multiple of its step`);
}

/** Where events of one decision come from: their ids derive from `source`, so a retry makes the same ids. */
export interface Origin {
  readonly source: string;
  readonly actor: string;
  readonly occurredAt: Micros;
  readonly traceparent?: string;
}

/** Makes the `index`-th event of a decision. */
export function fact<T extends EventType>(
  origin: Origin,
  index: number,
  type: T,
  data: EventData[T],
): AnyNewEvent {
  const id = uuidV5(EVENT_NAMESPACE, `${origin.source}|${index}`);
  const { occurredAt, actor, traceparent } = origin;
  const schemaVersion = schemaVersions[type];
  // Two literals instead of one with a spread: every event passes here.
  const event =
    traceparent === undefined
      ? { id, type, schemaVersion, occurredAt, actor, data }
      : { id, type, schemaVersion, occurredAt, actor, traceparent, data };
  return event as AnyNewEvent;
}
