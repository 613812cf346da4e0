import type { Quorum } from '../rpc/index.js';
import type { Fact, WatchedRail } from './fact.js';
import { observe } from './observe.js';
import { confirm, type Progress, readChain } from './read.js';
import { type Told, WatcherStore } from './store.js';

export interface WatcherOptions {
  readonly databaseUrl: string;
  readonly quorum: Quorum;
  /** Where a chain that was never read begins; a rail's own `fromBlock` may be earlier. Default 0. */
  readonly fromBlock?: bigint;
}

export interface Watch {
  /** What this turn told; the same as `after` answers. */
  readonly told: readonly Told[];
  /** Facts that would be final were it not for a number that is missing before them. An alarm. */
  readonly held: readonly Fact[];
  /** First block not read yet. */
  readonly next: bigint;
}

/**
 * Watches one chain: follows its head through reorganisations, and tells what the rails' contracts said, first as seen,
 * then as final or as retracted. What it tells is written with its place in the chain, in one transaction.
 */
export class Watcher {
  private constructor(
    private readonly quorum: Quorum,
    private readonly store: WatcherStore,
    private progress: Progress,
  ) {}

  static async open({ databaseUrl, quorum, fromBlock = 0n }: WatcherOptions): Promise<Watcher> {
    const store = await WatcherStore.open(databaseUrl, quorum.chainId, fromBlock);
    return new Watcher(quorum, store, await store.progress());
  }

  /**
   * One turn. Throws `NoAgreement`, `ChainMoved` or a `ChainError` where the chain cannot be read now, in which case
   * nothing has happened, and `WatcherLost` once another process watches.
   * @param rails may grow from turn to turn: the past of a new one is read from its `fromBlock`
   */
  async turn(rails: readonly WatchedRail[]): Promise<Watch> {
    const reading = await readChain(this.quorum, this.progress, rails);
    if (reading === undefined) return { told: [], held: [], next: this.progress.next };
    const known = await this.store.known(reading.facts);
    const outcome = observe(known, reading, rails);
    const final = outcome.observations.flatMap((each) =>
      each.type === 'Final' ? [each.fact] : [],
    );
    await confirm(this.quorum, final, rails);
    const progress = withoutHeld(reading.progress, outcome.held);
    const told = await this.store.write({ ...reading, progress }, outcome);
    this.progress = progress;
    return { told, held: outcome.held, next: this.progress.next };
  }

  /** What was told after `seq`, oldest first: a reader that keeps its place misses nothing. */
  async after(seq: bigint, limit = 1_000): Promise<readonly Told[]> {
    return this.store.after(seq, limit);
  }

  async close(): Promise<void> {
    await this.store.close();
  }
}

/**
 * A hole in a rail's numbers means that providers left something out: its past is read again next time, until the hole
 * is filled. Meanwhile nothing above it is told as final.
 */
function withoutHeld(progress: Progress, held: readonly Fact[]): Progress {
  const torn = new Set(held.map(({ rail }) => rail));
  return { ...progress, rails: progress.rails.filter((rail) => !torn.has(rail)) };
}
