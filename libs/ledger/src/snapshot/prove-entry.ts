import { breathe } from '#events';
import type { StateEntry } from '../canonical-entry.js';
import type { HouseState } from '../state.js';
import { entryLine } from '../state-hash.js';
import { entriesInOrder } from '../state-tree/entry-of.js';
import { MerkleLevels } from '../state-tree/merkle-levels.js';
import { lineHash, type StateProof } from '../state-tree/state-tree.js';

/** Entries hashed without a pause. */
const SLICE = 200;

export interface ProvenState {
  /** `stateHash`, hex. */
  readonly root: string;
  /** Number of entries. */
  readonly size: number;
  /** The entry that was asked for, where the state holds it. */
  readonly found?: { readonly entry: StateEntry; readonly proof: StateProof };
}

/** Root of a state that stands still, and the proof of one of its entries, with pauses for others. */
export async function proveEntry(
  state: HouseState,
  wanted?: { readonly kind: string; readonly id: string },
): Promise<ProvenState> {
  const leaves: Buffer[] = [];
  let entry: StateEntry | undefined;
  let index = -1;
  for (const each of entriesInOrder(state)) {
    if (each[0] === wanted?.kind && each[1] === wanted.id) [entry, index] = [each, leaves.length];
    leaves.push(Buffer.from(lineHash(entryLine(each)), 'hex'));
    if (leaves.length % SLICE === 0) await breathe();
  }
  const levels = new MerkleLevels();
  levels.replace(Buffer.concat(leaves));
  const [root, size] = [levels.root().toString('hex'), leaves.length];
  if (entry === undefined) return { root, size };
  const proof = { line: entryLine(entry), index, size, path: levels.path(index), root };
  return { root, size, found: { entry, proof } };
}
