import { byCode } from './code-order.js';

/** A value of a state entry: JSON with integers as decimal strings. */
export type EntryValue =
  | string
  | number
  | boolean
  | readonly EntryValue[]
  | { readonly [key: string]: EntryValue | undefined };
/** One canonical entry of the state. */
export type StateEntry = readonly [kind: string, id: string, value: EntryValue];

/** RFC 8785 for the values of entries: sorted keys, no white space; strings and safe integers only. */
export function canonical(value: EntryValue | undefined): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value === 'object') {
    const record = value as { readonly [key: string]: EntryValue | undefined };
    const keys = Object.keys(record).filter((key) => record[key] !== undefined);
    const members = keys
      .sort(byCode)
      .map((key) => `${JSON.stringify(key)}:${canonical(record[key])}`);
    return `{${members.join(',')}}`;
  }
  return JSON.stringify(value);
}
