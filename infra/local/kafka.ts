import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import { dockerAnswers, fromContainer } from './docker.js';
import { findJava } from './kafka.java.js';
import { kafkaLock } from './kafka.jars.js';
import {
  BROKER_MESSAGE_LIMIT,
  type KafkaPrograms,
  type KafkaServer,
  startKafka,
} from './kafka.server.js';
import { type Attempt, resolveService, ServiceConfigError } from './resolve.js';
import type { Resolved, ResolveOptions } from './types.js';

const IMAGE = 'confluentinc/cp-kafka:8.0.0';

const fromEnvironment: Attempt = async () => {
  const url = process.env['NOVATE_KAFKA_BROKERS'];
  if (url === undefined || url === '') return 'NOVATE_KAFKA_BROKERS is not set';
  const admin = new Kafka({
    brokers: url.split(','),
    logLevel: logLevel.NOTHING,
    connectionTimeout: 3_000,
    retry: { retries: 1 },
  }).admin();
  try {
    await admin.connect();
    const { brokers } = await admin.describeCluster();
    const detail = `${brokers.length} broker(s) of NOVATE_KAFKA_BROKERS`;
    return { name: 'kafka', how: 'environment', detail, url, stop: () => Promise.resolve() };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ServiceConfigError(`NOVATE_KAFKA_BROKERS cannot be used (${why}): mend or unset it`);
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
};

const throughDocker: Attempt = async (progress) => {
  if (!(await dockerAnswers())) return 'no Docker engine answers';
  progress(`kafka: starting ${IMAGE} in Docker`);
  const { KafkaContainer } = await import('@testcontainers/kafka');
  const container = await new KafkaContainer(IMAGE)
    .withKraft()
    .withEnvironment({
      KAFKA_AUTO_CREATE_TOPICS_ENABLE: 'false',
      KAFKA_MESSAGE_MAX_BYTES: String(BROKER_MESSAGE_LIMIT),
      KAFKA_REPLICA_FETCH_MAX_BYTES: String(BROKER_MESSAGE_LIMIT),
      KAFKA_LOG_RETENTION_MS: '-1',
      KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: '1',
    })
    .start();
  const url = `${container.getHost()}:${container.getMappedPort(9093)}`;
  return fromContainer({ name: 'kafka', detail: `${IMAGE} in Docker`, url }, container);
};

function ours(how: 'local' | 'embedded', server: KafkaServer): Resolved {
  const { url, stop, kill } = server;
  const detail = `${server.detail}, ${url}, process ${server.pid}`;
  return { name: 'kafka', how, detail, url, stop, kill };
}

/** A Kafka distribution: `kafka-server-start.sh` (Homebrew drops the ending) under KAFKA_HOME or on the PATH. */
function installedPrograms(): KafkaPrograms | string {
  const home = process.env['KAFKA_HOME'];
  const folders = [
    ...(home === undefined ? [] : [join(home, 'bin')]),
    ...(process.env['PATH'] ?? '').split(delimiter),
  ];
  for (const folder of folders) {
    for (const ending of ['.sh', '']) {
      const serve = join(folder, `kafka-server-start${ending}`);
      const format = join(folder, `kafka-storage${ending}`);
      if (!existsSync(serve) || !existsSync(format)) continue;
      const env = { ...process.env, KAFKA_HEAP_OPTS: '-Xmx512m' };
      return { detail: `Kafka of ${folder}`, format: [format], serve: [serve], env };
    }
  }
  return 'no kafka-server-start.sh found';
}

const installed: Attempt = async (progress, signal) => {
  const programs = installedPrograms();
  if (typeof programs === 'string') return programs;
  progress(`kafka: starting ${programs.serve[0]}`);
  return ours('local', await startKafka({ programs, signal }));
};

const embedded: Attempt = async (progress, signal) => {
  const java = findJava();
  if (typeof java === 'string') return java;
  progress(`kafka: starting Apache Kafka ${kafkaLock.version} on Java ${java.version}`);
  return ours('embedded', await startKafka({ progress, signal }));
};

/**
 * Kafka >= 3.5, from `NOVATE_KAFKA_BROKERS`, Docker, this machine or Maven Central, in that order (`NOVATE_SERVICES`
 * restricts). Its `url` is the list of brokers. Throws only when the environment names brokers that cannot be used.
 */
export async function resolveKafka(options?: ResolveOptions): Promise<Resolved> {
  const attempts = {
    environment: fromEnvironment,
    docker: throughDocker,
    local: installed,
    embedded,
  };
  return resolveService('kafka', attempts, options);
}
