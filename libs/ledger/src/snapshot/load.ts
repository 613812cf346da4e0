import {
  type Batch,
  breathe,
  GENESIS,
  type Journal,
  openHeader,
  readLines,
  type SnapshotHeader,
  SnapshotRefused,
  type SnapshotStore,
  type StoredSnapshot,
  type VerifierKey,
} from '#events';
import { evolve } from '../evolve.js';
import { type HouseState, initialState } from '../state.js';
import { STATE_ORIGIN, STATE_SCHEMA } from '../state-hash.js';
import { StateReader } from './state-reader.js';

/** Where snapshots come from, and by what they are judged. */
export interface SnapshotSource {
  readonly journal: Journal;
  readonly snapshots: SnapshotStore;
  /** Whose signatures count. */
  readonly keys: readonly VerifierKey[];
  /** One line per snapshot that was refused. */
  readonly log: (line: string) => void;
}

/** A state and the end of the part of the journal it was folded from. */
export interface Folded {
  readonly state: HouseState;
  /** Number of events. */
  readonly size: number;
  /** Number of whole batches, and the chain hash after the last of them. */
  readonly batches: number;
  readonly hash: string;
  readonly lastCycle?: SnapshotHeader['lastCycle'];
}

/** The codec of states in snapshots. */
export const STATE_CODEC = `${STATE_ORIGIN}/${STATE_SCHEMA}`;

export function fromZero(): Folded {
  return { state: initialState(), size: 0, batches: 0, hash: GENESIS };
}

/**
 * The header of a stored snapshot that is signed by a known key and belongs to this journal: the batch that ends there has
 * the chain hash it names, and a chain hash names all that came before it.
 * @throws SnapshotRefused naming the place
 */
export async function judgeHeader(
  { journal, keys }: SnapshotSource,
  stored: StoredSnapshot,
): Promise<SnapshotHeader> {
  const header = openHeader(stored, keys);
  const head = await journal.head();
  if (header.codecs.state !== STATE_CODEC) {
    throw new SnapshotRefused('header', `holds ${header.codecs.state}, this build ${STATE_CODEC}`);
  }
  if (header.shard !== head.shard) {
    throw new SnapshotRefused('header', `is of shard ${header.shard}, not ${head.shard}`);
  }
  if (header.size > head.size) {
    throw new SnapshotRefused(
      'header',
      `names ${header.size} events, the journal has ${head.size}`,
    );
  }
  const last = await batchAt(journal, header.size - 1);
  const end = last === undefined ? 0 : last.header.firstPosition + last.header.count;
  if (
    end !== header.size ||
    last?.hash !== header.chainHash ||
    last.header.seq + 1 !== header.batches
  ) {
    const found = `batch ${last?.header.seq} ends at ${end} with chain hash ${last?.hash}`;
    throw new SnapshotRefused('header', `is of another journal or of a fork of it: here ${found}`);
  }
  return header;
}

async function batchAt(journal: Journal, position: number): Promise<Batch | undefined> {
  for await (const batch of journal.read(position, position)) return batch;
  return undefined;
}

/** Reads and verifies one snapshot whole. @throws SnapshotRefused naming the place */
export async function openSnapshot(
  source: SnapshotSource,
  stored: StoredSnapshot,
): Promise<Folded & { readonly header: SnapshotHeader }> {
  const header = await judgeHeader(source, stored);
  const reader = new StateReader();
  await readLines(header, source.snapshots.pages(stored.size), (line) => reader.add(line));
  const state = reader.finish(header.stateRoot);
  const { size, batches, chainHash: hash, lastCycle } = header;
  return { state, size, batches, hash, header, ...(lastCycle && { lastCycle }) };
}

/**
 * The newest snapshot that holds, of at most `atMost` events; from zero where none does. What is refused on the way is
 * logged with its place, and an older one is tried.
 */
export async function nearestSnapshot(source: SnapshotSource, atMost = Infinity): Promise<Folded> {
  let refused = 0;
  for (const stored of await source.snapshots.list()) {
    if (stored.size > atMost) continue;
    try {
      return await openSnapshot(source, stored);
    } catch (error) {
      if (!(error instanceof SnapshotRefused)) throw error;
      refused += 1;
      source.log(`snapshot at ${stored.size} refused: ${error.message}; trying an older one`);
    }
  }
  if (refused > 0) source.log(`no snapshot holds: folding the journal from position 0`);
  return fromZero();
}

/** Events folded without a pause: some milliseconds. */
const SLICE = 1_000;

export interface FoldOptions {
  /** Number of events to stop at; default all there are. */
  readonly to?: number;
  readonly onBatch?: (batch: Batch) => void;
}

/** Folds the journal's events into a state that was folded up to `start.size`, in place, with pauses for others. */
export async function foldTail(
  journal: Journal,
  start: Folded,
  { to = Infinity, onBatch }: FoldOptions = {},
): Promise<Folded> {
  const { state } = start;
  let { size, batches, hash, lastCycle } = start;
  if (size >= to) return start;
  for await (const batch of journal.read(size, to - 1)) {
    const { firstPosition, count, seq } = batch.header;
    if (firstPosition > size || (firstPosition === size && batch.prevHash !== hash)) {
      throw new RangeError(`batch ${seq} does not continue what was folded up to ${size}`);
    }
    for (const event of batch.events) {
      if (event.position < size) continue;
      if (event.position >= to) break;
      evolve(state, event);
      size += 1;
      if (event.type === 'CycleCompleted') {
        lastCycle = { cycle: event.data.cycle, endsAt: event.data.endsAt, position: size };
      }
      if (size % SLICE === 0) await breathe();
    }
    if (size === firstPosition + count) [batches, hash] = [seq + 1, batch.hash];
    onBatch?.(batch);
    if (size >= to) break;
  }
  return { state, size, batches, hash, ...(lastCycle && { lastCycle }) };
}
