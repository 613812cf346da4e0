import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Kafka, KafkaMessage } from 'kafkajs';
import { describeServices, freshDatabase, kafkaBrokers } from '../../../test/support/services.js';
import { ACKS_TOPIC, createTopics } from './intake/kafka-topics.js';
import { badInputs, soundTrade } from './testing/bad-input.js';
import { Feed } from './testing/feed.js';
import type { FeedMessage } from './testing/feed.js';
import { keyEnvironment } from './testing/house.js';
import { FeedProducer, readAll, specKafka } from './testing/kafka.js';
import { AppProcess } from './testing/process.js';

interface Ack {
  readonly status: string;
  readonly code?: string;
  readonly stream?: { readonly venue: string; readonly topic: string; readonly key: string };
  readonly sequence?: number;
  readonly expected?: number;
}

const MIB = 1024 * 1024;
const tradesDlq = 'novate.trades.v1.dlq';

describeServices('bad input over Kafka', () => {
  const prefix = `bad-${randomUUID().slice(0, 8)}.`;
  const feed = new Feed();
  const bad: (readonly [FeedMessage, code: string])[] = [];
  let kafka: Kafka;
  let app: AppProcess;
  let producer: FeedProducer;
  let database: Awaited<ReturnType<typeof freshDatabase>>;

  const acks = async (): Promise<Ack[]> =>
    (await readAll(kafka, prefix + ACKS_TOPIC)).map((m) => JSON.parse(String(m.value)) as Ack);
  const ackOf = (list: readonly Ack[], { headers }: FeedMessage) =>
    list.find(
      ({ stream, sequence }) =>
        stream?.venue === headers['ce_source'] &&
        stream?.key === headers['ce_subject'] &&
        String(sequence) === headers['ce_sequence'],
    );
  /**
   * Sends a sound trade on the other stream and waits for its ack: everything before it was
   * decided.
   */
  const barrier = async (): Promise<Ack[]> => {
    const last = feed.trade(`B-${randomUUID()}`, { instrument: 'ETH-PERP' });
    await producer.send([last]);
    for (let tries = 0; tries < 50; tries += 1) {
      const list = await acks();
      if (ackOf(list, last)) return list;
      await sleep(100);
    }
    throw new Error(`no ack in time: ${app.lines.join(' | ')}`);
  };
  const header = (message: KafkaMessage | undefined, name: string) =>
    String(message?.headers?.[name]);

  beforeAll(async () => {
    database = await freshDatabase();
    kafka = specKafka(kafkaBrokers());
    await createTopics(kafka, prefix);
    producer = await FeedProducer.connect(kafka, prefix);
    app = AppProcess.start({
      ...keyEnvironment,
      NOVATE_DATABASE_URL: database.url,
      NOVATE_KAFKA_BROKERS: kafkaBrokers().join(','),
      NOVATE_KAFKA_TOPIC_PREFIX: prefix,
      NOVATE_KAFKA_GROUP: prefix,
    });
    await app.ready;
    await app.setUp();
    await producer.send([feed.message('trades', 'BTC-PERP', soundTrade)]);
    for (const { topic, key, value, more, code } of badInputs) {
      bad.push([feed.message(topic, key, value, more), code]);
    }
    await producer.send(bad.map(([message]) => message));
  }, 60_000);

  afterAll(async () => {
    await producer.stop();
    await app.stop();
    await database.drop();
  }, 30_000);

  it('answers each case with its code, and dead-letters what it rejects as it came', async () => {
    const list = await barrier();
    const answers = bad.map(([message]) => {
      const ack = ackOf(list, message);
      return ack?.status === 'duplicate' ? '4001_DUPLICATE' : ack?.code;
    });
    // An unreadable envelope apart, every one of them keeps its place in its stream.
    expect(answers).toEqual(bad.map(([, code]) => code));
    const letters = await readAll(kafka, prefix + tradesDlq);
    const rejected = bad.filter(([, code]) => code !== '4001_DUPLICATE');
    for (const [message, code] of rejected) {
      const letter = letters.find((m) => String(m.value) === message.value);
      expect(header(letter, 'x-error-code')).toBe(code);
      expect(header(letter, 'x-original-topic')).toBe('novate.trades.v1');
      expect(header(letter, 'ce_sequence')).toBe(message.headers['ce_sequence']);
      expect(String(letter?.key)).toBe(message.key);
    }
    expect(letters).toHaveLength(rejected.length);
  }, 30_000);

  it('records 4 MiB as hash, size and first KiB; 64 MB the broker refuses', async () => {
    const value = 'x'.repeat(4 * MIB);
    const large = feed.message('trades', 'BTC-PERP', value);
    await producer.send([large]);
    const list = await barrier();
    expect(ackOf(list, large)).toMatchObject({ status: 'rejected', code: '1002_TOO_LARGE' });
    const letter = (await readAll(kafka, prefix + tradesDlq)).at(-1);
    expect(letter?.value?.length).toBe(1024);
    expect(header(letter, 'x-value-truncated')).toBe('true');
    expect(header(letter, 'x-value-bytes')).toBe(String(4 * MIB));
    const hash = createHash('sha256').update(value).digest('hex');
    expect(header(letter, 'x-value-sha256')).toBe(hash);
    const huge = { ...large, value: 'x'.repeat(64_000_000) };
    await expect(producer.send([huge])).rejects.toThrow(/large/i);
  }, 60_000);

  it('takes no unsigned deposit, and loses no sequence to a forged one', async () => {
    const forged = feed.deposit('M1-H', '1000000', {
      sequence: 1,
      headers: { 'novate-signature': '00'.repeat(32) },
    });
    const { 'novate-signature': _, ...headers } = forged.headers;
    const sound = feed.deposit('M1-H', '1000');
    await producer.send([forged, { ...forged, headers }, sound]);
    await barrier();
    for (let tries = 0; tries < 50 && !ackOf(await acks(), sound); tries += 1) await sleep(100);
    const list = await acks();
    expect(ackOf(list, sound)).toMatchObject({ status: 'accepted' });
    expect(list.filter(({ code }) => code === '1010_BAD_SIGNATURE')).toHaveLength(2);
    expect(await readAll(kafka, `${prefix}novate.deposits.v1.dlq`)).toHaveLength(2);
  }, 30_000);

  it('lets a stream with a gap wait alone, until the operator accepts the gap', async () => {
    const lost = feed.trade('LOST');
    const after = [feed.trade('AFTER-1'), feed.trade('AFTER-2')];
    await producer.send(after);
    const list = await barrier();
    const expected = Number(lost.headers['ce_sequence']);
    expect(list.filter(({ status }) => status === 'waiting')).toMatchObject([{ expected }]);
    expect(after.map((message) => ackOf(list, message))).toEqual([undefined, undefined]);
    const stream = { venue: 'V1', topic: 'trades', key: 'BTC-PERP' };
    await app.fetch('/v1/commands/accept-gap', {
      method: 'POST',
      headers: { 'idempotency-key': 'gap-1' },
      body: JSON.stringify({ stream, to: expected, reason: 'the venue lost it' }),
    });
    const later = await barrier();
    expect(after.map((message) => ackOf(later, message)?.status)).toEqual(['accepted', 'accepted']);
  }, 30_000);
});
