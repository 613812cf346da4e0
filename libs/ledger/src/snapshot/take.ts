import {
  codecsOf,
  packLines,
  pageHash,
  sealSnapshot,
  type SigningKey,
  SnapshotRefused,
  type SnapshotHeader,
  type StoredSnapshot,
} from '#events';
import { stateHash } from '../state-hash.js';
import { MerkleStack } from '../state-tree/merkle-stack.js';
import { lineHash } from '../state-tree/state-tree.js';
import { stateLines } from './lines.js';
import {
  foldTail,
  type Folded,
  fromZero,
  nearestSnapshot,
  openSnapshot,
  type SnapshotSource,
  STATE_CODEC,
} from './load.js';

export interface TakeOptions extends SnapshotSource {
  readonly key: SigningKey;
  /** How many of the newest snapshots are kept. */
  readonly keep: number;
}

/** What was taken. */
export interface Taken {
  readonly header: SnapshotHeader;
  readonly stored: StoredSnapshot;
  /** Bytes of all pages. */
  readonly bytes: number;
}

/**
 * Takes a snapshot at the journal's head, if there is none, and lets go of the oldest. Nobody's state is read but the
 * journal's: the newest snapshot that holds is folded on in a state of its own, in slices, so the writer goes on and a
 * fault of its memory is not written down. Undefined where there was nothing to do.
 */
export async function takeSnapshot(options: TakeOptions): Promise<Taken | undefined> {
  const { journal, snapshots, key, keep } = options;
  const head = await journal.head();
  const start = await nearestSnapshot(options, head.size);
  const folded = await foldTail(journal, start, { to: head.size });
  if (folded.size === 0 || folded.size === start.size) return undefined;
  const { header, pages } = await writeDown(folded, head.shard);
  const stored = sealSnapshot(header, key);
  // One of this size that did not hold stands in the way of one that does.
  await snapshots.remove(stored.size);
  if (!(await snapshots.save(stored, pages))) return undefined;
  for (const old of (await snapshots.list()).slice(keep)) await snapshots.remove(old.size);
  return { header, stored, bytes: pages.reduce((sum, { length }) => sum + length, 0) };
}

async function writeDown(
  { state, size, batches, hash, lastCycle }: Folded,
  shard: number,
): Promise<{ header: SnapshotHeader; pages: readonly Buffer[] }> {
  const leaves = new MerkleStack();
  const { pages, lines } = await packLines(hashed());
  function* hashed(): Generator<string> {
    for (const line of stateLines(state)) {
      if (line.startsWith('["novate/state"')) leaves.add(lineHash(line));
      yield line;
    }
  }
  const header = {
    schema: 1,
    ...{ shard, size, batches, chainHash: hash, stateRoot: leaves.root(), lines },
    codecs: codecsOf(STATE_CODEC),
    entries: leaves.size,
    ...(lastCycle && { lastCycle }),
    pages: pages.map(pageHash),
  };
  return { header, pages };
}

/** What a full verification found of one snapshot: `reason` is there where it does not hold. */
export interface SnapshotVerdict {
  readonly size: number;
  readonly place?: string;
  readonly reason?: string;
}

/**
 * Verifies every stored snapshot, oldest first: signature, journal, pages, root, and then whether the journal, folded from
 * position 0, has that root there.
 */
export async function verifySnapshots(source: SnapshotSource): Promise<readonly SnapshotVerdict[]> {
  const verdicts: SnapshotVerdict[] = [];
  let folded = fromZero();
  for (const stored of (await source.snapshots.list()).toReversed()) {
    const { size } = stored;
    try {
      const { header } = await openSnapshot(source, stored);
      folded = await foldTail(source.journal, folded, { to: size });
      const root = stateHash(folded.state);
      if (root !== header.stateRoot) {
        throw new SnapshotRefused('state root', `is ${header.stateRoot}, a replay gives ${root}`);
      }
      verdicts.push({ size });
    } catch (error) {
      if (!(error instanceof SnapshotRefused)) throw error;
      verdicts.push({ size, place: error.place, reason: error.reason });
    }
  }
  return verdicts;
}
