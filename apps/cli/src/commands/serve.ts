import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startKafka, startPostgres } from '../../../../infra/local/index.js';
import { formatSigningKey } from '#events';
import { startApp } from '../demo/app-process.js';
import { journalPlace } from '../journal.js';
import { projectRoot } from '../root.js';
import { Cleanup } from '../terminal/cleanup.js';
import { CliError, ExitCode } from '../terminal/exit.js';
import { stderrProgress, type Progress } from '../terminal/progress.js';

const FOLDER = join(projectRoot(), '.novate/serve');
const OWN_KEYS =
  /^NOVATE_(PERSONAL_KEY|VAULT_URL|EVENT_TABLE|KEY_\w+|VENUE_KEYS|MEMBER_KEYS|CUSTODY_KEYS|COSIGNER_KEYS|RATE_\w+|HELD_\w+|CHECKPOINT_\w+)$/;
const OWN_JOURNAL = ['NOVATE_JOURNAL', 'EVENTSTOREDB_URL', 'NOVATE_EVENTSTOREDB_PREFIX'];

/** `novate serve`: the clearing app on given services, or on ones whose data stays in `.novate/serve`. */
export async function runServe({ port }: { port: number }): Promise<number> {
  const progress = stderrProgress();
  const cleanup = new Cleanup(() => progress.step('stopping'));
  try {
    const environment = {
      ...signing(progress),
      ...keys(progress),
      ...personalKey(progress),
      ...journal(),
      ...(await services(cleanup, progress)),
    };
    const app = await startApp({ ...environment, NOVATE_HTTP_PORT: String(port) });
    cleanup.add(() => app.stop());
    progress.step(`serving on ${app.url}; Ctrl-C ends it`);
    const code = await app.exited;
    if (cleanup.interrupted) return ExitCode.ok;
    throw new CliError(
      `the clearing app ended with ${String(code)}`,
      ExitCode.unavailable,
      app.log(),
    );
  } finally {
    await cleanup.run();
  }
}

/** Keys of the environment; an operator's key is drawn and shown where none is given. */
function keys(progress: Progress): Record<string, string> {
  const given = Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      OWN_KEYS.test(name) && value !== undefined ? [[name, value] as const] : [],
    ),
  );
  if (given['NOVATE_KEY_OPERATOR'] !== undefined) return given;
  const key = randomBytes(24).toString('base64url');
  progress.step(`operator key of this run: ${key}`);
  return { ...given, NOVATE_KEY_OPERATOR: key };
}

/** The key that signs checkpoints: the environment's, else one that is drawn once and kept. */
function signing(progress: Progress): Record<string, string> {
  if (process.env['NOVATE_CHECKPOINT_KEY'] !== undefined) return {};
  mkdirSync(FOLDER, { recursive: true });
  const file = join(FOLDER, 'checkpoint.key');
  if (!existsSync(file)) {
    const name = `novate-serve-${randomBytes(4).toString('hex')}`;
    const key = formatSigningKey(name, randomBytes(32).toString('hex'));
    writeFileSync(file, `${key}\n`, { mode: 0o600 });
    progress.step(`drew a key that signs checkpoints: ${file}`);
  }
  return { NOVATE_CHECKPOINT_KEY: readFileSync(file, 'utf8').trim() };
}

/** The vault's master key: given, or kept beside the data, since what it sealed is lost without it. */
function personalKey(progress: Progress): Record<string, string> {
  if (process.env['NOVATE_PERSONAL_KEY'] !== undefined) return {};
  const file = join(FOLDER, 'personal.key');
  mkdirSync(FOLDER, { recursive: true });
  if (!existsSync(file)) {
    writeFileSync(file, `${randomBytes(32).toString('base64')}\n`, { mode: 0o600 });
    progress.step('NOVATE_PERSONAL_KEY is not set: drew one');
  }
  progress.step(`master key of personal data: ${file}`);
  return { NOVATE_PERSONAL_KEY: readFileSync(file, 'utf8').trim() };
}

/** What names a journal on EventStoreDB. A simulated one would not outlive the read model in `.novate/serve`. */
function journal(): Record<string, string> {
  if (process.env['NOVATE_JOURNAL'] !== 'eventstoredb') return {};
  journalPlace();
  return Object.fromEntries(
    OWN_JOURNAL.flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value] as const];
    }),
  );
}

async function services(cleanup: Cleanup, progress: Progress): Promise<Record<string, string>> {
  mkdirSync(FOLDER, { recursive: true });
  let database = process.env['NOVATE_DATABASE_URL'];
  if (database === undefined) {
    const postgres = await startPostgres({
      dataDir: join(FOLDER, 'postgres'),
      signal: cleanup.signal,
    });
    cleanup.add(() => postgres.stop());
    database = postgres.url;
    progress.step(`postgres: export NOVATE_DATABASE_URL='${database}'`);
  }
  let brokers = process.env['NOVATE_KAFKA_BROKERS'];
  if (brokers === undefined) {
    try {
      const kafka = await startKafka({
        dataDir: join(FOLDER, 'kafka'),
        progress: (line) => progress.step(line),
        signal: cleanup.signal,
      });
      cleanup.add(() => kafka.stop());
      brokers = kafka.url;
      progress.step(`kafka: ${brokers}`);
    } catch (error) {
      progress.step(`no Kafka, inputs over HTTP only: ${String(error)}`);
    }
  }
  return {
    NOVATE_DATABASE_URL: database,
    ...(brokers === undefined ? {} : { NOVATE_KAFKA_BROKERS: brokers }),
  };
}
