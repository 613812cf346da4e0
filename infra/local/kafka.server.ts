import { randomBytes } from 'node:crypto';
import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import { kafkaClassPath } from './kafka.jars.js';
import { findJava } from './kafka.java.js';
import { freePort } from './ports.js';
import { inWork, ServerEnded, untilReady, type Work } from './supervise.js';
import type { LocalServer, ResolveOptions } from './types.js';

/** Largest message the broker accepts, bytes; the intake's own limit is 1 MiB. */
export const BROKER_MESSAGE_LIMIT = 8 * 1024 * 1024;

/** How to run Kafka's two programs: the one that formats a data folder and the broker. */
export interface KafkaPrograms {
  readonly detail: string;
  readonly format: readonly string[];
  readonly serve: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

export interface StartKafkaOptions extends ResolveOptions {
  /** Default: Apache Kafka's artefacts from Maven Central, run with Java 17. */
  readonly programs?: KafkaPrograms;
  /** Keeps the data there after `stop` and `kill`, so that it can be started again. Default: temporary. */
  readonly dataDir?: string;
  /** Default: any free port. */
  readonly port?: number;
}

export interface KafkaServer extends LocalServer {
  readonly detail: string;
}

/**
 * Kafka from Maven Central. The serial collector and the first compiler tier alone start fastest and leave the two
 * cores to the clearing house. Against Java's own choice, 400,000 messages of 150 bytes: start to serving 2.9 instead
 * of 3.7 s, processor time of the broker while they are written 0.9 instead of 4.3 s, 107,000 instead of 85,000 a
 * second written; read 810,000 instead of 910,000 a second, far above what any reader here does with them.
 */
export async function embeddedPrograms(options: ResolveOptions): Promise<KafkaPrograms> {
  const found = findJava();
  if (typeof found === 'string') throw new Error(found);
  const classPath = await kafkaClassPath(options.progress ?? (() => undefined), options.signal);
  const java = (...flags: string[]): string[] => [
    ...[found.java, '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'],
    ...['-Dorg.slf4j.simpleLogger.defaultLogLevel=error', ...flags, '-cp', classPath],
  ];
  return {
    detail: `Apache Kafka on Java ${found.version}`,
    format: [...java(), 'kafka.tools.StorageTool'],
    serve: [...java('-Xmx512m'), 'kafka.Kafka'],
    env: { ...process.env },
  };
}

/** One node that is broker and controller. Retention is off: replayed market data carries old timestamps. */
function properties(port: number, controllerPort: number, dataDir: string): string {
  return [
    'process.roles=broker,controller',
    'node.id=1',
    `controller.quorum.voters=1@127.0.0.1:${controllerPort}`,
    `listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    `advertised.listeners=PLAINTEXT://127.0.0.1:${port}`,
    'controller.listener.names=CONTROLLER',
    'listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
    `log.dirs=${dataDir}`,
    'auto.create.topics.enable=false',
    `message.max.bytes=${BROKER_MESSAGE_LIMIT}`,
    `replica.fetch.max.bytes=${BROKER_MESSAGE_LIMIT}`,
    'log.retention.ms=-1',
    'offsets.retention.minutes=525600',
    'offsets.topic.replication.factor=1',
    'offsets.topic.num.partitions=4',
    'transaction.state.log.replication.factor=1',
    'transaction.state.log.min.isr=1',
    'transaction.state.log.num.partitions=4',
    'share.coordinator.state.topic.replication.factor=1',
    'share.coordinator.state.topic.min.isr=1',
    'group.initial.rebalance.delay.ms=0',
    // A killed broker may register again only when its session has run out: 9 s by default.
    'broker.session.timeout.ms=4000',
    'broker.heartbeat.interval.ms=500',
    '',
  ].join('\n');
}

/** Ready means that group and transaction coordinators serve, which they do a second after the port opens. */
async function coordinatorsServe(brokers: string): Promise<boolean> {
  // An idempotent producer insists on at least one retry.
  const retry = { retries: 1, initialRetryTime: 50 };
  const kafka = new Kafka({ brokers: [brokers], logLevel: logLevel.NOTHING, retry });
  const admin = kafka.admin({ retry });
  const producer = kafka.producer({ transactionalId: 'novate-ready', retry, idempotent: true });
  try {
    await admin.connect();
    await admin.fetchOffsets({ groupId: 'novate-ready', topics: [] });
    await producer.connect();
    await (await producer.transaction()).abort();
    return true;
  } catch {
    return false;
  } finally {
    await Promise.allSettled([admin.disconnect(), producer.disconnect()]);
  }
}

/** Formats beside the final place and renames: an interrupted start leaves no half-made data behind. */
async function formatData(programs: KafkaPrograms, work: Work, dataDir: string): Promise<void> {
  if (existsSync(join(dataDir, 'meta.properties'))) return;
  const unfinished = `${dataDir}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  const config = join(work.folder, 'format.properties');
  writeFileSync(config, properties(await freePort(), await freePort(), unfinished));
  const clusterId = randomBytes(16).toString('base64url').replace(/^-/, 'A');
  const [command = '', ...args] = [...programs.format, 'format', '-t', clusterId, '-c', config];
  await work.run({ command, args, env: { ...programs.env, LOG_DIR: work.folder } });
  renameSync(unfinished, dataDir);
}

async function launch(
  work: Work,
  programs: KafkaPrograms,
  options: StartKafkaOptions,
): Promise<KafkaServer> {
  const dataDir = options.dataDir ?? join(work.folder, 'data');
  await formatData(programs, work, dataDir);
  const port = options.port ?? (await freePort());
  const config = join(work.folder, 'server.properties');
  writeFileSync(config, properties(port, await freePort(), dataDir));
  const [command = '', ...args] = [...programs.serve, config];
  const server = await work.start({
    command,
    args,
    // A controlled shutdown takes seconds and protects data that is about to be deleted.
    stopSignal: options.dataDir === undefined ? 'SIGKILL' : 'SIGTERM',
    env: { ...programs.env, LOG_DIR: work.folder },
  });
  const url = `127.0.0.1:${port}`;
  await untilReady(server, 'Kafka', 60_000, () => coordinatorsServe(url));
  const { pid, stop, kill } = server;
  return { url, port, pid, dataDir, detail: programs.detail, stop, kill };
}

/**
 * Starts one Kafka broker in KRaft mode on loopback and waits until its coordinators serve. With a `dataDir` of your
 * own you may `kill` it and start it again on the same data and port.
 */
export async function startKafka(options: StartKafkaOptions = {}): Promise<KafkaServer> {
  const programs = options.programs ?? (await embeddedPrograms(options));
  for (let tries = 1; ; tries += 1) {
    try {
      return await inWork('kafka', options.signal, (work) => launch(work, programs, options));
    } catch (error) {
      if (tries === 5 || !(error instanceof ServerEnded) || !error.worthRetrying) throw error;
    }
  }
}
