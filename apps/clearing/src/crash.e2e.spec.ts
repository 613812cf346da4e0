import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { postgresJournal } from '#events';
import { describeServices, freshDatabase, kafkaBrokers } from '../../../test/support/services.js';
import { ACKS_TOPIC, createTopics } from './intake/kafka-topics.js';
import { ackOf } from './outputs/index.js';
import { tradingDay } from './testing/feed.js';
import { keyEnvironment } from './testing/house.js';
import { FeedProducer, readAll, specKafka } from './testing/kafka.js';
import { AppProcess } from './testing/process.js';

const WINDOWS = 40;
const PER_WINDOW = 30;
const KILLS = 20;

interface Head {
  readonly openWindow: number;
  readonly stateHash: string;
  readonly size: number;
}

/** Randomness that can be repeated: the moments of the random kills. */
function* lcg(seed: number): Generator<number, never> {
  for (let x = seed; ;) yield (x = (x * 1_103_515_245 + 12_345) % 2_147_483_648) / 2_147_483_648;
}

describeServices('kill -9 while Kafka delivers', () => {
  const day = tradingDay(WINDOWS, PER_WINDOW);
  const databases: Awaited<ReturnType<typeof freshDatabase>>[] = [];
  const running = new Set<AppProcess>();

  const house = async () => {
    const database = await freshDatabase();
    databases.push(database);
    const prefix = `crash-${randomUUID().slice(0, 8)}.`;
    const kafka = specKafka(kafkaBrokers());
    await createTopics(kafka, prefix);
    const environment = {
      ...keyEnvironment,
      NOVATE_DATABASE_URL: database.url,
      NOVATE_KAFKA_BROKERS: kafkaBrokers().join(','),
      NOVATE_KAFKA_TOPIC_PREFIX: prefix,
      NOVATE_KAFKA_GROUP: prefix,
      NOVATE_KAFKA_CREATE_TOPICS: 'false',
    };
    const start = (more: Record<string, string> = {}) => {
      const app = AppProcess.start({ ...environment, ...more });
      running.add(app);
      void app.exited.then(() => running.delete(app));
      return app;
    };
    const producer = await FeedProducer.connect(kafka, prefix);
    return { database, prefix, kafka, start, producer };
  };

  /** Waits until the last window is cut: by then every message has been decided. */
  const cleared = async (app: AppProcess): Promise<Head> => {
    for (let tries = 0; tries < 300; tries += 1) {
      const head = (await app.fetch('/v1/journal/head')) as Head;
      if (head.openWindow > WINDOWS) return head;
      await sleep(100);
    }
    throw new Error(`not cleared in time: ${app.lines.join(' | ')}`);
  };

  let undisturbed: Head;
  beforeAll(async () => {
    const { start, producer } = await house();
    const app = start();
    await app.ready;
    await app.setUp();
    await producer.send(day);
    await producer.stop();
    undisturbed = await cleared(app);
    await app.stop();
  }, 60_000);

  afterAll(async () => {
    for (const app of running) app.kill('SIGKILL');
    for (const { drop } of databases) await drop();
  }, 30_000);

  it(`survives ${KILLS} kills with the same state and every ack`, async () => {
    const { database, prefix, kafka, start, producer } = await house();
    const first = start();
    await first.ready;
    await first.setUp();
    await first.stop();

    // Each life gets its share of the day: half of it while it starts, half in small pieces while
    // it runs.
    const share = Math.ceil(day.length / (KILLS + 1));
    let sent = 0;
    const deliver = async (until: number) => {
      while (sent < until) {
        await producer.send(day.slice(sent, (sent = Math.min(until, sent + 8))));
        await sleep(40);
      }
    };
    const random = lcg(20_240_808);
    const ends: string[] = [];
    for (let kill = 0; kill < KILLS; kill += 1) {
      // Three of five between append and ack, the others at random moments.
      const planned = kill % 5 < 3;
      const after = String(1 + (kill % 3));
      const app = start(
        planned ? { NOVATE_CRASH_POINT: 'after-append', NOVATE_CRASH_AFTER: after } : {},
      );
      await Promise.all([
        deliver(kill * share + Math.floor(share / 2)),
        Promise.race([app.ready.catch(() => 0), app.exited]),
      ]);
      const rest = deliver((kill + 1) * share);
      if (!planned) {
        await sleep(random.next().value * 300);
        app.kill('SIGKILL');
      }
      const late = setTimeout(() => app.kill('SIGTERM'), 15_000);
      const { code, signal } = await app.exited;
      clearTimeout(late);
      await rest;
      ends.push(signal ?? `exit ${code}: ${app.lines.join(' | ')}`);
    }
    expect(ends).toEqual(Array.from({ length: KILLS }, () => 'SIGKILL'));
    expect(sent).toBeLessThan(day.length);
    await producer.send(day.slice(sent));
    await producer.stop();

    const last = start();
    await last.ready;
    const head = await cleared(last);
    await last.stop();
    expect(head.stateHash).toBe(undisturbed.stateHash);
    expect(head.size).toBe(undisturbed.size);

    const acks = await readAll(kafka, `${prefix}${ACKS_TOPIC}`);
    const published = new Set(acks.map(({ headers }) => String(headers?.['ce_id'])));
    const journal = postgresJournal({ url: database.url });
    const inputs = new Map<string, number>();
    const missing: string[] = [];
    for await (const batch of journal.read(0)) {
      for (const event of batch.events) {
        const ack = ackOf(event);
        if (!ack) continue;
        if (!published.has(event.id)) missing.push(event.id);
        const { stream, sequence } = JSON.parse(String(ack.value)) as Record<string, unknown>;
        const input = JSON.stringify([stream, sequence]);
        inputs.set(input, (inputs.get(input) ?? 0) + 1);
      }
    }
    await journal.close();
    expect(missing).toEqual([]);
    // Decided exactly once: as many inputs as messages, none of them twice.
    expect(inputs.size).toBe(day.length);
    expect([...inputs.values()].every((times) => times === 1)).toBe(true);
  }, 180_000);
});
