import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { hearRebuilds, ReadModelBusy, tryProjectorLock, tryServiceLock } from './lock.js';
import type { Batch, Journal, Subscription } from '#events';
import type { HouseState } from '#ledger';
import { ReadFold } from './fold.js';
import type { ReadSchema } from './schemas.js';
import { postgresReadStore } from './store.js';
import type { Checkpoint, ReadStore } from './store.js';

export { ReadModelTaken } from './store.js';

const LOCK_RETRY_MS = 250;
/** Events that may wait in memory before the journal's reader is held back. */
const MAX_QUEUED_EVENTS = 40_000;

export interface ProjectorOptions {
  readonly databaseUrl: string;
  readonly journal: Journal;
  /** Most events of one transaction; whole batches, at least one. */
  readonly maxEvents?: number;
  /** Which version of the read model it writes: `read`, the one that is queried, unless another is built beside it. */
  readonly schema?: ReadSchema;
  /** For a rebuild's own steps: fail at once instead of waiting, and do not step aside. */
  readonly exclusive?: boolean;
  /** Ends the wait for another projector to go. */
  readonly signal?: AbortSignal;
}

/** The end of the part of the journal that is folded. */
export interface Folded {
  readonly size: number;
  readonly batches: number;
  readonly hash: string;
}

export interface Projector {
  /** Resolves once all that was in the journal at the start is in the read model. */
  readonly caughtUp: Promise<void>;
  /** Resolves when stopped; rejects with the reason it broke. */
  readonly done: Promise<void>;
  /** Number of events in the read model. */
  position(): number;
  /** What is folded: up to `position()`, or a little more while a transaction is under way. */
  folded(): Folded;
  /** The ledger's state at `folded()`: read it, never change it. */
  state(): HouseState;
  /** `stateHash` of that state, hex, at the cost of what changed since it was asked last. */
  stateHash(): string;
  /** Lets no batch in that begins at or after this position, until it is called again. */
  allow(until: number): void;
  stop(): Promise<void>;
}

export class ReadModelForeign extends Error {
  constructor(position: number) {
    super(
      `The read model was built from another journal (they differ at position ${position}): ` +
        `run 'novate rebuild'.`,
    );
  }
}

/** Connects, takes the projector's lock and follows the journal from its beginning. */
export async function startProjector(options: ProjectorOptions): Promise<Projector> {
  const client = new Client({ connectionString: options.databaseUrl });
  // A broken connection also fails the query in flight, which ends the projector.
  client.on('error', () => {});
  await client.connect();
  try {
    // The read model can be rebuilt, so a commit need not wait for the disk.
    await client.query('SET synchronous_commit = off');
    let wanted = false;
    let stepAside = (): void => {
      wanted = true;
    };
    const schema = options.schema ?? 'read';
    if (!options.exclusive) await hearRebuilds(client, () => stepAside());
    // Nobody else writes a version that is not queried: its builder holds a lock of its own.
    if (schema === 'read') await takeLock(client, options);
    const checkpoint = await checkpointOf(client, schema);
    const { size } = await options.journal.head();
    if (size < checkpoint.position) throw new ReadModelForeign(checkpoint.position);
    const projector = runProjector(postgresReadStore(client, schema), options, checkpoint);
    client.on('error', (error) => projector.fail(error));
    stepAside = () => projector.end();
    // Asked while it was starting: a rebuild holds the way already.
    if (wanted) projector.end();
    return projector;
  } catch (error) {
    await client.end();
    throw error;
  }
}

/** How far a version of the read model is. */
export async function checkpointOf(client: Client, schema: ReadSchema): Promise<Checkpoint> {
  const { rows } = await client.query<{ position: string; hash: string }>(
    `SELECT position, hash FROM ${schema}.projection_checkpoint WHERE name = 'read'`,
  );
  return { position: Number(rows[0]!.position), hash: rows[0]!.hash };
}

async function takeLock(client: Client, options: ProjectorOptions): Promise<void> {
  if (options.exclusive) {
    if (!(await tryProjectorLock(client))) throw new ReadModelBusy();
    return;
  }
  while (!(await tryServiceLock(client))) {
    await sleep(LOCK_RETRY_MS, undefined, options.signal ? { signal: options.signal } : {});
  }
}

/** What a projector needs beside its store. */
export type ProjectorInput = Pick<ProjectorOptions, 'journal' | 'maxEvents'>;

/** A projector that can be told to end after the transaction under way, and why it broke. */
export interface ProjectorRun extends Projector {
  end(): void;
  fail(error: unknown): void;
}

/** Projects into a store from its checkpoint on. */
export function runProjector(
  store: ReadStore,
  input: ProjectorInput,
  checkpoint: Checkpoint,
): ProjectorRun {
  return new RunningProjector(store, input, checkpoint);
}

/**
 * Batches are queued as the journal delivers them and written by one loop, so that whatever arrived during a
 * transaction goes into the next one together. The ledger's state is not stored in the read model: it is folded again from
 * position 0 on every start, without writing until the checkpoint is passed.
 */
class RunningProjector implements ProjectorRun {
  readonly caughtUp: Promise<void>;
  readonly done: Promise<void>;
  private readonly fold = new ReadFold();
  private readonly queue: Batch[] = [];
  private readonly subscription: Subscription;
  private queued = 0;
  private written: number;
  private foldedTo: Folded = { size: 0, batches: 0, hash: '0'.repeat(64) };
  private wake: (() => void) | undefined;
  private room: (() => void) | undefined;
  private limit = Infinity;
  private opened: (() => void) | undefined;
  private stopped = false;
  private failure: unknown;

  constructor(
    private readonly store: ReadStore,
    private readonly options: ProjectorInput,
    private readonly checkpoint: Checkpoint,
  ) {
    this.written = checkpoint.position;
    this.subscription = options.journal.subscribe(0, (batch) => this.offer(batch));
    this.subscription.done.then(
      () => this.end(),
      (error: unknown) => this.fail(error),
    );
    this.done = this.run();
    this.done.catch(() => {});
    this.caughtUp = this.follow();
    this.caughtUp.catch(() => {});
  }

  position(): number {
    return this.written;
  }

  folded(): Folded {
    return this.foldedTo;
  }

  state(): HouseState {
    return this.fold.state;
  }

  stateHash(): string {
    return this.fold.tree.root();
  }

  allow(until: number): void {
    this.limit = until;
    this.opened?.();
  }

  async stop(): Promise<void> {
    this.end();
    await this.subscription.stop();
    await this.done.catch(() => {});
  }

  private async offer(batch: Batch): Promise<void> {
    while (batch.header.firstPosition >= this.limit && !this.ended()) {
      await new Promise<void>((resolve) => (this.opened = resolve));
    }
    this.queue.push(batch);
    this.queued += batch.events.length;
    this.wake?.();
    while (this.queued > MAX_QUEUED_EVENTS && !this.ended()) {
      await new Promise<void>((resolve) => (this.room = resolve));
    }
  }

  private async follow(): Promise<void> {
    await Promise.race([this.subscription.caughtUp, this.done]);
    while (this.queued > 0 && !this.ended()) {
      await Promise.race([new Promise<void>((resolve) => (this.room = resolve)), this.done]);
    }
    if (this.failure !== undefined) throw this.failure;
  }

  private ended(): boolean {
    return this.stopped;
  }

  end(): void {
    this.stopped = true;
    this.wake?.();
    this.room?.();
    this.opened?.();
  }

  fail(error: unknown): void {
    this.failure ??= error;
    this.end();
  }

  private async run(): Promise<void> {
    try {
      while (!this.ended()) {
        if (this.queue.length === 0) {
          await new Promise<void>((resolve) => (this.wake = resolve));
          continue;
        }
        await this.writeNext();
      }
    } catch (error) {
      this.fail(error);
    } finally {
      void this.subscription.stop().catch(() => {});
      await this.store.end().catch(() => {});
    }
    if (this.failure !== undefined) throw this.failure;
  }

  /** Takes as many whole batches as fit one transaction, folds and writes them. */
  private async writeNext(): Promise<void> {
    const limit = this.options.maxEvents ?? 20_000;
    const taken: Batch[] = [];
    let events = 0;
    while (this.queue[0] && (taken.length === 0 || events + this.queue[0].events.length <= limit)) {
      const batch = this.queue.shift()!;
      taken.push(batch);
      events += batch.events.length;
    }
    for (const batch of taken) this.foldBatch(batch);
    const last = taken.at(-1)!;
    if (endOf(last) > this.written) await this.commit(last);
    this.queued -= events;
    this.room?.();
  }

  private foldBatch(batch: Batch): void {
    for (const event of batch.events) this.fold.apply(event);
    const end = endOf(batch);
    this.foldedTo = { size: end, batches: batch.header.seq + 1, hash: batch.hash };
    if (end > this.checkpoint.position) return;
    this.fold.clear();
    const here = end === this.checkpoint.position;
    if (here && batch.hash !== this.checkpoint.hash) throw new ReadModelForeign(end);
  }

  private async commit(last: Batch): Promise<void> {
    const end = endOf(last);
    const to = { position: end, batches: last.header.seq + 1, hash: last.hash };
    await this.store.commit(this.written, to, this.fold.complete());
    this.written = end;
    this.fold.clear();
  }
}

function endOf(batch: Batch): number {
  return batch.header.firstPosition + batch.header.count;
}
