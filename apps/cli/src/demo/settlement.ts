import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../../../infra/local/index.js';
import { writeKeystore } from '../../../settlement/src/signer/index.js';
import type { Cleanup } from '../terminal/cleanup.js';
import type { Progress } from '../terminal/progress.js';
import { type AppProcess, startApp } from './app-process.js';
import { type LocalChain, operatorKeys, submitterKey } from './chains.js';
import { createDatabase } from './database.js';
import { custodians } from './reference.js';
import { type DemoKeys, logVerifierKey } from './keys.js';

/** The settlement service and its co-signers, each a process of its own. */
export interface DemoSettlement {
  readonly service: AppProcess;
  readonly coSigners: readonly AppProcess[];
}

export interface SettlementParts {
  readonly chains: readonly LocalChain[];
  readonly keys: DemoKeys;
  readonly clearingUrl: string;
  /** Where the settlement service keeps its schema. */
  readonly databaseUrl: string;
  /** The server on which every co-signer gets a database of its own. */
  readonly postgresUrl: string;
  /** Whether that server outlives the demo. */
  readonly outlives: boolean;
  readonly progress: Progress;
  readonly cleanup: Cleanup;
}

/** Of the demo's keystores, which are gone when it ends. */
const PASSWORD = 'the demo of Novate';
/** Costs nothing to open: these keys stand in the source. */
const CHEAP = { n: 1024, r: 8, p: 1 } as const;
const TURN_MS = 150;

/** Starts three co-signers, each with its own key, database and copy of the log, and the service that asks them. */
export async function startSettlement(parts: SettlementParts): Promise<DemoSettlement> {
  const { cleanup, keys, progress } = parts;
  const folder = await mkdtemp(join(tmpdir(), 'novate-demo-keys-'));
  cleanup.add(() => rm(folder, { recursive: true, force: true }));
  const coSigners = await Promise.all(
    operatorKeys.map(async (key, i) => {
      const keystore = join(folder, `operator-${i + 1}.json`);
      await writeKeystore(keystore, key, PASSWORD, CHEAP);
      return await startCoSigner(parts, i, keystore);
    }),
  );
  const submitter = join(folder, 'submitter.json');
  await writeKeystore(submitter, submitterKey, PASSWORD, CHEAP);
  const asked = coSigners.map(({ url }, i) => `${url}=${keys.cosigners[i]!}`);
  const custody = custodians.map((id) => `${id}=${keys.sources.get(id) ?? ''}`);
  const service = await startApp(
    {
      NOVATE_SETTLEMENT_DATABASE_URL: parts.databaseUrl,
      NOVATE_CLEARING_URL: parts.clearingUrl,
      NOVATE_KEY_SETTLEMENT: keys.settlement,
      NOVATE_KEY_SETTLEMENT_READER: keys.reader,
      NOVATE_CUSTODY_KEYS: custody.join(','),
      NOVATE_CHAINS: chainsJson(parts.chains),
      NOVATE_COSIGNERS: asked.join(','),
      NOVATE_SUBMITTER_KEYSTORE: submitter,
      NOVATE_SUBMITTER_PASSWORD: PASSWORD,
      NOVATE_SETTLEMENT_TURN_MS: String(TURN_MS),
      NOVATE_SETTLEMENT_PORT: '0',
    },
    'the settlement service',
  );
  cleanup.add(() => service.stop());
  progress.step(`settlement service and ${coSigners.length} co-signers started`);
  return { service, coSigners };
}

const chainsJson = (chains: readonly LocalChain[]): string =>
  JSON.stringify(chains.map(({ chainId, url }) => ({ chainId, rpc: [url], agree: 1 })));

async function startCoSigner(
  parts: SettlementParts,
  i: number,
  keystore: string,
): Promise<AppProcess> {
  const { cleanup, keys, chains, postgresUrl } = parts;
  const database = await createDatabase(postgresUrl);
  if (parts.outlives) cleanup.add(() => database.drop());
  const rails = chains.flatMap(({ contracts }) =>
    contracts.map(({ chainId, asset, ledger, vault, registry, token }) => ({
      ...{ rail: `${chainId}/${asset}`, chainId, ledger, vault, registry, token },
    })),
  );
  const app = await startApp(
    {
      NOVATE_COSIGN_DATABASE_URL: database.url,
      NOVATE_CLEARING_URL: parts.clearingUrl,
      NOVATE_COSIGN_FEED_KEY: keys.cosigners[i]!,
      NOVATE_COSIGN_KEY: keys.cosigners[i]!,
      NOVATE_COSIGN_LOG_KEY: logVerifierKey,
      NOVATE_CHAINS: chainsJson(chains),
      NOVATE_COSIGN_RAILS: JSON.stringify(rails),
      NOVATE_COSIGN_KEYSTORE: keystore,
      NOVATE_COSIGN_PASSWORD: PASSWORD,
      NOVATE_COSIGN_NEW_KEY: 'true',
      NOVATE_COSIGN_PORT: String(await freePort()),
    },
    'a co-signer',
  );
  cleanup.add(() => app.stop());
  return app;
}
