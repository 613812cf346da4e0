import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import type { Batch, Journal } from '#events';
import { COLUMNS, rowOf } from './rows.js';
import { dropEventTable, migrateEventTable } from './schema.js';

const RESTART_MS = 1_000;
/** Events of one transaction, whole batches, and events that may wait before the journal's reader is held back. */
const MAX_EVENTS = 20_000;
const CHUNK = 1 << 20;

export interface EventTableOptions {
  readonly databaseUrl: string;
  readonly journal: Journal;
  /** Most events of one transaction; whole batches, at least one. */
  readonly maxEvents?: number;
  readonly log?: (line: string) => void;
}

export class EventTableForeign extends Error {
  override readonly name = 'EventTableForeign';
  constructor(position: number) {
    super(
      `The event table was filled from another journal (they differ at position ${position}): run 'novate rebuild --events'.`,
    );
  }
}

interface Checkpoint {
  readonly position: number;
  readonly hash: string;
}

const endOf = ({ header }: Batch): number => header.firstPosition + header.count;

/**
 * Fills `log.event` for as long as it runs, from its checkpoint on. Rows and checkpoint move in one transaction, which begins by
 * moving the checkpoint from where this filler believes it to be: killed, or two at once, it leaves no gap and no repeat.
 */
export class EventTable {
  private readonly stopping = new AbortController();
  private readonly running: Promise<void>;
  private at = 0;

  constructor(private readonly options: EventTableOptions) {
    this.running = this.run();
  }

  /** Number of events in the table. */
  get position(): number {
    return this.at;
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      try {
        await fill(this.options, signal, (position) => (this.at = position));
      } catch (error) {
        if (signal.aborted) return;
        this.options.log?.(`event table: ${String(error)}; starting again`);
        await sleep(RESTART_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  }
}

/** Follows the journal from the table's checkpoint until told to end, or until something breaks, and then throws. */
export async function fill(
  options: EventTableOptions,
  signal: AbortSignal,
  moved: (position: number) => void,
): Promise<void> {
  const { databaseUrl, journal, maxEvents = MAX_EVENTS } = options;
  const client = new Client({ connectionString: databaseUrl });
  const broken = new Promise<never>((_, reject) => client.on('error', reject));
  broken.catch(() => undefined);
  await client.connect();
  const queue = new BatchQueue(maxEvents);
  const end = (): void => queue.end();
  try {
    // The table can be filled again, so a commit need not wait for the disk.
    await client.query('SET synchronous_commit = off');
    await migrateEventTable(client);
    let checkpoint = await readCheckpoint(client);
    await needSame(journal, checkpoint);
    moved(checkpoint.position);
    const subscription = journal.subscribe(checkpoint.position, (batch) => queue.put(batch));
    const ended = subscription.done.then(() => queue.end());
    ended.catch(() => undefined);
    signal.addEventListener('abort', end);
    if (signal.aborted) queue.end();
    try {
      for (;;) {
        const batches = await Promise.race([queue.take(), ended.then(() => []), broken]);
        if (batches.length === 0) return;
        checkpoint = await write(client, checkpoint, batches);
        moved(checkpoint.position);
      }
    } finally {
      queue.end();
      signal.removeEventListener('abort', end);
      await subscription.stop();
    }
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function readCheckpoint(client: Client): Promise<Checkpoint> {
  const { rows } = await client.query<{ position: string; hash: string }>(
    'SELECT position, hash FROM log.checkpoint',
  );
  return { position: Number(rows[0]?.position ?? 0), hash: rows[0]?.hash ?? '' };
}

/** Is the batch that ends at the checkpoint the one that was written there? */
async function needSame(journal: Journal, { position, hash }: Checkpoint): Promise<void> {
  if (position === 0) return;
  for await (const batch of journal.read(position - 1, position - 1)) {
    if (endOf(batch) === position && batch.hash === hash) return;
    break;
  }
  throw new EventTableForeign(position);
}

async function write(
  client: Client,
  from: Checkpoint,
  batches: readonly Batch[],
): Promise<Checkpoint> {
  const last = batches.at(-1)!;
  const to = { position: endOf(last), hash: last.hash };
  await client.query('BEGIN');
  const { rowCount } = await client.query(
    'UPDATE log.checkpoint SET position = $1, hash = $2 WHERE position = $3 AND hash = $4',
    [to.position, to.hash, from.position, from.hash],
  );
  if (rowCount !== 1) throw new Error(`another filler moved the table on from ${from.position}`);
  await copy(client, batches);
  await client.query('COMMIT');
  return to;
}

async function copy(client: Client, batches: readonly Batch[]): Promise<void> {
  const stream = client.query(copyFrom(`COPY log.event (${COLUMNS}) FROM STDIN`));
  const finished = once(stream, 'finish');
  // Awaited below; an error that comes before must not be an unhandled one.
  finished.catch(() => undefined);
  let text = '';
  for (const { events } of batches) {
    for (const event of events) {
      text += rowOf(event);
      if (text.length < CHUNK) continue;
      if (!stream.write(text)) await Promise.race([once(stream, 'drain'), finished]);
      text = '';
    }
  }
  stream.end(text);
  await finished;
}

/** What the journal delivered and the table has not. Whoever puts waits while too much is waiting. */
class BatchQueue {
  private batches: Batch[] = [];
  private events = 0;
  private over = false;
  private wake: (() => void) | undefined;
  private room: (() => void) | undefined;

  constructor(private readonly most: number) {}

  async put(batch: Batch): Promise<void> {
    this.batches.push(batch);
    this.events += batch.events.length;
    this.wake?.();
    while (this.events >= this.most && !this.over) {
      await new Promise<void>((resolve) => (this.room = resolve));
    }
  }

  /** Everything that waits, as soon as there is something; nothing once it ended. */
  async take(): Promise<readonly Batch[]> {
    while (this.batches.length === 0 && !this.over) {
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
    if (this.over) return [];
    const taken = this.batches;
    this.batches = [];
    this.events = 0;
    this.room?.();
    return taken;
  }

  end(): void {
    this.over = true;
    this.wake?.();
    this.room?.();
  }
}

/** Drops the table and fills it up to the head; resolves with the number of its events. */
export async function rebuildEventTable(options: EventTableOptions): Promise<number> {
  const client = new Client({ connectionString: options.databaseUrl });
  await client.connect();
  await dropEventTable(client).finally(() => client.end());
  const { size } = await options.journal.head();
  const stop = new AbortController();
  let filled = 0;
  if (size === 0) stop.abort();
  await fill(options, stop.signal, (position) => {
    filled = position;
    if (position >= size) stop.abort();
  });
  return filled;
}
