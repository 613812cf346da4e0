import { once } from 'node:events';
import type { FileHandle } from 'node:fs/promises';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import {
  encodeEvents,
  GroupCommit,
  migrateJournal,
  postgresJournal,
  type AnyNewEvent,
} from '#events';
import { createDatabase } from '../demo/database.js';
import type { Cleanup } from '../terminal/cleanup.js';
import { tradeEvents, type Load } from './load.js';
import { withScratchFileAsync } from './machine.js';
import { emmettPeer, prismaPeer } from './peers.js';
import {
  interleave,
  median,
  rowOf,
  type BenchRow,
  type RowSpec,
  type SampleHook,
} from './statistics.js';

const BATCH = 1_000;
const BATCHES = 40;

const append = { name: 'Durable append, 1,000 trades a batch, hash chain on', unit: 'events/s' };

export const journalRows = {
  copy: {
    ...append,
    id: 'journal.append-vs-copy',
    against: 'Postgres COPY, one jsonb row per event, unique (stream, version)',
    goal: 4,
  },
  fdatasync: {
    ...append,
    id: 'journal.append-vs-fdatasync',
    against: 'the same events encoded to the same bytes, file append + fdatasync',
    goal: 0.5,
  },
  emmett: {
    ...append,
    id: 'journal.append-vs-emmett',
    against: 'Emmett 0.42.0 on Postgres, appendToStream of 100 events',
    goal: 10,
  },
  prisma: {
    ...append,
    id: 'journal.append-vs-prisma',
    against: 'Prisma createMany, one jsonb row per event, 1,000 a call',
    goal: 30,
  },
} satisfies Record<string, RowSpec>;

/** Batches of a sample for peers that need longer for one than we do for all. */
const FEW = 4;

/** Appends the same batches to our journal, to a table by COPY, to a bare file, and to two stores of others. */
export async function benchJournal(
  postgresUrl: string,
  load: Load,
  samples: number,
  onSample: SampleHook,
  cleanup: Cleanup,
): Promise<BenchRow[]> {
  const events = tradeEvents(load, BATCH * BATCHES);
  const batches = chunks(events, BATCH);
  const few = batches.slice(0, FEW);
  const hundreds = chunks(few.flat(), 100);
  const database = await createDatabase(postgresUrl);
  const client = new pg.Client({ connectionString: database.url });
  await migrateJournal(database.url);
  const journal = postgresJournal({ url: database.url });
  const emmett = await emmettPeer(postgresUrl, cleanup, 2);
  const prisma = await prismaPeer(postgresUrl, cleanup);
  try {
    await client.connect();
    await client.query(COPY_TABLE);
    // A writer of its own for every round: it would know the events of the round before.
    const now = (): number => Date.now() * 1000;
    const payloads = new Map<Batch, Buffer>(batches.map((batch) => [batch, encodeEvents(batch)]));
    const rates = await interleave(
      {
        journal: async () => {
          const group = new GroupCommit(journal, await journal.acquire('bench'), now);
          return timed(batches, (batch) => appendBatch(group, batch));
        },
        copy: async () => {
          await client.query('TRUNCATE bench_event');
          return timed(batches, (batch) => copyBatch(client, batch));
        },
        fdatasync: () => fileRate(batches, encodeEvents),
        bytes: () => fileRate(batches, (batch) => payloads.get(batch)!),
        emmett: async () => (emmett ? timed(hundreds, (some) => emmett.append(some)) : 0),
        prisma: async () => (prisma ? timed(few, (batch) => prisma.append(batch)) : 0),
      },
      samples,
      (name, round, rate) => rate > 0 && onSample(name, round, rate),
    );
    const bare = (median(rates.journal) / median(rates.bytes)).toFixed(2);
    return [
      rowOf(journalRows.copy, rates.journal, rates.copy),
      rowOf(
        journalRows.fdatasync,
        rates.journal,
        rates.fdatasync,
        `${bare}x of a file that is handed finished bytes, which no log that has events is`,
      ),
      ...(emmett ? [rowOf(journalRows.emmett, rates.journal, rates.emmett)] : []),
      ...(prisma ? [rowOf(journalRows.prisma, rates.journal, rates.prisma)] : []),
    ];
  } finally {
    await client.end();
    await journal.close();
    await database.drop();
  }
}

export function chunks<T>(all: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, i) =>
    all.slice(i * size, (i + 1) * size),
  );
}

const COPY_TABLE = `CREATE TABLE bench_event (
  stream text NOT NULL, version bigint NOT NULL, data jsonb NOT NULL, PRIMARY KEY (stream, version))`;

type Batch = readonly AnyNewEvent[];

/**
 * Events per second with two batches under way, for all alike: while one is made durable the next is made ready, which is
 * what a queue in front of any store allows, and what ours is built for. `write` resolves when its batch is durable.
 */
async function timed(
  batches: readonly Batch[],
  write: (batch: Batch) => Promise<void>,
): Promise<number> {
  const events = batches.reduce((sum, { length }) => sum + length, 0);
  const start = performance.now();
  let before = Promise.resolve();
  for (const batch of batches) {
    const underWay = write(batch);
    await before;
    before = underWay;
  }
  await before;
  return (events * 1000) / (performance.now() - start);
}

/** One promise per event, as a house with many callers has them. */
async function appendBatch(group: GroupCommit, batch: Batch): Promise<void> {
  await Promise.all(batch.map((event) => group.submit([event])));
}

/** A statement by itself is a transaction: no round trip goes to BEGIN and COMMIT. */
async function copyBatch(client: pg.Client, batch: Batch): Promise<void> {
  const stream = client.query(copyFrom('COPY bench_event (stream, version, data) FROM STDIN'));
  const finished = once(stream, 'finish');
  stream.end(batch.map(copyLine).join(''));
  await finished;
}

/** COPY's text format takes a backslash for an escape, and JSON is full of them where strings have quotes. */
function copyLine(event: AnyNewEvent): string {
  if (event.type !== 'TradeNovated') throw new TypeError('the bench copies trades only');
  const { stream, sequence } = event.data;
  const json = JSON.stringify(event).replaceAll('\\', '\\\\');
  return `${stream.venue}|${stream.key}\t${sequence}\t${json}\n`;
}

/** A bare file: bytes are appended and synced batch after batch, off this thread. */
async function fileRate(
  batches: readonly Batch[],
  bytesOf: (batch: Batch) => Buffer,
): Promise<number> {
  return withScratchFileAsync(async (file) => {
    let before: Promise<unknown> = Promise.resolve();
    return timed(batches, (batch) => {
      const bytes = bytesOf(batch);
      const done = before.then(() => appendSynced(file, bytes));
      before = done;
      return done;
    });
  });
}

async function appendSynced(file: FileHandle, bytes: Buffer): Promise<void> {
  await file.write(bytes);
  await file.datasync();
}
