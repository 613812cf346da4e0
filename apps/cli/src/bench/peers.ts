import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { PrismaPg } from '@prisma/adapter-pg';
import type { AnyNewEvent } from '#events';
import { createDatabase } from '../demo/database.js';
import { projectRoot } from '../root.js';
import type { Cleanup } from '../terminal/cleanup.js';
import { importAside } from './aside.js';

/** A store others made, on a database of its own. */
export interface Peer {
  /** Appends events durably, as its documentation does it; resolves when they are. */
  append(events: readonly AnyNewEvent[]): Promise<void>;
  /** Reads everything appended since the last time and returns how many events that is, where it can. */
  readAll?(): Promise<number>;
}

/** What we use of Emmett's store for Postgres. */
interface EmmettStore {
  readonly schema: { migrate(): Promise<unknown> };
  appendToStream(
    stream: string,
    events: readonly { type: string; data: unknown; metadata?: unknown }[],
  ): Promise<unknown>;
  readStream(stream: string): Promise<{ readonly events: readonly unknown[] }>;
  close(): Promise<void>;
}
interface Emmett {
  getPostgreSQLEventStore(url: string): EmmettStore;
}

/**
 * Emmett 0.42.0, which has no licence and so is no dependency. Appends to so many streams in turn: two appends to one
 * stream at once end in an error there, checked or not.
 */
export async function emmettPeer(
  postgres: string,
  cleanup: Cleanup,
  streams: number,
): Promise<Peer | undefined> {
  const emmett = await importAside<Emmett>(
    ['@event-driven-io/emmett-postgresql@0.42.0', '@event-driven-io/emmett@0.42.0'],
    cleanup,
  );
  if (emmett === undefined) return undefined;
  const database = await createDatabase(postgres);
  const store = emmett.getPostgreSQLEventStore(database.url);
  cleanup.add(async () => {
    await store.close();
    await database.drop();
  });
  await store.schema.migrate();
  let appends = 0;
  let reads = 0;
  return {
    async append(events) {
      const messages = events.map(({ type, data, id, occurredAt, actor, schemaVersion }) => ({
        type,
        data,
        metadata: { id, occurredAt, actor, schemaVersion },
      }));
      appends += 1;
      await store.appendToStream(`bench-${reads}-${appends % streams}`, messages);
    },
    async readAll() {
      const { events } = await store.readStream(`bench-${reads}-0`);
      // What comes next goes to a stream of its own.
      reads += 1;
      return events.length;
    },
  };
}

const PRISMA_SCHEMA = `
generator client {
  provider = "prisma-client-js"
  output   = "./client"
}
datasource db {
  provider = "postgresql"
}
model bench_event {
  stream  String
  version BigInt
  data    Json
  @@id([stream, version])
}`;
const PRISMA_TABLE = `CREATE TABLE bench_event (
  stream text NOT NULL, version bigint NOT NULL, data jsonb NOT NULL, PRIMARY KEY (stream, version))`;

interface BenchPrisma {
  readonly bench_event: { createMany(args: { data: unknown[] }): Promise<{ count: number }> };
  $executeRawUnsafe(sql: string): Promise<unknown>;
  $disconnect(): Promise<void>;
}
interface PrismaModule {
  readonly default: {
    readonly PrismaClient: new (options: { adapter: PrismaPg }) => BenchPrisma;
  };
}

/** Prisma `createMany` of one jsonb row per event; its client is generated for the bench, offline. */
export async function prismaPeer(postgres: string, cleanup: Cleanup): Promise<Peer | undefined> {
  // In here, not in the temporary folder: what is generated has to find @prisma/client.
  const home = join(projectRoot(), '.novate');
  mkdirSync(home, { recursive: true });
  const folder = mkdtempSync(join(home, 'bench-prisma-'));
  cleanup.add(() => rm(folder, { recursive: true, force: true }));
  const generated = await generateClient(folder).catch(() => undefined);
  if (generated === undefined) return undefined;
  const database = await createDatabase(postgres);
  const adapter = new PrismaPg({ connectionString: database.url });
  const client = new generated.default.PrismaClient({ adapter });
  cleanup.add(async () => {
    await client.$disconnect();
    await database.drop();
  });
  await client.$executeRawUnsafe(PRISMA_TABLE);
  let version = 0;
  return {
    async append(events) {
      const data = events.map((event) => ({ stream: 'bench', version: version++, data: event }));
      await client.bench_event.createMany({ data });
    },
  };
}

async function generateClient(folder: string): Promise<PrismaModule> {
  const schema = join(folder, 'schema.prisma');
  writeFileSync(schema, PRISMA_SCHEMA);
  const tool = createRequire(import.meta.url).resolve('prisma/build/index.js');
  // Prisma wants an engine although `generate` needs none: any executable in its place satisfies it.
  const env = { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: process.execPath };
  const args = [tool, 'generate', '--schema', schema, '--no-hints'];
  await promisify(execFile)(process.execPath, args, { env });
  return (await import(pathToFileURL(join(folder, 'client/index.js')).href)) as PrismaModule;
}
