import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { freePort, type PostgresServer, startPostgres } from '#infra';

/** A Postgres of our own that is killed and started again on the same data and port, and the folder of a run. */
export class ChaosPostgres {
  private constructor(
    readonly folder: string,
    private readonly port: number,
    private server: PostgresServer,
  ) {}

  static async start(): Promise<ChaosPostgres> {
    const folder = mkdtempSync(join(tmpdir(), 'novate-settlement-chaos-'));
    // Postgres may run as another user than we do.
    chmodSync(folder, 0o755);
    const port = await freePort();
    return new ChaosPostgres(folder, port, await launch(folder, port));
  }

  /** Makes a database; its URL. */
  async database(name: string): Promise<string> {
    await this.query('postgres', `CREATE DATABASE ${name}`);
    return this.url(name);
  }

  async query<R extends object>(database: string, text: string): Promise<R[]> {
    const client = new Client({ connectionString: this.url(database) });
    await client.connect();
    try {
      return (await client.query<R>(text)).rows;
    } finally {
      await client.end();
    }
  }

  /** SIGKILL, a while of silence, and a start on what the disk has kept. */
  async crash(silenceMs: number): Promise<void> {
    await this.server.kill();
    await sleep(silenceMs);
    this.server = await launch(this.folder, this.port);
  }

  async stop(): Promise<void> {
    await this.server.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private url(database: string): string {
    const url = new URL(this.server.url);
    url.pathname = `/${database}`;
    return url.href;
  }
}

const launch = (folder: string, port: number): Promise<PostgresServer> =>
  startPostgres({ dataDir: join(folder, 'postgres'), port });
