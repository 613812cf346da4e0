import { createHash } from 'node:crypto';
import { canonical, type EntryValue, type StateEntry } from './canonical-entry.js';
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
  const { openWindow, waitEnded } = state;
  entries.push([
    'house',
    'house',
    waitEnded === undefined ? { openWindow } : { openWindow, waitEnded },
  ]);
  referenceEntries(state, entries);
  positionEntries(state, entries);
  windowEntries(state, entries);
  memoryEntries(state, entries);
  riskEntries(state.risk, entries);
  return entries.sort((a, b) => byCode(a[0], b[0]) || byCode(a[1], b[1]));
}

function referenceEntries(state: HouseState, out: StateEntry[]): void {
  for (const [id, asset] of state.assets) out.push(['asset', id, { scale: asset.scale }]);
  for (const [id, { suspended, indebted, erasure }] of state.members) {
    out.push(['member', id, { suspended, indebted, erasure }]);
  }
  for (const [id, account] of state.accounts) out.push(['account', id, { ...account }]);
  for (const [id, { kind, mode, suspended }] of state.venues) {
    out.push(['venue', id, { kind, mode, suspended }]);
  }
  for (const [id, { spec, suspended, expired }] of state.instruments) {
    out.push(['instrument', id, { spec: spec as unknown as EntryValue, suspended, expired }]);
  }
}

function positionEntries(state: HouseState, out: StateEntry[]): void {
  for (const [id, p] of state.positions) {
    out.push([
      'position',
      id,
      {
        quantity: `${p.quantity}`,
        cost: `${p.cost}`,
        settledValue: `${p.settledValue}`,
        feeExact: `${p.feeExact}`,
        feeCharged: `${p.feeCharged}`,
        bought: `${p.bought}`,
        sold: `${p.sold}`,
        cutQuantity: `${p.cutQuantity}`,
        deltas: pairs(p.deltas),
      },
    ]);
  }
  for (const [asset, books] of state.books) {
    for (const [book, amount] of books) out.push(['book', `${asset}|${book}`, `${amount}`]);
  }
  for (const [id, s] of state.settled) {
    const { cycle, freshCycle, stale } = s;
    out.push(['settled', id, { price: `${s.price}`, cycle, freshCycle, stale }]);
  }
}

function windowEntries(state: HouseState, out: StateEntry[]): void {
  for (const [id, stream] of state.streams) {
    const windows = [...stream.windows]
      .sort(([a], [b]) => a - b)
      .map(([window, { count, total }]) => [window, count, `${total}`] as const);
    const { lastSequence, gapAt } = stream;
    out.push(['stream', id, { lastSequence, windows, ...(gapAt === undefined ? {} : { gapAt }) }]);
  }
  for (const [instrument, streams] of state.marks) {
    for (const [stream, marks] of streams) {
      const kept = marks.map((m) => [m.sequence, `${m.price}`, m.at] as const);
      out.push(['mark', `${instrument}|${stream}`, kept]);
    }
  }
  for (const [instrument, rate] of state.funding) out.push(['funding', instrument, `${rate}`]);
  for (const [window, venues] of state.closings) {
    for (const [venue, { endsAt, streams }] of venues) {
      const named = streams.map((s) => ({ ...s }));
      out.push(['closing', `${window}|${venue}`, { endsAt, streams: named }]);
    }
  }
}

function memoryEntries(state: HouseState, out: StateEntry[]): void {
  for (const [window, keys] of state.rememberedIn) {
    const byStream = new Map<string, EntryValue[]>();
    for (const key of [...keys].sort(byCode)) {
      const slash = key.lastIndexOf('/');
      const { digest, busted, carriers } = state.remembered.get(key)!;
      const list = byStream.get(key.slice(0, slash)) ?? [];
      byStream.set(key.slice(0, slash), list);
      const id = key.slice(slash + 1);
      list.push(carriers ? [id, digest, busted, { ...carriers }] : [id, digest, busted]);
    }
    for (const [stream, ids] of byStream) out.push(['remembered', `${window}|${stream}`, ids]);
  }
  for (const [id, g] of state.giveUps) out.push(['give-up', id, { ...g, terms: { ...g.terms } }]);
  for (const [id, w] of state.withdrawals) {
    out.push(['withdrawal', id, { ...w, amount: `${w.amount}` }]);
  }
  for (const [id, window] of state.requests) out.push(['request', id, window]);
}

function pairs(map: ReadonlyMap<string, bigint>): EntryValue {
  return [...map].sort(([a], [b]) => byCode(a, b)).map(([id, units]) => [id, `${units}`]);
}

function sha256(...parts: readonly (string | Uint8Array)[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

/** RFC 9162 leaf hash of an entry: SHA-256(0x00 || canonical [origin, schema, kind, id, value]). */
export function entryHash([kind, id, value]: StateEntry): Buffer {
  return sha256(LEAF, canonical([STATE_ORIGIN, STATE_SCHEMA, kind, id, value]));
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
