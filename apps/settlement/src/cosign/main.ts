import 'reflect-metadata';
import { formatVerifierKey } from '#events';
import type { Hex } from 'viem';
import { ConfigError } from '../../../../infra/settings/index.js';
import { httpChain } from '../chain/index.js';
import { type CosignConfig, readCosignConfig } from '../config/index.js';
import { LogFeed } from '../house/index.js';
import { Quorum } from '../rpc/index.js';
import { openSigner } from '../signer/open-signer.js';
import { CoSigner } from './co-signer.js';
import { CopyKeeper } from './copy-keeper.js';
import { cosignApp } from './http.js';
import type { DigestSigner } from './ports.js';
import { PostgresStore } from './postgres-store.js';
import { QuorumView } from './quorum-view.js';

/** Exit codes: 1 a part failed, 2 the configuration is wrong. */
const FAILED = 1;
const MISCONFIGURED = 2;
const PAUSE_MS = 200;

const log = (line: string) => void process.stderr.write(`${line}\n`);
const oneLine = (error: unknown) =>
  (error instanceof Error ? error.message : String(error)).replaceAll(/\s+/g, ' ').slice(0, 500);

function end(error: unknown): never {
  process.stderr.write(`novate cosign: ${oneLine(error)}\n`);
  process.exit(error instanceof ConfigError ? MISCONFIGURED : FAILED);
}

/** A view of every rail's chain, through this co-signer's own providers. */
function viewsOf({ chains, rails }: CosignConfig): Map<string, QuorumView> {
  const quorums = new Map(
    chains.map(({ chainId, rpc, agree }) => {
      const providers = rpc.map((url, i) => httpChain({ url, name: `${chainId}-${i + 1}` }));
      return [chainId, new Quorum({ chainId, providers, agree })] as const;
    }),
  );
  return new Map(
    rails.map(({ rail, chainId, ledger, contracts }) => [
      rail,
      new QuorumView(quorums.get(chainId)!, rail, ledger, contracts),
    ]),
  );
}

async function main(): Promise<void> {
  const config = readCosignConfig(process.env);
  const key = await openSigner(config.signer);
  const signer: DigestSigner = {
    address: key.address,
    sign: (digest: Hex) => key.signDigest(digest),
  };
  const owner = { signer: signer.address, logKey: formatVerifierKey(config.logKey) };
  const store = await PostgresStore.open(config.databaseUrl, owner);
  const copy = new CopyKeeper({
    ...{ store, log, feed: new LogFeed(config.clearing), firstKey: config.logKey },
    ...{ waitMs: config.waitMs, pauseMs: PAUSE_MS },
  });
  const { rails, longestDeadline, newKey } = config;
  const chains = viewsOf(config);
  const cosigner = new CoSigner({ rails, chains, copy, store, signer, longestDeadline, newKey });
  await cosigner.begin();
  const app = await cosignApp({ cosigner, copy, key: config.key, log });
  const stopping = new AbortController();
  const running = copy.run(stopping.signal);
  const stop = (signal: NodeJS.Signals) => {
    if (stopping.signal.aborted) return process.exit(FAILED);
    stopping.abort();
    log(`stopping on ${signal}`);
    app
      .close()
      .then(() => running)
      .then(() => store.close())
      .then(() => process.exit(0), end);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  await app.listen(config.http.port, config.http.host);
  const address: unknown = app.getHttpServer().address();
  const port = typeof address === 'object' && address && 'port' in address ? address.port : 0;
  process.stdout.write(`${JSON.stringify({ ready: true, port, signer: signer.address })}\n`);
}

await main().catch(end);
