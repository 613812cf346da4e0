import { parseSigningKey, postgresSnapshots } from '#events';
import type { Journal, SigningKey, SnapshotStore } from '#events';
import { fromZero, nearestSnapshot, takeSnapshot } from '#ledger';
import type { Folded, SnapshotSource } from '#ledger';
import type { Config } from '../config/index.js';
import type { Engine } from '../engine/index.js';

export interface SnapshotsOptions {
  readonly journal: Journal;
  readonly store: SnapshotStore;
  /** Signs, and is trusted; absent: none are taken, none are read. */
  readonly key?: SigningKey;
  /** Trusted as well: the key that one replaced. */
  readonly previousKey?: SigningKey;
  /** Events after which the next one is taken; 0: none are taken. */
  readonly every: number;
  readonly keep: number;
  readonly log: (line: string) => void;
}

/** The app's snapshots: where the engine starts from, and taking the next one beside it when it is time. */
export class Snapshots {
  /** How queries of the past find a near beginning. */
  readonly source: SnapshotSource;
  private last = 0;
  private taking: Promise<void> | undefined;
  private stopped = false;

  constructor(private readonly options: SnapshotsOptions) {
    const { journal, store: snapshots, key, previousKey, log } = options;
    const keys = [key, previousKey].flatMap((each) => (each ? [each.verifier] : []));
    this.source = { journal, snapshots: keys.length > 0 ? snapshots : noSnapshots, keys, log };
  }

  /** As the environment asks for them, in the database whatever keeps the journal. */
  static of(config: Config, journal: Journal, log: (line: string) => void): Snapshots {
    const { key, previousKey } = config.checkpoints;
    return new Snapshots({
      ...{ journal, log, store: postgresSnapshots({ url: config.databaseUrl }) },
      ...(key !== undefined && { key: parseSigningKey(key) }),
      ...(previousKey !== undefined && { previousKey: parseSigningKey(previousKey) }),
      ...config.snapshots,
    });
  }

  /** The newest state that holds. */
  async start(): Promise<Folded> {
    const { snapshots } = this.source;
    const start =
      (await snapshots.list()).length > 0 ? await nearestSnapshot(this.source) : fromZero();
    this.last = start.size;
    if (start.size > 0) this.options.log(`snapshot: starting from position ${start.size}`);
    return start;
  }

  /** Takes one whenever enough events have become durable since the last. */
  follow(engine: Engine): void {
    this.due(engine.head.size);
    engine.onBatch(({ head }) => this.due(head.size));
  }

  /** Waits for the one being taken. */
  async stop(): Promise<void> {
    this.stopped = true;
    await this.taking;
    await this.options.store.close();
  }

  private due(size: number): void {
    const { every, key } = this.options;
    if (every === 0 || key === undefined || size - this.last < every) return;
    if (this.taking !== undefined || this.stopped) return;
    // Also where it fails: the next try comes after as many events again.
    this.last = size;
    this.taking = this.take(key).finally(() => (this.taking = undefined));
  }

  private async take(key: SigningKey): Promise<void> {
    const { keep, log, store } = this.options;
    try {
      const taken = await takeSnapshot({ ...this.source, snapshots: store, key, keep });
      if (taken === undefined) return;
      const { header, bytes } = taken;
      const mib = (bytes / 1_048_576).toFixed(1);
      log(`snapshot: taken at position ${header.size}, ${header.entries} entries, ${mib} MiB`);
    } catch (error) {
      log(`snapshot: not taken: ${String(error)}`);
    }
  }
}

/** Without a key to trust there is nothing to look at. */
const noSnapshots: SnapshotStore = {
  list: async () => [],
  save: async () => false,
  async *pages() {},
  remove: async () => undefined,
  close: async () => undefined,
};
