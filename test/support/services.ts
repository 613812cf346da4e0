import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe } from '@jest/globals';
import { Client } from 'pg';

const RUN = 'run through npm test, which starts the services';

/** Administrator's URL of the test run's Postgres; throws where there is none, so ask inside `describePostgres`. */
export function postgresUrl(): string {
  const url = process.env['NOVATE_TEST_DATABASE_URL'];
  if (url === undefined) throw new Error(`no Postgres: ${RUN}`);
  return url;
}

/** Brokers of the test run's Kafka; throws where there is none, so ask inside `describeKafka`. */
export function kafkaBrokers(): string[] {
  const brokers = process.env['NOVATE_TEST_KAFKA_BROKERS'];
  if (brokers === undefined) throw new Error(`no Kafka: ${RUN}`);
  return brokers.split(',');
}

/** A describe block that is skipped, its reason in the title for the reporter to print, unless `available`. */
export function describeIf(
  available: boolean,
  reason: string,
  name: string,
  body: () => void,
): void {
  if (available) describe(name, body);
  else describe.skip(`${name} (skipped: ${reason})`, body);
}

/** Specs that need Postgres. */
export function describePostgres(name: string, body: () => void): void {
  const reason = process.env['NOVATE_TEST_POSTGRES_SKIP'] ?? RUN;
  describeIf(process.env['NOVATE_TEST_DATABASE_URL'] !== undefined, reason, name, body);
}

/** Specs that need Kafka. */
export function describeKafka(name: string, body: () => void): void {
  const reason = process.env['NOVATE_TEST_KAFKA_SKIP'] ?? RUN;
  describeIf(process.env['NOVATE_TEST_KAFKA_BROKERS'] !== undefined, reason, name, body);
}

/** Specs that need both Postgres and Kafka. */
export function describeServices(name: string, body: () => void): void {
  const missing =
    process.env['NOVATE_TEST_DATABASE_URL'] === undefined
      ? (process.env['NOVATE_TEST_POSTGRES_SKIP'] ?? RUN)
      : (process.env['NOVATE_TEST_KAFKA_SKIP'] ?? RUN);
  const both =
    process.env['NOVATE_TEST_DATABASE_URL'] !== undefined &&
    process.env['NOVATE_TEST_KAFKA_BROKERS'] !== undefined;
  describeIf(both, missing, name, body);
}

/**
 * Specs that need a recorded data set which is not part of the repository.
 * @param relativeFile path under `NOVATE_DATA`, by default the folder shared/data beside the clone
 */
export function describeData(
  relativeFile: string,
  name: string,
  body: (file: string) => void,
): void {
  const beside = join(dirname(fileURLToPath(import.meta.url)), '../../../shared/data');
  const file = join(process.env['NOVATE_DATA'] ?? beside, relativeFile);
  const reason = `data ${relativeFile} is not on this machine`;
  describeIf(existsSync(file), reason, name, () => body(file));
}

async function administer(statement: string): Promise<void> {
  const client = new Client({ connectionString: postgresUrl() });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

/** An empty database of its own on the test run's server. */
export async function freshDatabase(): Promise<{ url: string; drop(): Promise<void> }> {
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await administer(`CREATE DATABASE ${name}`);
  const url = new URL(postgresUrl());
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => administer(`DROP DATABASE ${name} WITH (FORCE)`) };
}
