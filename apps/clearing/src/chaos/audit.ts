import type { Kafka } from 'kafkajs';
import { Client } from 'pg';
import { postgresJournal, verifyJournal } from '#events';
import type { AnyRecordedEvent } from '#events';
import { evolve, initialState, stateHash } from '#ledger';
import { ACKS_TOPIC, deadLetterTopic, topicPlan } from '../intake/index.js';
import { Auditor } from '../simulation/auditor.js';
import type { WireMessage } from '../simulation/broker.js';
import { balancesIn } from '../simulation/simulate.js';
import { undisturbed } from '../simulation/undisturbed.js';
import { keys } from '../testing/house.js';
import { readAll } from '../testing/kafka.js';
import type { StoredMessage } from '../testing/kafka.js';
import { setupCommands } from '../testing/open-engine.js';
import type { ChaosHouse, Head } from './house.js';

/** Everything that does not hold of a settled and closed house; nothing where all of it does. */
export async function audit(
  house: ChaosHouse,
  sent: readonly WireMessage[],
  head: Head,
): Promise<readonly string[]> {
  const auditor = new Auditor(keys.custody);
  const { kafka, prefix } = house;
  const inputs = await received(kafka, prefix);
  for (const { message, place } of inputs) {
    auditor.sent(message.topic, message.headers, message.value, place);
  }
  const missing = missingIn(inputs, sent);
  const facts = await stored(house, auditor);
  await letters(kafka, prefix, auditor);
  const state = initialState();
  for (const fact of facts) evolve(state, fact);
  const windows = Math.max(...sent.map(({ headers }) => Number(headers['ce_window'] ?? 0)));
  const { openWindow } = state;
  const projected = await projection(house.databaseUrl);
  auditor.close({ ...balancesIn(state), facts, openWindow, projected }, windows);
  const calm = await undisturbed(
    inputs.map(({ message }) => message),
    setupCommands(),
  );
  const findings = [...missing, ...auditor.findings];
  if (stateHash(state) !== head.stateHash) findings.push('a replay gives another state');
  if (calm !== head.stateHash) findings.push('undisturbed, the state is another');
  return findings;
}

interface Input {
  readonly message: WireMessage;
  readonly place: string;
}

/** What the broker holds: it alone says in which order, and how often. */
async function received(kafka: Kafka, prefix: string): Promise<Input[]> {
  const topics = topicPlan().filter(({ input }) => input);
  const read = topics.map(async ({ topic }) => {
    const messages = await readAll(kafka, prefix + topic);
    return messages.map((stored): Input => {
      const value = stored.value ?? Buffer.alloc(0);
      const message = { topic, key: String(stored.key), headers: textOf(stored), value };
      return { message, place: `${topic}/${stored.partition}/${stored.offset}` };
    });
  });
  return (await Promise.all(read)).flat();
}

const textOf = ({ headers = {} }: StoredMessage): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));

/** Sent, confirmed, and not there. */
function missingIn(inputs: readonly Input[], sent: readonly WireMessage[]): string[] {
  const nameOf = ({ topic, key, value }: WireMessage): string =>
    `${topic} ${key} ${Buffer.from(value).toString('base64').slice(0, 4_000)}`;
  const there = new Set(inputs.map(({ message }) => nameOf(message)));
  return sent.filter((message) => !there.has(nameOf(message))).map((m) => `not sent: ${nameOf(m)}`);
}

/** The chain as it stands in the table, and the facts as the journal gives them. */
async function stored(house: ChaosHouse, auditor: Auditor): Promise<AnyRecordedEvent[]> {
  const client = new Client({ connectionString: house.databaseUrl });
  await client.connect();
  const { rows } = await client.query<SegmentRow>(
    `SELECT seq::int, first_position::int, count, header, prev_hash, hash, payload
       FROM journal.segment ORDER BY seq`,
  );
  await client.end();
  for (const { first_position: firstPosition, prev_hash: prevHash, ...rest } of rows) {
    auditor.stored({ ...rest, firstPosition, prevHash });
  }
  const journal = postgresJournal({ url: house.databaseUrl });
  const facts: AnyRecordedEvent[] = [];
  try {
    for await (const batch of journal.read(0)) facts.push(...batch.events);
    const verified = await verifyJournal(journal);
    if (!verified.ok) auditor.findings.push(verified.reason);
  } finally {
    await journal.close();
  }
  return facts;
}

interface SegmentRow {
  readonly seq: number;
  readonly first_position: number;
  readonly count: number;
  readonly header: string;
  readonly prev_hash: string;
  readonly hash: string;
  readonly payload: Buffer;
}

async function letters(kafka: Kafka, prefix: string, auditor: Auditor): Promise<void> {
  const inputs = topicPlan().filter(({ input }) => input);
  const topics = [ACKS_TOPIC, ...inputs.map(({ topic }) => deadLetterTopic(topic))];
  const read = topics.map(async (topic) => {
    for (const letter of await readAll(kafka, prefix + topic)) {
      const value = letter.value ?? Buffer.alloc(0);
      auditor.published({ topic, headers: textOf(letter), value });
    }
  });
  await Promise.all(read);
}

async function projection(databaseUrl: string) {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  const all = async (text: string): Promise<readonly unknown[][]> =>
    (await client.query<unknown[]>({ text, rowMode: 'array' })).rows;
  const amounts = (rows: readonly unknown[][]) =>
    new Map(rows.map(([a, b, amount]) => [`${String(a)}|${String(b)}`, BigInt(String(amount))]));
  const positions = amounts(await all('SELECT account, instrument, quantity FROM "read".position'));
  const books = amounts(await all('SELECT asset, book, amount FROM "read".balance'));
  const [trades] = await all('SELECT count(*) FROM "read".trade_record');
  const [rejected] = await all('SELECT count(*) FROM "read".rejected_input');
  await client.end();
  return { positions, books, trades: Number(trades?.[0]), rejected: Number(rejected?.[0]) };
}
