import 'reflect-metadata';
import { Clearing } from './clearing.js';
import { ConfigError, readConfig } from './config/index.js';

/** Exit codes: 1 a part failed, 2 the configuration is wrong. */
const FAILED = 1;
const MISCONFIGURED = 2;

const log = (line: string) => void process.stderr.write(`${line}\n`);
const oneLine = (error: unknown) =>
  (error instanceof Error ? error.message : String(error)).replaceAll(/\s+/g, ' ').slice(0, 500);

/** Ends at once: the state in memory may be ahead of the journal, so nothing may go on with it. */
function end(error: unknown): never {
  process.stderr.write(`novate clearing: ${oneLine(error)}\n`);
  process.exit(error instanceof ConfigError ? MISCONFIGURED : FAILED);
}

async function main(): Promise<void> {
  const config = readConfig(process.env);
  const clearing = await Clearing.start(config, { log, onFatal: end });
  let stopping = false;
  const stop = (signal: NodeJS.Signals) => {
    if (stopping) return process.exit(FAILED);
    stopping = true;
    log(`stopping on ${signal}`);
    clearing.stop().then(() => process.exit(0), end);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  process.stdout.write(`${JSON.stringify({ ready: true, port: clearing.port })}\n`);
}

await main().catch(end);
