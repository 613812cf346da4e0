import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, it } from '@jest/globals';
import { Kafka, logLevel } from 'kafkajs';
import { Client } from 'pg';
import { describeIf } from '../../test/support/services.js';
import { findJava } from './kafka.java.js';
import { startKafka } from './kafka.server.js';
import { accepts, freePort } from './ports.js';
import { startPostgres } from './postgres.server.js';
import type { LocalServer } from './types.js';

const java = findJava();
const BUILT = fileURLToPath(new URL('../../dist/infra/local/index.js', import.meta.url));

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

const kafkaAt = (broker: string): Kafka =>
  new Kafka({ brokers: [broker], logLevel: logLevel.NOTHING });

/** Writes one aborted and one committed transaction. */
async function produce(broker: string, topic: string): Promise<void> {
  const admin = kafkaAt(broker).admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic }], waitForLeaders: true });
  await admin.disconnect();
  const producer = kafkaAt(broker).producer({
    transactionalId: topic,
    maxInFlightRequests: 1,
    idempotent: true,
  });
  await producer.connect();
  for (const value of ['aborted', 'committed']) {
    const transaction = await producer.transaction();
    await transaction.send({ topic, messages: [{ value }] });
    await (value === 'aborted' ? transaction.abort() : transaction.commit());
  }
  await producer.disconnect();
}

/** The first message a read-committed consumer group sees. */
async function firstOf(broker: string, topic: string): Promise<string> {
  const consumer = kafkaAt(broker).consumer({ groupId: `${topic}-readers` });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  const first = await new Promise<string>((resolve, reject) => {
    consumer
      .run({ eachMessage: ({ message }) => Promise.resolve(resolve(String(message.value))) })
      .catch(reject);
  });
  await consumer.disconnect();
  return first;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function expectGone(server: LocalServer): Promise<void> {
  expect(isAlive(server.pid)).toBe(false);
  expect(await accepts('127.0.0.1', server.port, 500)).toBe(false);
}

async function until(condition: () => boolean | Promise<boolean>): Promise<boolean> {
  for (let tries = 0; tries < 300; tries += 1) {
    if (await condition()) return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
}

describeIf(typeof java !== 'string', String(java), 'services started on this machine', () => {
  const folders: string[] = [];
  const folder = (): string => {
    const path = mkdtempSync(join(tmpdir(), 'novate-spec-'));
    chmodSync(path, 0o755);
    folders.push(path);
    return path;
  };
  afterEach(() => {
    for (const path of folders.splice(0)) rmSync(path, { recursive: true, force: true });
  });

  it('serve, and leave no process, port or folder behind', async () => {
    const [postgres, kafka] = await Promise.all([startPostgres(), startKafka()]);
    expect(await query(postgres.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await produce(kafka.url, 'spec');
    expect(await firstOf(kafka.url, 'spec')).toBe('committed');

    await Promise.all([postgres.stop(), kafka.stop()]);
    for (const server of [postgres, kafka]) {
      await expectGone(server);
      expect(existsSync(dirname(server.dataDir))).toBe(false);
    }
  }, 60_000);

  it('can be killed and started again on the same data and port', async () => {
    const data = folder();
    const places = {
      postgres: { dataDir: join(data, 'postgres'), port: await freePort() },
      kafka: { dataDir: join(data, 'kafka'), port: await freePort() },
    };
    const first = await Promise.all([startPostgres(places.postgres), startKafka(places.kafka)]);
    await query(first[0].url, 'CREATE TABLE kept AS SELECT 42 AS answer');
    await produce(first[1].url, 'kept');
    await Promise.all(first.map((server) => server.kill()));
    for (const server of first) await expectGone(server);

    const [postgres, kafka] = await Promise.all([
      startPostgres(places.postgres),
      startKafka(places.kafka),
    ]);
    try {
      expect(postgres.url).toBe(first[0].url);
      expect(await query(postgres.url, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
      expect(await firstOf(kafka.url, 'kept')).toBe('committed');
    } finally {
      await Promise.all([postgres.stop(), kafka.stop()]);
    }
  }, 90_000);

  /** A program that starts both, says where, and then does nothing until it is ended from outside. */
  function spawnOwner(temp: string): ChildProcess {
    const program = `
      import { startKafka, startPostgres } from ${JSON.stringify(BUILT)};
      const servers = await Promise.all([startPostgres(), startKafka()]);
      console.log(JSON.stringify(servers.map((server) => server.port)));
      setInterval(() => {}, 1000);`;
    return spawn(process.execPath, ['--input-type=module', '-e', program], {
      env: { ...process.env, TMPDIR: temp, NODE_OPTIONS: '' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
  }

  /** One that has started both. */
  async function owner(temp: string): Promise<{ child: ChildProcess; ports: number[] }> {
    const child = spawnOwner(temp);
    const said = await new Promise<string>((resolve, reject) => {
      child.stdout?.once('data', (chunk: Buffer) => resolve(chunk.toString()));
      child.once('exit', (code) => reject(new Error(`the owner ended with ${code}`)));
    });
    return { child, ports: JSON.parse(said) as number[] };
  }

  // Opening the folder, initdb and the formatting, the servers' start: each takes a part of the first two seconds.
  it.each([50, 250, 500, 800, 1_200, 1_800])(
    'leave nothing behind when their owner is interrupted %i ms into their start',
    async (afterMs) => {
      const temp = folder();
      const child = spawnOwner(temp);
      const ended = new Promise((resolve) => child.once('exit', resolve));
      await until(() => readdirSync(temp).length > 0);
      await new Promise((resolve) => setTimeout(resolve, afterMs));
      const start = performance.now();
      child.kill('SIGINT');
      expect(await ended).toBe(130);
      expect(performance.now() - start).toBeLessThan(3_000);
      expect(readdirSync(temp)).toEqual([]);
      // A program that outlived its folder would have made it again by now.
      await new Promise((resolve) => setTimeout(resolve, 500));
      expect(readdirSync(temp)).toEqual([]);
    },
    30_000,
  );

  it('ends an aborted start at once, and the data can be used afterwards', async () => {
    const temp = folder();
    const dataDir = join(temp, 'kafka');
    const started = startKafka({ dataDir, signal: AbortSignal.timeout(300) });
    await expect(started).rejects.toThrow();
    expect(readdirSync(temp).filter((name) => !name.endsWith('.unfinished'))).toEqual([]);
    const again = await startKafka({ dataDir });
    await again.kill();
    expect(readdirSync(temp)).toEqual(['kafka']);
  }, 60_000);

  it.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)(
    'leave nothing behind when their owner gets %s',
    async (signal) => {
      const temp = folder();
      const { child, ports } = await owner(temp);
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill(signal);
      await ended;
      // Only after SIGKILL does the cleaning outlast the owner.
      if (signal === 'SIGKILL') await until(() => readdirSync(temp).length === 0);
      expect(readdirSync(temp)).toEqual([]);
      for (const port of ports) expect(await accepts('127.0.0.1', port, 500)).toBe(false);
    },
    60_000,
  );
});
