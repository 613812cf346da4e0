import { createHash } from 'node:crypto';
import { type Rejection, reject } from './codes.js';

const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
// eslint-disable-next-line no-control-regex
const NON_ASCII = /[^\u0000-\u007f]/;

/** Checks the form of an id. Ids are opaque; the form only keeps look-alikes, separators and control characters out. */
export function checkId(field: string, id: string): Rejection | undefined {
  if (ID.test(id)) return undefined;
  if (NON_ASCII.test(id)) {
    return reject('ID_NOT_ASCII', field, `${field} has a letter outside ASCII`);
  }
  return reject('INVALID_ID', field, `${field} is not a valid id`);
}

/** What an id looks like at a glance: letter case folded, 0 and O, 1, I and l made one. */
export function skeleton(id: string): string {
  return id.toUpperCase().replaceAll('0', 'O').replaceAll(/[1L]/g, 'I');
}

/** Virtual shard of an account, 0..63: first 8 bytes of SHA-256(account) modulo 64. */
export function shardOf(account: string): number {
  return Number(createHash('sha256').update(account).digest().readBigUInt64BE(0) % 64n);
}
