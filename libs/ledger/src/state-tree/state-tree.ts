import { hash } from 'node:crypto';
import { LedgerBroken } from '../broken.js';
import type { StateEntry } from '../canonical-entry.js';
import type { HouseState } from '../state.js';
import { byCode } from '../code-order.js';
import { entryLine, stateEntries, stateHash } from '../state-hash.js';
import { entryReader } from './entry-of.js';
import { MerkleLevels, type PathStep, rootOf } from './merkle-levels.js';
import { entryKey } from './touched.js';

/** That an entry is in the state with a root: its line, and the siblings from its leaf up to that root. */
export interface StateProof {
  /** Canonical JSON `[origin, schema, kind, id, value]`: SHA-256 of a zero byte and this line is the leaf. */
  readonly line: string;
  readonly index: number;
  /** Number of leaves. */
  readonly size: number;
  readonly path: readonly PathStep[];
  /** Hex. */
  readonly root: string;
}

const LEAF = '\0';

/** RFC 9162 leaf hash of an entry's line, hex. */
export function lineHash(line: string): string {
  return hash('sha256', LEAF + line, 'hex');
}

function leafOf(entry: StateEntry): Buffer {
  return Buffer.from(lineHash(entryLine(entry)), 'hex');
}

/**
 * The Merkle tree of `stateHash`, kept beside a state. From now on `evolve` notes in the state which entries an event
 * may change, and `root` hashes those again and the nodes above them. Where entries came or went the nodes to their right
 * stand elsewhere and are hashed again too, their leaves are not. One state has one tree.
 */
export class StateTree {
  private keys: string[];
  private readonly levels = new MerkleLevels();
  private readonly touched: Set<string>;

  constructor(private readonly state: HouseState) {
    this.touched = new Set();
    state.touched = this.touched;
    const entries = stateEntries(state);
    this.keys = entries.map(([kind, id]) => entryKey(kind, id));
    this.levels.replace(Buffer.concat(entries.map(leafOf)));
  }

  /** Number of entries. */
  get size(): number {
    this.refresh();
    return this.levels.size;
  }

  /** `stateHash` of the state as it is now, hex. */
  root(): string {
    this.refresh();
    return this.levels.root().toString('hex');
  }

  /** The proof of one entry; undefined where the state holds none of this name. */
  prove(kind: string, id: string): StateProof | undefined {
    this.refresh();
    const key = entryKey(kind, id);
    const index = lowerBound(this.keys, key);
    const value = entryReader(this.state)(kind, id);
    if (this.keys[index] !== key || value === undefined) return undefined;
    return {
      line: entryLine([kind, id, value]),
      index,
      size: this.levels.size,
      path: this.levels.path(index),
      root: this.root(),
    };
  }

  /** Hashes the whole state once more. Throws LedgerBroken where the tree says otherwise: an event touched what it did not name. */
  check(): void {
    const [kept, whole] = [this.root(), stateHash(this.state)];
    if (kept !== whole)
      throw new LedgerBroken(`the state tree has root ${kept}, the state ${whole}`);
  }

  private refresh(): void {
    if (this.touched.size === 0) return;
    const read = entryReader(this.state);
    const came: (readonly [key: string, leaf: Buffer])[] = [];
    const went: number[] = [];
    const changed: (readonly [index: number, leaf: Buffer])[] = [];
    for (const key of [...this.touched].sort(byCode)) {
      const [kind, id] = key.split('\0') as [string, string];
      const value = read(kind, id);
      const leaf = value === undefined ? undefined : leafOf([kind, id, value]);
      const index = lowerBound(this.keys, key);
      const known = this.keys[index] === key;
      if (leaf === undefined) {
        if (known) went.push(index);
      } else if (!known) came.push([key, leaf]);
      else if (!leaf.equals(this.levels.leaves(index, index + 1))) changed.push([index, leaf]);
    }
    this.touched.clear();
    this.levels.update(changed);
    if (came.length > 0 || went.length > 0) this.merge(came, went);
  }

  /** Lays the new entries between the old ones that stay, in order. */
  private merge(
    came: readonly (readonly [key: string, leaf: Buffer])[],
    went: readonly number[],
  ): void {
    const keys: string[] = [];
    const leaves: Buffer[] = [];
    let at = 0;
    let gone = 0;
    const keep = (end: number): void => {
      while (at < end) {
        const stop = Math.min(end, went[gone] ?? end);
        for (let i = at; i < stop; i += 1) keys.push(this.keys[i]!);
        leaves.push(this.levels.leaves(at, stop));
        at = stop;
        if (at !== went[gone]) continue;
        gone += 1;
        at += 1;
      }
    };
    for (const [key, leaf] of came) {
      keep(lowerBound(this.keys, key));
      keys.push(key);
      leaves.push(leaf);
    }
    keep(this.keys.length);
    this.keys = keys;
    this.levels.replace(Buffer.concat(leaves));
  }
}

/** Index of the first key that is not below `key`. */
function lowerBound(keys: readonly string[], key: string): number {
  let [low, high] = [0, keys.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (keys[middle]! < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The root a proof leads to, hex: the entry is in every state with this root. */
export function provenRoot({ line, path }: StateProof): string {
  return rootOf(lineHash(line), path);
}
