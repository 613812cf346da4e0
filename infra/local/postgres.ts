import { Client } from 'pg';
import { dockerAnswers, fromContainer } from './docker.js';
import { installedBinaries } from './postgres.binaries.js';
import { type PostgresServer, startPostgres } from './postgres.server.js';
import { type Attempt, resolveService, ServiceConfigError } from './resolve.js';
import type { Resolved, ResolveOptions } from './types.js';

const IMAGE = 'postgres:18-alpine';
const nothing = (): Promise<void> => Promise.resolve();

const fromEnvironment: Attempt = async () => {
  const url = process.env['NOVATE_DATABASE_URL'];
  if (url === undefined || url === '') return 'NOVATE_DATABASE_URL is not set';
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ v: string }>(
      "SELECT current_setting('server_version') v",
    );
    const version = rows[0]?.v ?? '';
    if (Number.parseInt(version, 10) < 15) throw new Error(`it is Postgres ${version}, below 15`);
    const detail = `Postgres ${version} of NOVATE_DATABASE_URL`;
    return { name: 'postgres', how: 'environment', detail, url, stop: nothing };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ServiceConfigError(`NOVATE_DATABASE_URL cannot be used (${why}): mend or unset it`);
  } finally {
    await client.end().catch(() => undefined);
  }
};

const throughDocker: Attempt = async (progress) => {
  if (!(await dockerAnswers())) return 'no Docker engine answers';
  progress(`postgres: starting ${IMAGE} in Docker`);
  const { PostgreSqlContainer } = await import('@testcontainers/postgresql');
  const container = await new PostgreSqlContainer(IMAGE).start();
  const url = container.getConnectionUri();
  return fromContainer({ name: 'postgres', detail: `${IMAGE} in Docker`, url }, container);
};

function ours(how: 'local' | 'embedded', server: PostgresServer): Resolved {
  const { url, stop, kill } = server;
  const detail = `Postgres ${server.version} on 127.0.0.1:${server.port}, process ${server.pid}`;
  return { name: 'postgres', how, detail, url, stop, kill };
}

const installed: Attempt = async (progress, signal) => {
  // Distributions differ in what another user may do with their Postgres; as root the embedded one is the known quantity.
  if (process.getuid?.() === 0) return 'running as root, which Postgres refuses';
  const binaries = installedBinaries();
  if (typeof binaries === 'string') return binaries;
  progress(`postgres: starting ${binaries.bin}/postgres`);
  return ours('local', await startPostgres({ binaries, signal }));
};

const embedded: Attempt = async (progress, signal) => {
  progress('postgres: starting the embedded server');
  return ours('embedded', await startPostgres({ signal }));
};

/**
 * Postgres >= 15, from `NOVATE_DATABASE_URL`, Docker, this machine or npm, in that order (`NOVATE_SERVICES` restricts).
 * Its `url` is an administrator's: callers create their own database and roles. Throws only when the environment
 * names a server that cannot be used.
 */
export async function resolvePostgres(options?: ResolveOptions): Promise<Resolved> {
  const attempts = {
    environment: fromEnvironment,
    docker: throughDocker,
    local: installed,
    embedded,
  };
  return resolveService('postgres', attempts, options);
}
