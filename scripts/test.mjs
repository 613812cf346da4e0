/** Starts the services once, runs Jest against them, says what was skipped and why, and ends with one line. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { printServices, resolveKafka, resolvePostgres } from '../dist/infra/local/index.js';
import { node } from './lib/process.mjs';

const soak = process.argv[2] === '--soak';
const patterns = process.argv.slice(soak ? 3 : 2);
const ci = /^(1|true)$/.test(process.env.CI ?? '');

async function services() {
  const progress = (line) => console.error(`novate: ${line}`);
  const settled = await Promise.allSettled([
    resolvePostgres({ progress }),
    resolveKafka({ progress }),
  ]);
  const failed = settled.find(({ status }) => status === 'rejected');
  const resolved = settled.flatMap(({ value }) => (value ? [value] : []));
  if (failed) {
    await Promise.all(resolved.map((each) => each.stop()));
    throw failed.reason;
  }
  return resolved;
}

/** What the specs' helper test/support/services.ts reads. */
function environment([postgres, kafka], results) {
  const options = `${process.env.NODE_OPTIONS ?? ''} --experimental-vm-modules`;
  return {
    ...process.env,
    NODE_OPTIONS: `${options} --disable-warning=ExperimentalWarning`.trim(),
    NOVATE_TEST_RESULTS: results,
    ...(soak ? { NOVATE_SOAK: '1' } : {}),
    ...(postgres.url
      ? { NOVATE_TEST_DATABASE_URL: postgres.url }
      : { NOVATE_TEST_POSTGRES_SKIP: `Postgres: ${postgres.reason}` }),
    ...(kafka.url
      ? { NOVATE_TEST_KAFKA_BROKERS: kafka.url }
      : { NOVATE_TEST_KAFKA_SKIP: `Kafka: ${kafka.reason}` }),
  };
}

/** Runs Jest to its end: its exit code and what the reporter counted, nothing where it did not get that far. */
async function runJest(resolved) {
  const folder = mkdtempSync(join(tmpdir(), 'novate-test-'));
  const results = join(folder, 'results.json');
  const reporters = ['default', '<rootDir>/scripts/lib/reporter.mjs'];
  // Another option has to follow the reporters, or Jest takes the patterns for more of them.
  const jest = [
    'node_modules/jest/bin/jest.js',
    ...reporters.map((each) => `--reporters=${each}`),
    '--maxWorkers=2',
  ];
  try {
    const env = environment(resolved, results);
    const exitCode = await node([...jest, ...patterns], { env }).then(
      () => 0,
      (error) => error.exitCode,
    );
    const counted = existsSync(results) ? JSON.parse(readFileSync(results, 'utf8')) : undefined;
    return { exitCode, counted };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function main() {
  const resolved = await services();
  printServices(resolved);
  const outcome = await runJest(resolved);
  await Promise.all(resolved.map((each) => each.stop()));

  const { passed, failed, skipped } = outcome.counted ?? { passed: 0, failed: 0, skipped: [] };
  for (const { name, why } of skipped) console.error(`skipped: ${name}: ${why}`);
  const lacking = resolved.filter(({ how }) => ci && how === 'skipped');
  for (const { name, reason } of lacking) {
    console.error(`novate: on CI no test may skip for lack of ${name}: ${reason}`);
  }
  let failures = failed + lacking.length;
  if (failures === 0 && outcome.exitCode !== 0) {
    const why = outcome.exitCode > 128 ? 'was interrupted' : `ended with ${outcome.exitCode}`;
    console.error(`novate: Jest ${why} although no test failed, see above`);
    failures = 1;
  }
  process.stdout.write(`${passed} passed, ${failures} failed, ${skipped.length} skipped\n`);
  process.exitCode = outcome.exitCode || (failures > 0 ? 1 : 0);
}

main().catch((error) => {
  console.error(`novate: ${error.message}`);
  process.stdout.write('0 passed, 1 failed, 0 skipped\n');
  process.exitCode = 1;
});
