import { setImmediate as nextTurn } from 'node:timers/promises';
import { canonicalLine } from '../canonical.js';
import type { Batch, Journal } from '../journal/journal.js';
import { signCheckpoint, type SignedCheckpoint } from './checkpoint.js';
import { ProofRefused } from './errors.js';
import { KeyHistory } from './keys.js';
import { hashLine } from './merkle.js';
import type { SigningKey } from './note.js';
import { hashIn, PAGE_HASHES, PagedTree } from './pages.js';
import type { ProofStore } from './store.js';

/** Leaves hashed before whoever shares the thread has its turn. */
const SLICE = 256;

export interface ProverOptions {
  readonly journal: Journal;
  readonly store: ProofStore;
  /** Signs while it is the log's latest key; without one leaves are stored and nothing is signed. */
  readonly key?: SigningKey;
  /** The state root after exactly so many events, where whoever folds the journal knows it. */
  readonly stateRoot?: (size: number) => Promise<string | undefined>;
}

/** Leaf hashes of a batch, in order: over its events as they were recorded, in the schema of their day. */
export function leavesOf(batch: Pick<Batch, 'events' | 'recorded'>): Buffer[] {
  return (batch.recorded ?? batch.events).map((event) => hashLine(canonicalLine(event)));
}

/**
 * Follows a journal and stores the leaf hash of every event, and signed checkpoints at ends of batches. It has no clock:
 * `take` whatever arrives, `flush` when it is time. What was taken and not flushed is taken again after a restart.
 */
export class Prover {
  private end: { readonly batches: number; readonly hash: string } | undefined;
  private signed = 0;
  private stored = 0;
  private flushing: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly options: ProverOptions,
    private readonly tree: PagedTree,
    private readonly history: KeyHistory,
  ) {}

  /**
   * Goes on where the store ends.
   * @throws ProofRefused where the journal is shorter than what was proved of it, or its last proved batch is another one
   */
  static async open(options: ProverOptions): Promise<Prover> {
    const { journal, store } = options;
    const size = await store.size();
    const tree = await PagedTree.open(size, (wanted) => store.pages(wanted));
    const keys = (await store.keys()).filter(({ validFrom }) => validFrom <= size);
    const prover = new Prover(options, tree, new KeyHistory(keys));
    prover.signed = (await store.checkpoint())?.size ?? 0;
    const { size: length } = await journal.head();
    if (length < size) {
      const reason = `the journal ends here, its leaf hashes go on to ${size}: it was truncated`;
      throw new ProofRefused(`position ${length}`, reason);
    }
    if (size > 0) await prover.checkLast(size);
    return prover;
  }

  /** Number of leaves taken: the next position it wants. */
  get size(): number {
    return this.tree.size;
  }

  /** Leaves taken and not yet stored. */
  get pending(): number {
    return this.tree.size - this.stored;
  }
  private async checkLast(size: number): Promise<void> {
    const { journal, store } = this.options;
    this.stored = size;
    for await (const batch of journal.read(size - 1, size - 1)) {
      const { header, hash } = batch;
      const { firstPosition, count, seq } = header;
      await refuseOtherLeaves(store, firstPosition, leavesOf(batch).slice(0, size - firstPosition));
      if (firstPosition + count === size) this.end = { batches: seq + 1, hash };
    }
  }

  /** Takes the next batch, or what of it was not taken yet. */
  async take(batch: Batch): Promise<void> {
    const events = batch.recorded ?? batch.events;
    const first = batch.header.firstPosition + batch.header.count - events.length;
    const skip = this.tree.size - first;
    if (skip < 0) throw new RangeError(`position ${this.tree.size} is next, got ${first}`);
    for (let i = skip; i < events.length; i += 1) {
      const current = batch.events[i]!;
      if (current.type === 'CheckpointKeyRotated') {
        await this.options.store.addKey(this.history.add(current.data, current.position));
      }
      this.tree.append(hashLine(canonicalLine(events[i]!)));
      if ((i - skip) % SLICE === SLICE - 1) await nextTurn();
    }
    this.end = { batches: batch.header.seq + 1, hash: batch.hash };
  }

  /**
   * Stores what was taken and, with the log's latest key, signs a checkpoint of it. Call it between batches, not while one
   * is being taken.
   * @returns the new checkpoint; undefined where there was nothing new to sign
   */
  flush(): Promise<SignedCheckpoint | undefined> {
    const { size } = this.tree;
    const root = this.tree.root().toString('hex');
    const pages = this.tree.takePages();
    const { end, options } = this;
    const flushed = this.flushing.then(async () => {
      await options.store.write(pages);
      this.stored = Math.max(this.stored, size);
      return this.sign(size, root, end);
    });
    this.flushing = flushed.catch(() => undefined);
    return flushed;
  }

  private async sign(
    size: number,
    root: string,
    chain: Prover['end'],
  ): Promise<SignedCheckpoint | undefined> {
    const { key, store, stateRoot } = this.options;
    const { latest } = this.history;
    if (key === undefined || latest === undefined || size <= this.signed) return undefined;
    if (latest.key.publicKey !== key.verifier.publicKey || size < latest.validFrom)
      return undefined;
    const state = await stateRoot?.(size);
    const checkpoint = signCheckpoint(
      {
        ...{ origin: key.verifier.name, size, root },
        ...(chain && { chain }),
        ...(state !== undefined && { stateRoot: state }),
      },
      key,
    );
    await store.addCheckpoint(checkpoint);
    this.signed = size;
    return checkpoint;
  }
}

/** Are the stored leaf hashes from a position on these? @throws ProofRefused naming the first position that differs */
export async function refuseOtherLeaves(
  store: Pick<ProofStore, 'pages'>,
  from: number,
  leaves: readonly Buffer[],
): Promise<void> {
  const found = await differingLeaf(store, from, leaves);
  if (found === undefined) return;
  throw new ProofRefused(`position ${found}`, 'its leaf is not the one that was stored');
}

/** The first position from `from` on whose stored leaf hash is not the one given; a leaf that is not stored differs. */
export async function differingLeaf(
  store: Pick<ProofStore, 'pages'>,
  from: number,
  leaves: readonly Buffer[],
): Promise<number | undefined> {
  for (let i = 0; i < leaves.length;) {
    const index = Math.floor((from + i) / PAGE_HASHES);
    const [page] = await store.pages([{ tier: 0, index }]);
    for (
      let at = (from + i) % PAGE_HASHES;
      at < PAGE_HASHES && i < leaves.length;
      at += 1, i += 1
    ) {
      if (hashIn(page!, at)?.equals(leaves[i]!) !== true) return from + i;
    }
  }
  return undefined;
}
