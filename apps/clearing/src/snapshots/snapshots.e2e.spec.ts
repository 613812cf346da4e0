import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Client } from 'pg';
import { formatSigningKey, postgresSnapshots } from '#events';
import {
  describeServices,
  freshDatabase,
  kafkaBrokers,
} from '../../../../test/support/services.js';
import { createTopics } from '../intake/kafka-topics.js';
import { tradingDay } from '../testing/feed.js';
import { keyEnvironment } from '../testing/house.js';
import { FeedProducer, specKafka } from '../testing/kafka.js';
import { AppProcess } from '../testing/process.js';

const WINDOWS = 12;

interface Head {
  readonly openWindow: number;
  readonly stateHash: string;
  readonly hash: string;
}

describeServices('an app that starts from a snapshot', () => {
  const day = tradingDay(WINDOWS, 30);
  const prefix = `snapshot-${randomUUID().slice(0, 8)}.`;
  let database: Awaited<ReturnType<typeof freshDatabase>>;
  let producer: FeedProducer;
  let running: AppProcess | undefined;

  const start = (more: Record<string, string> = {}) => {
    running = AppProcess.start({
      ...keyEnvironment,
      NOVATE_DATABASE_URL: database.url,
      NOVATE_KAFKA_BROKERS: kafkaBrokers().join(','),
      NOVATE_KAFKA_TOPIC_PREFIX: prefix,
      NOVATE_KAFKA_GROUP: prefix,
      NOVATE_KAFKA_CREATE_TOPICS: 'false',
      NOVATE_CHECKPOINT_KEY: formatSigningKey('spec.test', '11'.repeat(32)),
      NOVATE_SNAPSHOT_EVERY: '60',
      NOVATE_SNAPSHOT_KEEP: '2',
      ...more,
    });
    return running;
  };
  const sizes = async () => {
    const store = postgresSnapshots({ url: database.url });
    const list = await store.list();
    await store.close();
    return list.map(({ size }) => size);
  };
  const until = async (what: string, holds: () => Promise<boolean>) => {
    for (let tries = 0; tries < 300; tries += 1) {
      if (await holds()) return;
      await sleep(100);
    }
    throw new Error(`${what}: not in time: ${running?.lines.join(' | ')}`);
  };
  const cleared = async (app: AppProcess): Promise<Head> => {
    let head: Head | undefined;
    await until('the last window is cut', async () => {
      head = (await app.fetch('/v1/journal/head')) as Head;
      return head.openWindow > WINDOWS;
    });
    return head!;
  };

  beforeAll(async () => {
    database = await freshDatabase();
    const kafka = specKafka(kafkaBrokers());
    await createTopics(kafka, prefix);
    producer = await FeedProducer.connect(kafka, prefix);
  }, 30_000);
  afterAll(async () => {
    running?.kill('SIGKILL');
    await running?.exited;
    await producer?.stop();
    await database?.drop();
  }, 30_000);

  it('goes on after kill -9 as the one that folds everything, and past a forged page', async () => {
    const first = start();
    await first.ready;
    await first.setUp();
    const [quarter, half] = [Math.floor(day.length / 4), Math.floor(day.length / 2)];
    await producer.send(day.slice(0, quarter));
    await until('a snapshot', async () => (await sizes()).length > 0);
    await producer.send(day.slice(quarter, half));
    await until('the second snapshot', async () => (await sizes()).length === 2);
    first.kill('SIGKILL');
    await first.exited;
    const [newest] = await sizes();

    const second = start();
    await second.ready;
    expect(second.lines.join('\n')).toContain(`snapshot: starting from position ${newest}`);
    await producer.send(day.slice(half));
    const head = await cleared(second);
    await second.stop();
    expect((await sizes()).length).toBe(2);

    // Without a key nothing is trusted: this one folds from position 0.
    const whole = start({ NOVATE_CHECKPOINT_KEY: '' });
    await whole.ready;
    expect(await cleared(whole)).toMatchObject({ stateHash: head.stateHash });
    expect(whole.lines.join('\n')).not.toContain('snapshot:');
    await whole.stop();

    const [last, before] = await sizes();
    const client = new Client({ connectionString: database.url });
    await client.connect();
    await client.query(
      `UPDATE journal.snapshot_page SET data = set_byte(data, 9, get_byte(data, 9) # 1)
        WHERE size = $1 AND page = 0`,
      [last],
    );
    await client.end();
    const third = start();
    await third.ready;
    const said = third.lines.join('\n');
    const place = 'page 1: does not have the hash its header names; trying an older one';
    expect(said).toContain(`snapshot at ${last} refused: ${place}`);
    expect(said).toContain(`snapshot: starting from position ${before}`);
    expect(await cleared(third)).toMatchObject({ stateHash: head.stateHash });
    await third.stop();
  }, 120_000);
});
