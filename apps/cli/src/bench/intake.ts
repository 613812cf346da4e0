import { randomBytes } from 'node:crypto';
import type { Kafka } from 'kafkajs';
import { migrateJournal, postgresJournal, type Journal } from '#events';
import { topics } from '#ledger';
import { Engine } from '../../../clearing/src/engine/index.js';
import {
  FETCH,
  InputReader,
  kafkaClient,
  KafkaIntake,
  KafkaSource,
  readHeadersOnce,
} from '../../../clearing/src/intake/index.js';
import { createDatabase } from '../demo/database.js';
import { publishToKafka, removeTopics } from '../demo/publish-kafka.js';
import type { OperatorCommand } from '../demo/reference.js';
import type { Cleanup } from '../terminal/cleanup.js';
import { silent } from '../terminal/progress.js';
import { toCommand, type Load } from './load.js';
import { consumeNaively, type IntakeSample } from './naive.js';
import { interleave, rowOf, type BenchRow, type RowSpec } from './statistics.js';

/** Trades our side takes per sample; the naive side is given fewer, as it needs as long for them. */
export const INTAKE_TRADES = 60_000;
const NAIVE_TRADES = 3_000;

const intake = { name: 'Kafka to durable journal and netted accounts', unit: 'messages/s' };

export const intakeRows = {
  naive: {
    ...intake,
    id: 'intake.kafka-vs-naive',
    against: 'eachMessage, one transaction per message: INSERT event, UPDATE two accounts',
    goal: 40,
  },
  kafkajs: {
    ...intake,
    id: 'intake.kafka-vs-kafkajs',
    against: 'kafkajs eachBatch on the same topic, same fetch settings, all discarded',
    goal: 0.4,
  },
} satisfies Record<string, RowSpec>;

export interface IntakeBench {
  readonly postgres: string;
  readonly brokers: string;
  readonly load: Load;
  readonly samples: number;
  readonly onSample: (name: string, round: number, rate: number) => void;
  readonly cleanup: Cleanup;
}

const now = (): number => Date.now() * 1000;

/** The same trades on the same broker, through our engine and through a textbook consumer. */
export async function benchIntake(bench: IntakeBench): Promise<BenchRow[]> {
  const { postgres, brokers, load, samples, onSample, cleanup } = bench;
  const kafka = kafkaClient(brokers.split(','), () => undefined);
  const prefix = `bench-${randomBytes(6).toString('hex')}.`;
  const groups: string[] = [];
  // A broker that was here before us is left as it was.
  cleanup.add(() => removeTopics({ brokers, prefix }));
  cleanup.add(() => removeGroups(kafka, groups));
  await publishToKafka({ brokers, prefix }, load.trades, '', silent);
  const sample = (messages: number): IntakeSample => {
    const groupId = `${prefix}${groups.length}`;
    groups.push(groupId);
    return { postgres, brokers, prefix, groupId, messages };
  };
  const rates = await interleave(
    {
      intake: () => clear(sample(load.trades.length), load.commands),
      naive: () => plainly(() => consumeNaively(sample(NAIVE_TRADES))),
      kafkajs: () => plainly(() => discard(sample(load.trades.length))),
    },
    samples,
    onSample,
  );
  return [
    rowOf(intakeRows.naive, rates.intake, rates.naive),
    explained(rowOf(intakeRows.kafkajs, rates.intake, rates.kafkajs)),
  ];
}

/** The clearing app's own journal, engine and intake, without its HTTP side. Messages per second. */
async function clear(sample: IntakeSample, commands: readonly OperatorCommand[]): Promise<number> {
  const database = await createDatabase(sample.postgres);
  await migrateJournal(database.url);
  const journal = postgresJournal({ url: database.url });
  try {
    return await consume(sample, journal, commands);
  } finally {
    await journal.close();
    await database.drop();
  }
}

/** Time runs from the assignment of partitions to the commit of the last batch. */
async function consume(
  { brokers, prefix, groupId, messages }: IntakeSample,
  journal: Journal,
  commands: readonly OperatorCommand[],
): Promise<number> {
  let fail!: (error: Error) => void;
  let finish!: (at: number) => void;
  const finished = new Promise<number>((resolve, reject) => {
    finish = resolve;
    fail = reject;
  });
  finished.catch(() => undefined);
  const log = (): void => undefined;
  const engine = await Engine.open({ journal, now, writer: groupId, onFatal: fail });
  await engine.submit(commands.map((command) => ({ command: toCommand(command) })));
  const last = engine.head.size + messages;
  engine.onBatch(({ head }) => {
    if (head.size >= last) finish(performance.now());
  });
  const intake = new KafkaIntake({
    engine,
    reader: new InputReader(new Map(), now),
    held: { messages: 100_000, bytes: 128 * 1024 * 1024 },
    log,
    source: new KafkaSource({
      kafka: kafkaClient(brokers.split(','), log),
      topics: Object.values(topics),
      prefix,
      groupId,
      groups: `${groupId}.`,
      log,
      onCrash: fail,
    }),
  });
  try {
    await intake.start();
    const started = performance.now();
    const seconds = ((await finished) - started) / 1000;
    const { size } = engine.state.remembered;
    if (size !== messages) throw new Error(`${size} of ${messages} trades were accepted`);
    return messages / seconds;
  } finally {
    await intake.stop();
    await engine.close();
  }
}

/** Says why a goal is missed. */
function explained(row: BenchRow): BenchRow {
  const note =
    'one thread does it all: of the time of a message a third is kafkajs, the rest JSON read and checked, the decision, ' +
    'two hashes (id, digest), its encoding, and the garbage of these';
  return row.met ? row : { ...row, note };
}

/** With kafkajs as it comes: our way of reading headers would help the other side too. */
async function plainly<T>(work: () => Promise<T>): Promise<T> {
  readHeadersOnce(false);
  try {
    return await work();
  } finally {
    readHeadersOnce();
  }
}

/** What the client alone can do: reads as our source does and looks at nothing. Messages per second. */
async function discard({ brokers, prefix, groupId, messages }: IntakeSample): Promise<number> {
  const kafka = kafkaClient(brokers.split(','), () => undefined);
  const consumer = kafka.consumer({ groupId, ...FETCH });
  await consumer.connect();
  try {
    await consumer.subscribe({ topics: [prefix + topics.trades], fromBeginning: true });
    let left = messages;
    let finish!: (at: number) => void;
    const finished = new Promise<number>((resolve) => (finish = resolve));
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: true,
      partitionsConsumedConcurrently: 4,
      eachBatch: async ({ batch }) => {
        left -= batch.messages.length;
        if (left <= 0) finish(performance.now());
      },
    });
    const started = performance.now();
    return (messages * 1000) / ((await finished) - started);
  } finally {
    await consumer.disconnect();
  }
}

async function removeGroups(kafka: Kafka, groups: readonly string[]): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const { groups: present } = await admin.listGroups();
    const own = present.map(({ groupId }) => groupId).filter((id) => groups.includes(id));
    if (own.length > 0) await admin.deleteGroups(own);
  } finally {
    await admin.disconnect();
  }
}
