import 'reflect-metadata';
import { ConfigError } from '../../../infra/settings/index.js';
import { readSettlementConfig, type SettlementConfig } from './config/index.js';
import { feePolicy, gasLimit } from './fees/index.js';
import { settlementApp } from './http/service-app.js';
import { Settlement } from './service/index.js';
import { openSigner } from './signer/open-signer.js';

/** Exit codes: 1 a part failed, 2 the configuration is wrong. */
const FAILED = 1;
const MISCONFIGURED = 2;
/** Transactions of one chain under way at once. */
const PIPELINE = 4;
const GWEI = 10n ** 9n;

const log = (line: string) => void process.stderr.write(`${line}\n`);
const oneLine = (error: unknown) =>
  (error instanceof Error ? error.message : String(error)).replaceAll(/\s+/g, ' ').slice(0, 500);

function end(error: unknown): never {
  process.stderr.write(`novate settlement: ${oneLine(error)}\n`);
  process.exit(error instanceof ConfigError ? MISCONFIGURED : FAILED);
}

async function start(config: SettlementConfig): Promise<Settlement> {
  const submitter = await openSigner(config.submitter);
  const { databaseUrl, clearing, custody, chains, coSigners, turnMs, deadlineSeconds } = config;
  return Settlement.start(
    {
      ...{ databaseUrl, clearing, custody, chains, coSigners, turnMs, deadlineSeconds },
      ...{ submitter, gasLimit },
      lanePolicy: {
        fees: feePolicy({ tip: GWEI, cap: BigInt(config.maxFeeGwei) * GWEI }),
        replaceAfterMs: config.replaceAfterMs,
        pipeline: PIPELINE,
      },
    },
    { log, onFatal: end, now: Date.now },
  );
}

async function main(): Promise<void> {
  const config = readSettlementConfig(process.env);
  const settlement = await start(config);
  const app = await settlementApp({ settlement, keys: config.keys, log });
  let stopping = false;
  const stop = (signal: NodeJS.Signals) => {
    if (stopping) return process.exit(FAILED);
    stopping = true;
    log(`stopping on ${signal}`);
    app
      .close()
      .then(() => settlement.stop())
      .then(() => process.exit(0), end);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  await app.listen(config.http.port, config.http.host);
  const address: unknown = app.getHttpServer().address();
  const port = typeof address === 'object' && address && 'port' in address ? address.port : 0;
  process.stdout.write(`${JSON.stringify({ ready: true, port })}\n`);
}

await main().catch(end);
