import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { freePort, startKafka, startPostgres } from '#infra';
import type { LocalServer } from '#infra';

/** A server that is killed and started again on the same data and port. */
export class Mortal<S extends LocalServer> {
  private constructor(
    private server: S,
    private readonly start: () => Promise<S>,
  ) {}

  static async of<S extends LocalServer>(start: () => Promise<S>): Promise<Mortal<S>> {
    return new Mortal(await start(), start);
  }

  get url(): string {
    return this.server.url;
  }

  /** SIGKILL, a while of silence, and a start on what the disk has kept. */
  async die(silenceMs: number): Promise<void> {
    await this.server.kill();
    await sleep(silenceMs);
    this.server = await this.start();
  }

  stop(): Promise<void> {
    return this.server.stop();
  }
}

/** A database server and a broker of our own, on data that outlives them. */
export interface Servers {
  readonly postgres: Mortal<LocalServer>;
  readonly kafka: Mortal<LocalServer>;
  /** An empty database; its URL. */
  freshDatabase(name: string): Promise<string>;
  stop(): Promise<void>;
}

export async function startServers(): Promise<Servers> {
  const folder = mkdtempSync(join(tmpdir(), 'novate-chaos-'));
  // Postgres may run as another user than we do.
  chmodSync(folder, 0o755);
  const [postgresPort, kafkaPort] = [await freePort(), await freePort()];
  const at = (name: string, port: number) => ({ dataDir: join(folder, name), port });
  const [postgres, kafka] = await Promise.all([
    Mortal.of<LocalServer>(() => startPostgres(at('postgres', postgresPort))),
    Mortal.of<LocalServer>(() => startKafka(at('kafka', kafkaPort))),
  ]);
  return {
    postgres,
    kafka,
    async freshDatabase(name) {
      const client = new Client({ connectionString: postgres.url });
      await client.connect();
      await client.query(`CREATE DATABASE ${name}`);
      await client.end();
      const url = new URL(postgres.url);
      url.pathname = `/${name}`;
      return url.href;
    },
    async stop() {
      await Promise.all([postgres.stop(), kafka.stop()]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
