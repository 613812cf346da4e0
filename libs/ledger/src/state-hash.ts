import { createHash } from 'node:crypto';
import { canonical, type StateEntry } from './canonical-entry.js';
import { rememberedIn, valueOf } from './entry-values.js';
import { railEntries } from './rails/entries.js';
import { riskEntries } from './risk/entries.js';
import { byCode, type HouseState } from './state.js';

/** What is hashed into every leaf, so that roots of other houses or other schemas never collide with ours. */
export const STATE_ORIGIN = 'novate/state';
export const STATE_SCHEMA = 2;

/**
 * All entries in order of kind, then id (UTF-16 code units). A snapshot is exactly these, with the days of the factor
 * histories and the parameter documents whose hashes they hold.
 */
export function stateEntries(state: HouseState): StateEntry[] {
  const entries: StateEntry[] = [];
  entries.push(['house', 'house', valueOf.house(state)]);
  if (state.checkpointKey !== undefined) {
    entries.push(['checkpoint-key', 'log', valueOf.checkpointKey(state.checkpointKey)]);
  }
  referenceEntries(state, entries);
  positionEntries(state, entries);
  windowEntries(state, entries);
  memoryEntries(state, entries);
  riskEntries(state.risk, entries);
  railEntries(state.rails, entries);
  return entries.sort((a, b) => byCode(a[0], b[0]) || byCode(a[1], b[1]));
}

function referenceEntries(state: HouseState, out: StateEntry[]): void {
  for (const [id, asset] of state.assets) out.push(['asset', id, valueOf.asset(asset)]);
  for (const [id, member] of state.members) out.push(['member', id, valueOf.member(member)]);
  for (const [id, account] of state.accounts) out.push(['account', id, valueOf.account(account)]);
  for (const [id, venue] of state.venues) out.push(['venue', id, valueOf.venue(venue)]);
  for (const [id, instrument] of state.instruments) {
    out.push(['instrument', id, valueOf.instrument(instrument)]);
  }
}

function positionEntries(state: HouseState, out: StateEntry[]): void {
  for (const [id, position] of state.positions) {
    out.push(['position', id, valueOf.position(position)]);
  }
  for (const [asset, books] of state.books) {
    for (const [book, amount] of books) out.push(['book', `${asset}|${book}`, `${amount}`]);
  }
  for (const [id, price] of state.settled) out.push(['settled', id, valueOf.settled(price)]);
}

function windowEntries(state: HouseState, out: StateEntry[]): void {
  for (const [id, stream] of state.streams) out.push(['stream', id, valueOf.stream(stream)]);
  for (const [instrument, streams] of state.marks) {
    for (const [stream, marks] of streams) {
      out.push(['mark', `${instrument}|${stream}`, valueOf.marks(marks)]);
    }
  }
  for (const [instrument, rate] of state.funding) out.push(['funding', instrument, `${rate}`]);
  for (const [window, venues] of state.closings) {
    for (const [venue, closing] of venues) {
      out.push(['closing', `${window}|${venue}`, valueOf.closing(closing)]);
    }
  }
}

function memoryEntries(state: HouseState, out: StateEntry[]): void {
  for (const window of state.rememberedIn.keys()) {
    for (const [stream, ids] of rememberedIn(state, window)) {
      out.push(['remembered', `${window}|${stream}`, ids]);
    }
  }
  for (const [id, giveUp] of state.giveUps) out.push(['give-up', id, valueOf.giveUp(giveUp)]);
  for (const [id, withdrawal] of state.withdrawals) {
    out.push(['withdrawal', id, valueOf.withdrawal(withdrawal)]);
  }
  for (const [id, window] of state.requests) out.push(['request', id, window]);
}

function sha256(...parts: readonly (string | Uint8Array)[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

/** Preimage of an entry's leaf: canonical [origin, schema, kind, id, value]. A line of a snapshot. */
export function entryLine([kind, id, value]: StateEntry): string {
  return canonical([STATE_ORIGIN, STATE_SCHEMA, kind, id, value]);
}

/** RFC 9162 leaf hash of an entry: SHA-256(0x00 || its line). */
export function entryHash(entry: StateEntry): Buffer {
  return sha256(LEAF, entryLine(entry));
}

/** RFC 9162 2.1.1: Merkle tree hash over leaf hashes; SHA-256 of nothing for an empty list. */
export function merkleRoot(leaves: readonly Buffer[]): Buffer {
  if (leaves.length === 0) return sha256();
  let level = [...leaves];
  // Pairing from the left and carrying an odd last node up is the same tree as RFC 9162's split at a power of two.
  while (level.length > 1) {
    const next: Buffer[] = [];
    for (let i = 0; i < level.length; i += 2) {
      const [left, right] = [level[i]!, level[i + 1]];
      next.push(right === undefined ? left : sha256(NODE, left, right));
    }
    level = next;
  }
  return level[0]!;
}

/** Merkle root over all entries, hex. Equal on every machine for the same facts, whatever their arrival order. */
export function stateHash(state: HouseState): string {
  return merkleRoot(stateEntries(state).map(entryHash)).toString('hex');
}
