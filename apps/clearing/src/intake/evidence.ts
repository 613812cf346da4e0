import { createHash } from 'node:crypto';
import type { InputSource } from '#events';

/** Values up to this size are recorded whole; of larger ones hash, size and the first KiB. */
export const WHOLE_VALUE_BYTES = 64 * 1024;
const FIRST_BYTES = 1024;
/** A rejected message may carry anything: what is recorded of its key and headers stays small. */
const MAX_HEADERS = 32;
const MAX_TEXT = 256;

/** A message as it arrived, before anything about it is known. */
export interface RawMessage {
  readonly channel: 'kafka' | 'http';
  /** Full topic name. */
  readonly topic: string;
  readonly partition?: number;
  readonly offset?: number;
  /** Over HTTP: this request's own, so that sending the same again makes another fact. */
  readonly delivery?: string;
  readonly key?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly value: Uint8Array;
}

/**
 * Evidence of a message for its reject, made only when it is asked for. Keeps its own copy of what
 * it may need, so that a message held in memory does not hold on to the whole fetch it came in.
 */
export function evidenceOf(raw: RawMessage): () => InputSource {
  const bytes = raw.value.byteLength;
  const truncated = bytes > WHOLE_VALUE_BYTES;
  const kept = Buffer.from(truncated ? raw.value.subarray(0, FIRST_BYTES) : raw.value);
  const known = truncated ? sha256(raw.value) : undefined;
  const { channel, topic, partition, offset, key, headers } = raw;
  return () => ({
    channel,
    topic,
    ...(partition !== undefined && { partition }),
    ...(offset !== undefined && { offset: String(offset) }),
    ...(key !== undefined && { key: short(key) }),
    headers: Object.fromEntries(
      Object.entries(headers)
        .slice(0, MAX_HEADERS)
        .map(([name, value]) => [short(name), short(value)]),
    ),
    sha256: known ?? sha256(kept),
    bytes,
    value: kept.toString('base64'),
    truncated,
  });
}

/** Cut to size, and never through the middle of a character. */
const short = (text: string) => text.slice(0, MAX_TEXT).toWellFormed();
const sha256 = (value: Uint8Array) => createHash('sha256').update(value).digest('hex');
