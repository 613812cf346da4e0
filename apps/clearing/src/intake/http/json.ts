import { reject } from '#ledger';
import type { Rejection } from '#ledger';

export type ParsedJson =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly rejection: Rejection };

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN = new Set([0x5b, 0x7b]);
const CLOSE = new Set([0x5d, 0x7d]);

/** Deepest nesting of JSON text, found without recursion and without parsing it. */
export function depthOf(bytes: Uint8Array, enough: number): number {
  let depth = 0;
  let deepest = 0;
  let inText = false;
  for (let i = 0; i < bytes.length && deepest <= enough; i += 1) {
    const byte = bytes[i] ?? 0;
    if (inText) {
      if (byte === BACKSLASH) i += 1;
      else if (byte === QUOTE) inText = false;
    } else if (byte === QUOTE) inText = true;
    else if (OPEN.has(byte)) deepest = Math.max(deepest, (depth += 1));
    else if (CLOSE.has(byte)) depth -= 1;
  }
  return deepest;
}

/** UTF-8 JSON of at most `maxDepth` levels, or why it is not. */
export function parseJson(bytes: Uint8Array, maxDepth: number): ParsedJson {
  if (depthOf(bytes, maxDepth) > maxDepth) {
    return refused('TOO_DEEP', `The JSON is nested deeper than ${maxDepth} levels.`);
  }
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return refused('INVALID_ENCODING', 'The body is not UTF-8.');
  }
  try {
    return { ok: true, value: JSON.parse(text) as unknown };
  } catch {
    return refused('MALFORMED_JSON', 'The body is not JSON.');
  }
}

const refused = (name: 'TOO_DEEP' | 'INVALID_ENCODING' | 'MALFORMED_JSON', reason: string) =>
  ({ ok: false, rejection: reject(name, 'value', reason) }) as const;

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
