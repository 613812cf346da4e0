import canonicalize from 'canonicalize';
import type { AnyRecordedEvent } from './event.js';

/** RFC 8785 canonical JSON. Throws for values JSON cannot hold. */
export function canonicalJson(value: unknown): string {
  const text = (canonicalize as unknown as (v: unknown) => string | undefined)(value);
  if (text === undefined) throw new TypeError('value has no canonical JSON');
  return text;
}

/** The canonical line of a recorded event: the preimage of its leaf, and a line of an export. */
export function canonicalLine(event: AnyRecordedEvent): string {
  return canonicalJson(event);
}
