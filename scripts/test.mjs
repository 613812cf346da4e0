/** Starts the services once, runs Jest against them, says what was skipped and why, and ends with one line. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { printServices, resolveKafka, resolvePostgres } from '../dist/infra/local/index.js';
import { node } from './lib/process.mjs';

const soak = process.argv[2] === '--soak';
const patterns = process.argv.slice(soak ? 3 : 2);
const ci = /^(1|true)$/.test(process.env.CI ?? '');
const results = mkdtempSync(join(tmpdir(), 'novate-test-'));
// Also on process.exit, which the services' handler calls after Ctrl-C.
process.on('exit', () => rmSync(results, { recursive: true, force: true }));

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
function environment([postgres, kafka]) {
  const options = `${process.env.NODE_OPTIONS ?? ''} --experimental-vm-modules`;
  return {
    ...process.env,
    NODE_OPTIONS: `${options} --disable-warning=ExperimentalWarning`.trim(),
    NOVATE_TEST_RESULTS: join(results, 'results.json'),
    ...(soak ? { NOVATE_SOAK: '1' } : {}),
    ...(postgres.url
      ? { NOVATE_TEST_DATABASE_URL: postgres.url }
      : { NOVATE_TEST_POSTGRES_SKIP: `Postgres: ${postgres.reason}` }),
    ...(kafka.url
      ? { NOVATE_TEST_KAFKA_BROKERS: kafka.url }
      : { NOVATE_TEST_KAFKA_SKIP: `Kafka: ${kafka.reason}` }),
  };
}

function readResults() {
  try {
    return JSON.parse(readFileSync(join(results, 'results.json'), 'utf8'));
  } catch {
    return { passed: 0, failed: 0, skipped: [] };
  }
}

async function main() {
  const resolved = await services();
  printServices(resolved);
  const reporters = ['default', '<rootDir>/scripts/lib/reporter.mjs'];
  // Another option has to follow the reporters, or Jest takes the patterns for more of them.
  const jest = [
    'node_modules/jest/bin/jest.js',
    ...reporters.map((each) => `--reporters=${each}`),
    '--maxWorkers=2',
  ];
  let exitCode = 0;
  await node([...jest, ...patterns], { env: environment(resolved) }).catch((error) => {
    exitCode = error.exitCode;
  });
  await Promise.all(resolved.map((each) => each.stop()));

  const { passed, failed, skipped } = readResults();
  for (const { name, why } of skipped) console.error(`skipped: ${name}: ${why}`);
  for (const { name, how, reason } of resolved) {
    if (!ci || how !== 'skipped') continue;
    exitCode ||= 1;
    console.error(`novate: on CI no test may skip for lack of ${name}: ${reason}`);
  }
  if (failed > 0) exitCode ||= 1;
  process.stdout.write(`${passed} passed, ${failed} failed, ${skipped.length} skipped\n`);
  process.exitCode = exitCode;
}

main().catch((error) => {
  console.error(`novate: ${error.message}`);
  process.stdout.write('0 passed, 1 failed, 0 skipped\n');
  process.exitCode = 1;
});
