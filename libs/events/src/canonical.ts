import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { StoredEvent } from './event.js';

/** RFC 8785 canonical JSON. Throws for values JSON cannot hold. */
export function canonicalJson(value: unknown): string {
  const text = (canonicalize as unknown as (v: unknown) => string | undefined)(value);
  if (text === undefined) throw new TypeError('value has no canonical JSON');
  return text;
}

/** The canonical line of a recorded event: the preimage of its leaf, and a line of an export. */
export function canonicalLine(event: StoredEvent): string {
  return canonicalJson(event);
}

/** RFC 9162 leaf hash of a recorded event: SHA-256 over a zero byte and its canonical line in UTF-8. Hex. */
export function leafHash(event: StoredEvent): string {
  const hash = createHash('sha256').update(LEAF_PREFIX);
  return hash.update(canonicalLine(event), 'utf8').digest('hex');
}

const LEAF_PREFIX = Uint8Array.of(0);
