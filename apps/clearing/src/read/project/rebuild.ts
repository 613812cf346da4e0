import { createHash } from 'node:crypto';
import { Client } from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import type { Journal } from '#events';
import { dropReadModel, migrateReadModel } from '../migrate.js';
import { holdForRebuild } from './lock.js';
import { startProjector } from './projector.js';
import type { ReadSchema } from './schemas.js';
import { tables } from './tables.js';

/** SHA-256 of a table's rows in the order of its key, hex. */
export interface TableDigest {
  readonly table: string;
  readonly rows: number;
  readonly digest: string;
}

export interface RebuildOptions {
  readonly databaseUrl: string;
  readonly journal: Journal;
  /** Bring the old read model up to the head first, and compare it with the new one. */
  readonly verify: boolean;
}

export interface RebuildResult {
  /** Number of events the read model now holds. */
  readonly position: number;
  /** With `verify`: whether every table came back as it was. */
  readonly equal?: boolean;
  readonly tables: readonly (TableDigest & { readonly before?: string })[];
  readonly seconds: number;
}

/** Digests of every table of the read model, the checkpoint included. */
export async function digestReadModel(
  databaseUrl: string,
  schema: ReadSchema = 'read',
): Promise<readonly TableDigest[]> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const digests: TableDigest[] = [];
    for (const { name, columns, key } of Object.values(tables)) {
      digests.push(await digestTable(client, schema, name, columns, key));
    }
    const checkpoint = ['name', 'position', 'batches', 'hash'];
    digests.push(await digestTable(client, schema, 'projection_checkpoint', checkpoint, ['name']));
    return digests;
  } finally {
    await client.end();
  }
}

async function digestTable(
  client: Client,
  schema: ReadSchema,
  table: string,
  columns: readonly string[],
  key: readonly string[],
): Promise<TableDigest> {
  // Text keys are ordered by bytes, so that the database's locale does not matter.
  const order = key.map((column) => `"${column}"::text COLLATE "C"`).join(', ');
  const list = columns.map((column) => `"${column}"`).join(', ');
  const sql = `COPY (SELECT ${list} FROM ${schema}.${table} ORDER BY ${order}) TO STDOUT`;
  const stream = client.query(copyTo(sql));
  const hash = createHash('sha256');
  let rows = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    hash.update(chunk);
    for (const byte of chunk) if (byte === 10) rows += 1;
  }
  return { table, rows, digest: hash.digest('hex') };
}

export async function projectToHead(databaseUrl: string, journal: Journal): Promise<number> {
  const projector = await startProjector({ databaseUrl, journal, exclusive: true });
  try {
    await projector.caughtUp;
    return projector.position();
  } finally {
    await projector.stop();
  }
}

/**
 * Drops the read model, builds it again from the journal and, with `verify`, proves that nothing changed. A clearing
 * service that projects into it steps aside meanwhile; its queries fail while the tables are away and then answer as far
 * as they are filled. Facts recorded meanwhile make the checkpoint, and so `equal`, differ: verify a quiet house.
 */
export async function rebuildReadModel(options: RebuildOptions): Promise<RebuildResult> {
  const release = await holdForRebuild(options.databaseUrl);
  try {
    return await rebuild(options);
  } finally {
    await release();
  }
}

async function rebuild({ databaseUrl, journal, verify }: RebuildOptions): Promise<RebuildResult> {
  const started = process.hrtime.bigint();
  let before: readonly TableDigest[] | undefined;
  if (verify) {
    await migrateReadModel(databaseUrl);
    await projectToHead(databaseUrl, journal);
    before = await digestReadModel(databaseUrl);
  }
  await dropReadModel(databaseUrl);
  await migrateReadModel(databaseUrl);
  const position = await projectToHead(databaseUrl, journal);
  const after = await digestReadModel(databaseUrl);
  const compared = after.map((table, i) => ({
    ...table,
    ...(before ? { before: before[i]!.digest } : {}),
  }));
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  const equal = compared.every((table) => table.before === table.digest);
  return { position, ...(verify ? { equal } : {}), tables: compared, seconds };
}
