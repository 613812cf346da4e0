import { Kafka, logLevel } from 'kafkajs';
import pg from 'pg';
import { topics } from '#ledger';
import { createDatabase } from '../demo/database.js';
import { accounts } from '../demo/participants.js';
import { instruments } from '../demo/reference.js';

/** One run over the topic of trades, from its beginning, into a database of its own. */
export interface IntakeSample {
  readonly postgres: string;
  readonly brokers: string;
  /** Put before the topic's name. */
  readonly prefix: string;
  readonly groupId: string;
  readonly messages: number;
}

const TABLES = `
CREATE TABLE event (stream text, version bigint, data jsonb NOT NULL, PRIMARY KEY (stream, version));
CREATE TABLE account (account text, instrument text, quantity numeric NOT NULL DEFAULT 0,
  cost numeric NOT NULL DEFAULT 0, PRIMARY KEY (account, instrument))`;
const ACCOUNTS = `INSERT INTO account (account, instrument)
  SELECT a, i FROM unnest($1::text[]) AS a, unnest($2::text[]) AS i`;
// Named, so that the server prepares each once.
const INSERT = {
  name: 'insert_event',
  text: 'INSERT INTO event (stream, version, data) VALUES ($1, $2, $3)',
};
const UPDATE = {
  name: 'update_account',
  text: `UPDATE account SET quantity = quantity + $3::numeric, cost = cost + $3::numeric * $4::numeric
         WHERE account = $1 AND instrument = $2`,
};

interface Trade {
  readonly instrument: string;
  readonly buyer: string;
  readonly seller: string;
  readonly quantity: string;
  readonly price: string;
}

/** The textbook consumer: eachMessage, and for every message one transaction. Messages per second. */
export async function consumeNaively(sample: IntakeSample): Promise<number> {
  const database = await createDatabase(sample.postgres);
  const client = new pg.Client({ connectionString: database.url });
  try {
    await client.connect();
    await client.query(TABLES);
    await client.query(ACCOUNTS, [
      accounts.map(({ account }) => account),
      instruments.map(({ spec }) => spec.instrument),
    ]);
    const rate = await consume(sample, client);
    await assertStored(client, sample.messages);
    return rate;
  } finally {
    await client.end();
    await database.drop();
  }
}

/** Time runs from the assignment of partitions to the last commit. */
async function consume(
  { brokers, prefix, groupId, messages }: IntakeSample,
  client: pg.Client,
): Promise<number> {
  const kafka = new Kafka({ brokers: brokers.split(','), logLevel: logLevel.NOTHING });
  const consumer = kafka.consumer({ groupId });
  await consumer.connect();
  try {
    await consumer.subscribe({ topics: [prefix + topics.trades], fromBeginning: true });
    let left = messages;
    let finish!: (at: number) => void;
    let fail!: (error: Error) => void;
    const finished = new Promise<number>((resolve, reject) => {
      finish = resolve;
      fail = reject;
    });
    finished.catch(() => undefined);
    consumer.on(consumer.events.CRASH, ({ payload }) => fail(payload.error));
    await consumer.run({
      eachMessage: async ({ message }) => {
        if (left === 0) return;
        const { ce_source, ce_subject, ce_sequence } = message.headers ?? {};
        const stream = `${String(ce_source)}|${String(ce_subject)}`;
        await store(client, stream, String(ce_sequence), String(message.value));
        left -= 1;
        if (left === 0) finish(performance.now());
      },
    });
    const started = performance.now();
    return (messages * 1000) / ((await finished) - started);
  } finally {
    await consumer.disconnect();
  }
}

async function store(
  client: pg.Client,
  stream: string,
  version: string,
  value: string,
): Promise<void> {
  const { instrument, buyer, seller, quantity, price } = JSON.parse(value) as Trade;
  await client.query('BEGIN');
  await client.query({ ...INSERT, values: [stream, version, value] });
  await client.query({ ...UPDATE, values: [buyer, instrument, quantity, price] });
  await client.query({ ...UPDATE, values: [seller, instrument, `-${quantity}`, price] });
  await client.query('COMMIT');
}

/** A baseline that lost messages would look fast. */
async function assertStored(client: pg.Client, messages: number): Promise<void> {
  const { rows } = await client.query<{ events: number; open: boolean }>(
    `SELECT (SELECT count(*)::int FROM event) AS events,
            (SELECT bool_or(quantity <> 0) FROM account) AS open`,
  );
  if (rows[0]?.events === messages && rows[0].open) return;
  throw new Error(`the naive consumer stored ${rows[0]?.events ?? 0} of ${messages} messages`);
}
