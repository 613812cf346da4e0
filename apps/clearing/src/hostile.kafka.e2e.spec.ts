import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { CompressionCodecs, CompressionTypes, Partitioners } from 'kafkajs';
import type { Kafka, Producer } from 'kafkajs';
import { Client } from 'pg';
import { describeServices, freshDatabase, kafkaBrokers } from '../../../test/support/services.js';
import { createTopics } from './intake/kafka-topics.js';
import { Feed } from './testing/feed.js';
import type { FeedMessage } from './testing/feed.js';
import { keyEnvironment, keys } from './testing/house.js';
import { specKafka } from './testing/kafka.js';
import { AppProcess } from './testing/process.js';

/** What a program that is no kafkajs may put on the wire: a header without a value, batches in snappy. */
function speakFreely(): void {
  const encoder = createRequire(import.meta.url)('kafkajs/src/protocol/encoder.js') as {
    readonly prototype: { writeVarIntBytes(this: Varints, value: Uint8Array | string): unknown };
  };
  const write = encoder.prototype.writeVarIntBytes;
  encoder.prototype.writeVarIntBytes = function (value) {
    return value === '' ? this.writeVarInt(-1) : write.call(this, value);
  };
  CompressionCodecs[CompressionTypes.Snappy] = () => ({
    compress: ({ buffer }: { buffer: Buffer }) => Promise.resolve(snappy(buffer)),
    decompress: (value: Buffer) => Promise.resolve(value),
  });
}
interface Varints {
  writeVarInt(value: number): unknown;
}

/** Snappy in the framing of its Java library, as one literal. */
function snappy(bytes: Buffer): Buffer {
  const [low, high] = [bytes.length & 0x7f, bytes.length >> 7];
  const last = bytes.length - 1;
  const literal = Buffer.from([low | 0x80, high, 61 << 2, last & 0xff, last >> 8]);
  const magic = Buffer.from('82534e41505059000000000100000001', 'hex');
  const length = Buffer.alloc(4);
  length.writeInt32BE(literal.length + bytes.length);
  return Buffer.concat([magic, length, literal, bytes]);
}

describeServices('a hostile venue', () => {
  const prefix = `hostile-${randomUUID().slice(0, 8)}.`;
  const feed = new Feed();
  let kafka: Kafka;
  let app: AppProcess;
  let producer: Producer;
  let client: Client;
  let database: Awaited<ReturnType<typeof freshDatabase>>;

  const send = (
    { topic, key, headers, value }: FeedMessage,
    compression = CompressionTypes.None,
    more: Readonly<Record<string, string>> = {},
  ) => {
    const messages = [{ key, value, headers: { ...headers, ...more } }];
    return producer.send({ topic: prefix + topic, acks: -1, compression, messages });
  };
  /** The house goes on: a sound trade after it is cleared and shown. */
  const goesOn = async () => {
    const tradeId = `T-${randomUUID()}`;
    await send(feed.trade(tradeId, { instrument: 'ETH-PERP' }));
    for (let tries = 0; tries < 100; tries += 1) {
      const sql = 'SELECT position FROM "read".trade_record WHERE trade_id = $1';
      if ((await client.query(sql, [tradeId])).rowCount === 1) return;
      await sleep(100);
    }
    throw new Error(`the trade is not shown: ${app.lines.join(' | ')}`);
  };

  beforeAll(async () => {
    speakFreely();
    database = await freshDatabase();
    kafka = specKafka(kafkaBrokers());
    await createTopics(kafka, prefix);
    producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
    await producer.connect();
    app = AppProcess.start({
      ...keyEnvironment,
      NOVATE_DATABASE_URL: database.url,
      NOVATE_KAFKA_BROKERS: kafkaBrokers().join(','),
      NOVATE_KAFKA_TOPIC_PREFIX: prefix,
      NOVATE_KAFKA_GROUP: prefix,
    });
    await app.ready;
    await app.setUp();
    client = new Client({ connectionString: database.url });
    await client.connect();
    for (const account of ['M1-H', 'M2-H']) await send(feed.deposit(account, '1000'));
    await send(feed.trade('HELD'));
    await goesOn();
  }, 60_000);

  afterAll(async () => {
    await client?.end();
    await producer.disconnect();
    await app.stop();
    await database.drop();
  }, 30_000);

  it('is shown where it wrote U+0000, which no text of Postgres holds', async () => {
    await send(feed.message('trades', 'BTC-PERP', '{"a\\u0000b":1}'));
    await send(feed.message('trades', 'BTC-PERP', '{}', { headers: { ce_type: 'a\0b' } }));
    await goesOn();
    const { rows } = await client.query('SELECT field, reason FROM "read".rejected_input');
    expect(JSON.stringify(rows)).toContain('a\ufffdb');
  }, 30_000);

  it('stops nobody with a header that has no value, nor with 20,000 headers', async () => {
    await send(feed.trade('NO-VALUE'), CompressionTypes.None, { extra: '' });
    const many = Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`h${i}`, 'x']));
    await send(feed.trade('MANY'), CompressionTypes.None, many);
    await goesOn();
  }, 30_000);

  it('may compress as it likes, and not beyond the limit', async () => {
    const padded = `${' '.repeat(2_000)}${feed.trade('SNAPPY').value}`;
    const trade = feed.message('trades', 'BTC-PERP', padded);
    await send({ ...trade, headers: { ...trade.headers, ce_sequence: '6' } }, 2);
    const bomb = { ...trade, value: 'x'.repeat(64_000_000) };
    expect(gzipSync(bomb.value).length).toBeLessThan(100_000);
    await expect(send(bomb, CompressionTypes.GZIP)).rejects.toThrow(/large/i);
    await goesOn();
    const sql = `SELECT trade_id FROM "read".trade_record WHERE instrument = 'BTC-PERP'`;
    const shown = (await client.query<{ trade_id: string }>(sql)).rows.map((row) => row.trade_id);
    expect(shown).toEqual(['HELD', 'NO-VALUE', 'MANY', 'SNAPPY']);
  }, 60_000);

  it('sees its 413 over HTTP, with 64 MB from several senders at once', async () => {
    const url = `http://127.0.0.1:${await app.ready}/v1/inputs/trades`;
    const init = {
      method: 'POST',
      headers: { authorization: `Bearer ${keys.V1}` },
      body: Buffer.alloc(64_000_000, 'x'),
    };
    const senders = Array.from({ length: 6 }, async () => (await fetch(url, init)).status);
    expect(await Promise.all(senders)).toEqual(senders.map(() => 413));
    await goesOn();
  }, 30_000);

  it('may mark at any price that 128 bits hold: what follows is settled and shown', async () => {
    const price = '1000000000000000000000000000000000000';
    await send(feed.mark('BTC-PERP', price));
    for (let i = 0; i < 12; i += 1) await send(feed.mark('ETH-PERP', price));
    for (const message of feed.close([])) await send(message);
    const owed = async () => {
      const { rows } = await client.query<{ member: string }>(
        'SELECT member FROM "read".shortfall',
      );
      return rows.map((row) => row.member);
    };
    for (let tries = 0; tries < 100 && (await owed()).length === 0; tries += 1) await sleep(100);
    expect(await owed()).toContain('M2');
  }, 30_000);
});
