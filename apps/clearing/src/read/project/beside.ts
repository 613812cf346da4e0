import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import type { Journal } from '#events';
import { createBeside, migrateReadModel } from '../migrate.js';
import { holdBeside, holdForRebuild, holdQueries } from './lock.js';
import { checkpointOf, type Projector, startProjector } from './projector.js';
import { digestReadModel, projectToHead, type RebuildResult } from './rebuild.js';
import { tables } from './tables.js';

export interface BesideOptions {
  readonly databaseUrl: string;
  readonly journal: Journal;
  /** Swap also where tables differ, as when the new version is meant to say something else. */
  readonly acceptChanges: boolean;
}

export interface BesideResult extends RebuildResult {
  /** Whether the new version is the one that is queried now. */
  readonly swapped: boolean;
}

export class NoVersionBefore extends Error {
  override readonly name = 'NoVersionBefore';
}

const POLL_MS = 10;
/** How long a service that projects is given to come as far as the new version. */
const FOLLOW_MS = 10_000;

/**
 * Builds the read model once more beside the one that is queried, follows the journal to the same position, compares every
 * table, and swaps the two in one transaction. Queries are answered all the time; a service that projects steps aside for
 * the comparison and goes on in the new version. The old one stays as `read_before`, for `swapBack`.
 */
export async function rebuildBeside(options: BesideOptions): Promise<BesideResult> {
  const { databaseUrl, journal } = options;
  const started = process.hrtime.bigint();
  await migrateReadModel(databaseUrl);
  return withClient(databaseUrl, async (client) => {
    await holdBeside(client);
    await createBeside(client, 'read_next');
    const next = await startProjector({
      databaseUrl,
      journal,
      exclusive: true,
      schema: 'read_next',
    });
    try {
      await next.caughtUp;
      const { size } = await journal.head();
      next.allow(size);
      await until(next, size);
      await followed(client, size);
      const release = await holdForRebuild(databaseUrl);
      try {
        const { equal, compared } = await compare(options, client, next);
        const swapped = equal || options.acceptChanges;
        if (swapped) await swap(client);
        const seconds = Number(process.hrtime.bigint() - started) / 1e9;
        return { position: next.position(), equal, tables: compared, seconds, swapped };
      } finally {
        await release();
      }
    } finally {
      await next.stop();
    }
  });
}

/** The read model as it was before the last swap is queried again, and follows the journal from where it stood. */
export async function swapBack(databaseUrl: string): Promise<void> {
  await withClient(databaseUrl, async (client) => {
    await holdBeside(client);
    await refuseOtherShape(client);
    const release = await holdForRebuild(databaseUrl);
    try {
      await client.query('BEGIN');
      await holdQueries(client);
      await client.query('DROP SCHEMA IF EXISTS read_next CASCADE');
      await client.query('ALTER SCHEMA "read" RENAME TO read_next');
      await client.query('ALTER SCHEMA read_before RENAME TO "read"');
      await client.query('ALTER SCHEMA read_next RENAME TO read_before');
      await client.query('COMMIT');
    } finally {
      await release();
    }
  });
}

async function withClient<T>(databaseUrl: string, use: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: databaseUrl });
  client.on('error', () => {});
  await client.connect();
  try {
    return await use(client);
  } finally {
    // Ends what a failure left open, and lets go of the locks.
    await client.end();
  }
}

/** Resolves when a projector has written that many events. */
async function until(projector: Projector, position: number): Promise<void> {
  let broken: unknown;
  projector.done.catch((error: unknown) => (broken = error ?? new Error('the projector ended')));
  while (projector.position() < position) {
    if (broken !== undefined) throw broken;
    await sleep(POLL_MS);
  }
}

/** A service that projects is a moment behind at most; where none does, nobody is waited for in vain for long. */
async function followed(client: Client, position: number): Promise<void> {
  let last = -1;
  for (let still = 0; still < FOLLOW_MS; still += POLL_MS) {
    const { position: now } = await checkpointOf(client, 'read');
    if (now >= position || (now === last && still > FOLLOW_MS / 10)) return;
    if (now !== last) still = 0;
    last = now;
    await sleep(POLL_MS);
  }
}

/** Brings both versions to one position, while nobody projects into the old one, and compares them table by table. */
async function compare(
  { databaseUrl, journal }: BesideOptions,
  client: Client,
  next: Projector,
): Promise<{ equal: boolean; compared: RebuildResult['tables'] }> {
  const stands = await checkpointOf(client, 'read');
  if (stands.position < next.position()) await projectToHead(databaseUrl, journal);
  const { position } = await checkpointOf(client, 'read');
  next.allow(position);
  await until(next, position);
  const before = await digestReadModel(databaseUrl, 'read');
  const after = await digestReadModel(databaseUrl, 'read_next');
  const compared = after.map((table, i) => ({ ...table, before: before[i]!.digest }));
  return { equal: compared.every(({ digest, before: was }) => digest === was), compared };
}

async function swap(client: Client): Promise<void> {
  await client.query('BEGIN');
  await client.query('DROP SCHEMA IF EXISTS read_before CASCADE');
  await holdQueries(client);
  await client.query('ALTER SCHEMA "read" RENAME TO read_before');
  await client.query('ALTER SCHEMA read_next RENAME TO "read"');
  await client.query('COMMIT');
}

/** A migration since then changed what queries expect to find. */
async function refuseOtherShape(client: Client): Promise<void> {
  const { rows } = await client.query<{ table_name: string; column_name: string }>(
    `SELECT table_name, column_name FROM information_schema.columns
      WHERE table_schema = 'read_before'`,
  );
  const has = new Set(rows.map((row) => `${row.table_name}.${row.column_name}`));
  if (has.size === 0)
    throw new NoVersionBefore('there is no version before this one to go back to');
  const missing = Object.values(tables).flatMap(({ name, columns }) =>
    columns.map((column) => `${name}.${column}`).filter((column) => !has.has(column)),
  );
  if (missing.length === 0) return;
  throw new NoVersionBefore(`the version before is of another shape: it has no ${missing[0]}`);
}
