import { createHmac, timingSafeEqual } from 'node:crypto';
import { reject } from '#ledger';
import type { Rejection } from '#ledger';

export const SIGNATURE_HEADER = 'novate-signature';

/** The message signing keys: one per source (venue id, or `custody`). */
export type SigningKeys = ReadonlyMap<string, string>;

const signedHeaders = ['ce_source', 'ce_type', 'ce_subject', 'ce_sequence', 'ce_window'] as const;

/** HMAC-SHA256, hex, over the topic, the envelope and the value, joined by line feeds. */
export function sign(
  topic: string,
  headers: Readonly<Record<string, string>>,
  value: Uint8Array,
  key: string,
): string {
  const envelope = [topic, ...signedHeaders.map((name) => headers[name] ?? '')].join('\n');
  return createHmac('sha256', key).update(`${envelope}\n`).update(value).digest('hex');
}

/**
 * Checks a Kafka message's signature: where one is present it has to be right, and where the topic
 * requires one it has to be present. A badly signed message has no say about sequences, so it is
 * recorded without its position.
 */
export function badSignature(
  message: {
    readonly topic: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly value: Uint8Array;
  },
  keys: SigningKeys,
  required: boolean,
): Rejection | undefined {
  const given = message.headers[SIGNATURE_HEADER];
  if (given === undefined) {
    return required ? refuse(`This topic requires the header ${SIGNATURE_HEADER}.`) : undefined;
  }
  const source = message.headers['ce_source'] ?? '';
  const key = keys.get(source);
  if (key === undefined) return refuse('There is no key for this source.');
  const expected = Buffer.from(sign(message.topic, message.headers, message.value, key), 'hex');
  const actual = Buffer.from(given, 'hex');
  const equal = actual.length === expected.length && timingSafeEqual(actual, expected);
  return equal ? undefined : refuse('The signature does not match the message.');
}

const refuse = (reason: string) => reject('BAD_SIGNATURE', SIGNATURE_HEADER, reason);
