import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';

/** One projector writes at a time; the others wait behind it and take over when it goes. */
const PROJECTOR_LOCK = 'novate.read.projector';
/** Held through a rebuild: keeps services from projecting between its steps. */
const REBUILD_LOCK = 'novate.read.rebuild';
/** Held while a version is built beside the one that is queried. */
const BESIDE_LOCK = 'novate.read.beside';
/** Shared by every query for its transaction, taken alone by a swap: no query sees half of each version. */
export const SWAP_LOCK = 'novate.read.swap';
/** A projecting service that hears from this channel steps aside. */
const CHANNEL = 'novate_projector';
const PATIENCE_MS = 15_000;
const RETRY_MS = 100;
const POLITE_MS = 2_000;
const POLITE_RETRY_MS = 5;

export class ReadModelBusy extends Error {
  override readonly name = 'ReadModelBusy';
  constructor(
    what = 'a clearing service is projecting into this read model and did not step aside',
  ) {
    super(what);
  }
}

async function ask(client: Client, sql: string, lock: string): Promise<boolean> {
  const text = `SELECT ${sql}(hashtextextended($1, 0)) AS taken`;
  const { rows } = await client.query<{ taken: boolean }>(text, [lock]);
  return rows[0]!.taken;
}

/** Takes the projector's lock for as long as `client` stays connected; false while another holds it. */
export function tryProjectorLock(client: Client): Promise<boolean> {
  return ask(client, 'pg_try_advisory_lock', PROJECTOR_LOCK);
}

/** As `tryProjectorLock`, for a service: false too while a rebuild is under way. */
export async function tryServiceLock(client: Client): Promise<boolean> {
  if (!(await tryProjectorLock(client))) return false;
  if (await ask(client, 'pg_try_advisory_lock_shared', REBUILD_LOCK)) {
    await ask(client, 'pg_advisory_unlock_shared', REBUILD_LOCK);
    return true;
  }
  await ask(client, 'pg_advisory_unlock', PROJECTOR_LOCK);
  return false;
}

/** Takes the right to build a version beside the one that is queried, for as long as `client` stays connected. */
export async function holdBeside(client: Client): Promise<void> {
  if (await ask(client, 'pg_try_advisory_lock', BESIDE_LOCK)) return;
  throw new ReadModelBusy('another version of this read model is being built');
}

/**
 * Waits until no query is under way and keeps new ones waiting until the transaction ends. Tries first without standing in
 * anybody's way, since a query that waits behind us would wait for those before us too.
 */
export async function holdQueries(client: Client): Promise<void> {
  for (let waited = 0; waited < POLITE_MS; waited += POLITE_RETRY_MS) {
    if (await ask(client, 'pg_try_advisory_xact_lock', SWAP_LOCK)) return;
    await sleep(POLITE_RETRY_MS);
  }
  await client.query(`SET LOCAL lock_timeout = '${PATIENCE_MS}ms'`);
  await client.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [SWAP_LOCK]);
}

/** Calls `stepAside` when a rebuild wants the read model. */
export async function hearRebuilds(client: Client, stepAside: () => void): Promise<void> {
  client.on('notification', stepAside);
  await client.query(`LISTEN ${CHANNEL}`);
}

/**
 * Clears the way for a rebuild: a projecting service is asked to step aside, and none projects until the returned
 * function was called. Throws ReadModelBusy where one does not go.
 */
export async function holdForRebuild(databaseUrl: string): Promise<() => Promise<void>> {
  const client = new Client({ connectionString: databaseUrl });
  client.on('error', () => {});
  await client.connect();
  try {
    if (!(await ask(client, 'pg_try_advisory_lock', REBUILD_LOCK))) {
      throw new ReadModelBusy('another rebuild of this read model is under way');
    }
    for (let waited = 0; !(await tryProjectorLock(client)); waited += RETRY_MS) {
      if (waited >= PATIENCE_MS) throw new ReadModelBusy();
      await client.query(`NOTIFY ${CHANNEL}`);
      await sleep(RETRY_MS);
    }
    // The steps of the rebuild take it themselves; services stay away as long as the rebuild's own lock is held.
    await ask(client, 'pg_advisory_unlock', PROJECTOR_LOCK);
  } catch (error) {
    await client.end();
    throw error;
  }
  return () => client.end();
}
