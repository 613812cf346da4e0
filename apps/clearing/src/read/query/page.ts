import { Problem } from '../../problem/index.js';
import { MAX_CYCLE, RAIL } from './dto.js';

/** A page of rows in the stable order of their key; `nextCursor` is absent on the last one. */
export interface Page<T> {
  readonly data: readonly T[];
  readonly nextCursor?: string;
}

export type CursorKey = readonly (string | number)[];

export function invalidQuery(field: string, detail: string, fix: string): Problem {
  const type = 'urn:novate:problem:INVALID_QUERY';
  return new Problem({ type, title: 'Invalid query', status: 400, detail, field, fix });
}

export function notFound(field: string, detail: string): Problem {
  const type = 'urn:novate:problem:NOT_FOUND';
  const fix = 'Correct the id, or use a key that may see it.';
  return new Problem({ type, title: 'Not found', status: 404, detail, field, fix });
}

function encode(key: CursorKey): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url');
}

const isWhole = (part: unknown, most: number) =>
  Number.isSafeInteger(part) && (part as number) >= 0 && (part as number) <= most;
/** What each kind of part may hold, so that nothing else is asked of the database. */
const fitsPart = {
  string: (part: unknown) => typeof part === 'string' && /^[\w.-]{1,64}$/.test(part),
  rail: (part: unknown) => typeof part === 'string' && RAIL.test(part),
  number: (part: unknown) => isWhole(part, Number.MAX_SAFE_INTEGER),
  cycle: (part: unknown) => isWhole(part, MAX_CYCLE),
};
type CursorPart = keyof typeof fitsPart;
type PartOf<P> = P extends 'string' | 'rail' ? string : number;

/** The key a cursor stands for; `shape` gives the type of each part. */
export function decodeCursor<const S extends readonly CursorPart[]>(
  cursor: string | undefined,
  shape: S,
): { [I in keyof S]: PartOf<S[I]> } | undefined {
  if (cursor === undefined) return undefined;
  let key: unknown;
  try {
    key = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    key = undefined;
  }
  const fits =
    Array.isArray(key) &&
    key.length === shape.length &&
    key.every((part, i) => fitsPart[shape[i]!](part));
  if (!fits) {
    throw invalidQuery('cursor', 'This cursor is not one of ours.', 'Send nextCursor as it came.');
  }
  return key as { [I in keyof S]: PartOf<S[I]> };
}

/** Cuts rows (one more than `limit` was asked for) to a page. */
export function pageOf<Row, T>(
  rows: readonly Row[],
  limit: number,
  keyOf: (row: Row) => CursorKey,
  show: (row: Row) => T,
): Page<T> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const more = rows.length > limit && last !== undefined;
  return { data: shown.map(show), ...(more ? { nextCursor: encode(keyOf(last)) } : {}) };
}

/** Rows after a two-part key, in its order. */
export function afterPair<A extends string, B extends string>(
  [a, b]: readonly [A, B],
  key: readonly [unknown, unknown] | undefined,
): object {
  if (key === undefined) return {};
  return { OR: [{ [a]: { gt: key[0] } }, { [a]: key[0], [b]: { gt: key[1] } }] };
}
