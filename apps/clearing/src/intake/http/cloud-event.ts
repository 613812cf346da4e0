import { isRecord } from './json.js';

/** CloudEvents attributes that become `ce_` headers, as on Kafka. */
const attributes = [
  'specversion',
  'id',
  'source',
  'type',
  'subject',
  'sequence',
  'window',
] as const;

/** A structured CloudEvent in the form both channels share: headers and a value of JSON bytes. */
export interface StructuredInput {
  readonly headers: Readonly<Record<string, string>>;
  readonly value: Uint8Array;
  readonly source?: string;
}

/**
 * Takes a structured CloudEvent apart. What is missing or of the wrong type is left to the message
 * reader to refuse.
 */
export function fromCloudEvent(event: unknown): StructuredInput {
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  if (!isRecord(event)) return { headers, value: bytesOf(event) };
  for (const name of attributes) {
    const value = event[name];
    if (typeof value === 'string' || typeof value === 'number') headers[`ce_${name}`] = `${value}`;
  }
  const trace = event['traceparent'];
  if (typeof trace === 'string') headers['traceparent'] = trace;
  const source = headers['ce_source'];
  return { headers, value: bytesOf(event['data']), ...(source !== undefined && { source }) };
}

const bytesOf = (value: unknown) => Buffer.from(JSON.stringify(value) ?? '');
