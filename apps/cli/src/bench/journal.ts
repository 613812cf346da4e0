import { once } from 'node:events';
import { fdatasyncSync, writeSync } from 'node:fs';
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
import { tradeEvents, type Load } from './load.js';
import { withScratchFile } from './machine.js';
import { interleave, rowOf, type BenchRow, type RowSpec, type SampleHook } from './statistics.js';

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
    against: 'file append + fdatasync of the same bytes',
    goal: 0.5,
  },
} satisfies Record<string, RowSpec>;

/** Appends the same batches to our journal, to a table by COPY, and to a bare file. */
export async function benchJournal(
  postgresUrl: string,
  load: Load,
  samples: number,
  onSample: SampleHook,
): Promise<BenchRow[]> {
  const events = tradeEvents(load, BATCH * BATCHES);
  const batches = Array.from({ length: BATCHES }, (_, i) =>
    events.slice(i * BATCH, (i + 1) * BATCH),
  );
  const database = await createDatabase(postgresUrl);
  const client = new pg.Client({ connectionString: database.url });
  await migrateJournal(database.url);
  const journal = postgresJournal({ url: database.url });
  try {
    await client.connect();
    await client.query(COPY_TABLE);
    const group = new GroupCommit(journal, await journal.acquire('bench'), () => Date.now() * 1000);
    const rates = await interleave(
      {
        journal: () => timed(batches, (batch) => appendBatch(group, batch)),
        copy: async () => {
          await client.query('TRUNCATE bench_event');
          return timed(batches, (batch) => copyBatch(client, batch));
        },
        fdatasync: async () => fileRate(batches.map((batch) => encodeEvents(batch))),
      },
      samples,
      onSample,
    );
    return [
      rowOf(journalRows.copy, rates.journal, rates.copy),
      rowOf(journalRows.fdatasync, rates.journal, rates.fdatasync),
    ];
  } finally {
    await client.end();
    await journal.close();
    await database.drop();
  }
}

const COPY_TABLE = `CREATE TABLE bench_event (
  stream text NOT NULL, version bigint NOT NULL, data jsonb NOT NULL, PRIMARY KEY (stream, version))`;

type Batch = readonly AnyNewEvent[];

/** Events per second when each batch has to be durable before the next is begun. */
async function timed(
  batches: readonly Batch[],
  write: (batch: Batch) => Promise<void>,
): Promise<number> {
  const start = performance.now();
  for (const batch of batches) await write(batch);
  return (BATCH * batches.length * 1000) / (performance.now() - start);
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

/** The bytes are there already: the file is given the disk's own speed. */
function fileRate(payloads: readonly Buffer[]): number {
  return withScratchFile((file) => {
    const start = performance.now();
    for (const payload of payloads) {
      writeSync(file, payload);
      fdatasyncSync(file);
    }
    return (BATCH * payloads.length * 1000) / (performance.now() - start);
  });
}
