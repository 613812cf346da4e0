import { hash } from 'node:crypto';
import type { StoredEvent } from './event.js';

/**
 * RFC 8785 canonical JSON of plain data. Throws TypeError for what JSON cannot hold, or UTF-8. Written out because every event
 * passes here once it is proved: it takes a third of the time of the package `canonicalize`, which the spec compares it with.
 */
export function canonicalJson(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return quoted(value);
    case 'number':
      if (Number.isFinite(value)) return String(value);
      break;
    case 'boolean':
      return value ? 'true' : 'false';
    case 'object':
      if (value === null) return 'null';
      if (Array.isArray(value)) return listed(value);
      return membersOf(value as Readonly<Record<string, unknown>>);
  }
  throw new TypeError(`${String(value)} has no canonical JSON`);
}

/** Printable ASCII but quote and backslash: stands in JSON as it is. */
const PLAIN = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;

function quoted(text: string): string {
  if (PLAIN.test(text)) return `"${text}"`;
  if (text.isWellFormed()) return JSON.stringify(text);
  throw new TypeError('half a surrogate pair has no canonical JSON');
}

function listed(items: readonly unknown[]): string {
  let text = '[';
  for (let i = 0; i < items.length; i += 1) {
    if (i > 0) text += ',';
    text += items[i] === undefined ? 'null' : canonicalJson(items[i]);
  }
  return `${text}]`;
}

function membersOf(object: Readonly<Record<string, unknown>>): string {
  let text = '{';
  for (const [key, name] of membersInOrder(Object.keys(object))) {
    const value = object[key];
    if (value === undefined) continue;
    text += `${text.length > 1 ? ',' : ''}${name}${canonicalJson(value)}`;
  }
  return `${text}}`;
}

type Member = readonly [key: string, name: string];

/** Objects of a journal have few sets of keys, and sorting is the dear part. */
const shapes = new Map<string, readonly Member[]>();
const MOST_SHAPES = 1_000;
const SEPARATOR = '\0';

/** Keys by UTF-16 code units, each with its name as it is written. */
function membersInOrder(keys: string[]): readonly Member[] {
  const shape = keys.join(SEPARATOR);
  const known = shapes.get(shape);
  // Kept ones have no separator in a key, so of as many keys only these make the same text.
  if (known?.length === keys.length) return known;
  const members = keys.sort().map((key): Member => [key, `${quoted(key)}:`]);
  const plain = !keys.some((key) => key.includes(SEPARATOR));
  if (plain && shapes.size < MOST_SHAPES) shapes.set(shape, members);
  return members;
}

/** The canonical line of a recorded event: the preimage of its leaf, and a line of an export. */
export function canonicalLine(event: StoredEvent): string {
  return canonicalJson(event);
}

/** RFC 9162 leaf hash of a recorded event: SHA-256 over a zero byte and its canonical line in UTF-8. Hex. */
export function leafHash(event: StoredEvent): string {
  return hash('sha256', `\0${canonicalLine(event)}`, 'hex');
}
