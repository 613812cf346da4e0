import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '#infra';
import { funded } from '../testing/node.js';
import { writeKeystore } from '../signer/index.js';
import { ChaosChain } from './chain.js';
import { ClearingDoor } from './clearing.js';
import { type CosignProxy, cosignProxy } from './cosign-proxy.js';
import { ChaosFeed } from './house.js';
import { JournalView } from './journal-view.js';
import * as keys from './keys.js';
import { Program } from './program.js';
import type { Random } from './random.js';
import { ChaosPostgres } from './servers.js';

const FIRST_MEMORY = 'settlement_0';
const CHAIN_IDS = [31337, 31338] as const;
const ACCOUNTS = 8;
/** Costs nothing to open: these keys stand in the source. */
const CHEAP = { n: 1024, r: 8, p: 1 } as const;
/** Of chain time: a block comes every second of it and some fifteen a second of ours. */
const DEADLINE_S = 120;
const PATIENCE_MS = 150_000;
const POLL_MS = 150;
const GAS_MONEY = 100n;

export interface CoSignerUnderFire {
  readonly program: Program;
  readonly proxy: CosignProxy;
  readonly database: string;
}

/** Everything of the house, real and each a process of its own, with the handles a fault pulls. */
export class ChaosWorld {
  private databases = 0;
  private memory = FIRST_MEMORY;
  readonly seconds: Program[] = [];
  /** Databases of settlement services, in use or lost. */
  readonly memories: string[] = [];

  private constructor(
    readonly random: Random,
    readonly postgres: ChaosPostgres,
    readonly chains: readonly ChaosChain[],
    readonly clearing: Program,
    readonly coSigners: readonly CoSignerUnderFire[],
    readonly service: Program,
    readonly feed: ChaosFeed,
    readonly journal: JournalView,
    readonly door: ClearingDoor,
    readonly houseUrl: string,
    private readonly serviceEnv: (submitter: number, database: string) => Record<string, string>,
  ) {}

  static async start(random: Random): Promise<ChaosWorld> {
    const closers: (() => Promise<unknown>)[] = [];
    try {
      const world = await ChaosWorld.build(random, closers);
      closers.length = 0;
      return world;
    } finally {
      for (const close of closers.reverse()) await close().catch(() => undefined);
    }
  }

  private static async build(
    random: Random,
    closers: (() => Promise<unknown>)[],
  ): Promise<ChaosWorld> {
    const postgres = await ChaosPostgres.start();
    closers.push(() => postgres.stop());
    const { folder } = postgres;
    const chains = await Promise.all(
      CHAIN_IDS.map(async (chainId) => {
        const operators = keys.OPERATORS.map(funded);
        const chain = await ChaosChain.start({ chainId, folder, origin: keys.ORIGIN, operators });
        closers.push(() => chain.stop());
        return chain;
      }),
    );
    for (const chain of chains) {
      for (const n of keys.SUBMITTERS) await chain.setEther(funded(n).address, GAS_MONEY);
    }
    const house = await postgres.database('house');
    const port = await freePort();
    const clearingUrl = `http://127.0.0.1:${port}`;
    const clearing = Program.start({
      ...{ name: 'clearing app', main: 'clearing' },
      env: {
        NOVATE_DATABASE_URL: house,
        NOVATE_HTTP_PORT: String(port),
        NOVATE_CHECKPOINT_MS: '100',
        ...keys.clearingKeys(CHAIN_IDS),
      },
    });
    closers.push(() => clearing.stop());
    const door = new ClearingDoor(clearingUrl);
    const feed = new ChaosFeed(door, chains, random);
    await feed.setUp(ACCOUNTS);
    const coSigners: CoSignerUnderFire[] = [];
    for (const n of keys.OPERATORS) {
      coSigners.push(await startCoSigner(n, { postgres, chains, clearingUrl }));
      closers.push(() => coSigners[n - 1]!.program.stop());
    }
    for (const n of keys.SUBMITTERS) {
      await writeKeystore(submitterFile(folder, n), keys.privateKey(n), keys.PASSWORD, CHEAP);
    }
    const serviceEnv = (submitter: number, database: string): Record<string, string> => ({
      NOVATE_SETTLEMENT_DATABASE_URL: database,
      NOVATE_CLEARING_URL: clearingUrl,
      NOVATE_KEY_SETTLEMENT: keys.keyOf('settlement'),
      NOVATE_CUSTODY_KEYS: CHAIN_IDS.map(keys.custodianOf)
        .map((id) => `${id}=${keys.keyOf(id)}`)
        .join(),
      NOVATE_CHAINS: chainsJson(chains),
      NOVATE_COSIGNERS: coSigners
        .map(({ proxy }, i) => `${proxy.url}=${keys.keyOf(`operator-${i + 1}`)}`)
        .join(),
      NOVATE_SUBMITTER_KEYSTORE: submitterFile(folder, submitter),
      NOVATE_SUBMITTER_PASSWORD: keys.PASSWORD,
      NOVATE_SETTLEMENT_TURN_MS: '150',
      NOVATE_SETTLEMENT_DEADLINE_S: String(DEADLINE_S),
      NOVATE_SETTLEMENT_REPLACE_MS: '2000',
      NOVATE_SETTLEMENT_PORT: '0',
    });
    const memory = await postgres.database(FIRST_MEMORY);
    const env = serviceEnv(keys.SUBMITTERS[0], memory);
    const service = Program.start({ name: 'settlement service', main: 'settlement', env });
    closers.push(() => service.stop());
    const journal = await JournalView.open(house);
    const parts = [
      postgres,
      chains,
      clearing,
      coSigners,
      service,
      feed,
      journal,
      door,
      house,
    ] as const;
    const world = new ChaosWorld(random, ...parts, serviceEnv);
    world.memories.push(FIRST_MEMORY);
    await world.untilOpen(feed.accounts.length);
    await feed.fund();
    return world;
  }

  /** Waits until the first so many accounts, and the house's own, are open on their chains. */
  async untilOpen(accounts: number): Promise<void> {
    await this.until('accounts open on chain', async () => {
      const wanted = this.feed.accounts.slice(0, accounts);
      const open = this.chains.flatMap((chain) => [
        chain.isOpen(0),
        ...wanted
          .filter((each) => each.chainId === chain.chainId)
          .map((e) => chain.isOpen(e.index)),
      ]);
      return (await Promise.all(open)).every(Boolean);
    });
  }

  /**
   * Polls gently until it is so. Patience begins anew whenever something moved: how long a backlog takes is no finding.
   * @param more where it stands, in words that change when something moves
   * @throws with what every process said last
   */
  async until(what: string, holds: () => Promise<boolean>, more = () => ''): Promise<void> {
    let trouble = '';
    let standing = more();
    for (let until = performance.now() + PATIENCE_MS; performance.now() < until;) {
      try {
        if (await holds()) return;
        if (more() !== standing) until = performance.now() + PATIENCE_MS;
        standing = more();
      } catch (error) {
        // A node or a database that is just being killed.
        trouble = String(error);
      }
      await sleep(POLL_MS);
    }
    throw new Error(`not in time: ${what}; ${more()} ${trouble}\n${this.report()}`);
  }

  /** A service with another submitter's key and a memory of its own, which knows nothing of the first. */
  async startSecond(): Promise<Program> {
    const database = await this.freshMemory();
    const env = this.serviceEnv(keys.SUBMITTERS[1], database);
    const second = Program.start({ name: 'second service', main: 'settlement', env });
    this.seconds.push(second);
    return second;
  }

  /** The highest block of a chain that the first service has called final. */
  async finalMark({ chainId }: ChaosChain): Promise<bigint> {
    const [row] = await this.postgres.query<{ number: string }>(
      this.memory,
      `SELECT marks -> 'finalized' ->> 'number' AS number FROM settlement.watcher
        WHERE chain_id = ${chainId}`,
    );
    return BigInt(row?.number.replace('n', '') ?? 0);
  }

  /** Takes the first service's memory away. */
  async forget(): Promise<void> {
    await this.service.hold();
    const url = await this.freshMemory();
    this.memory = this.memories.at(-1)!;
    this.service.resume({ NOVATE_SETTLEMENT_DATABASE_URL: url });
  }

  private async freshMemory(): Promise<string> {
    this.databases += 1;
    const name = `settlement_${this.databases}`;
    this.memories.push(name);
    return this.postgres.database(name);
  }

  report(): string {
    const programs = [this.clearing, this.service, ...this.seconds.slice(-1)];
    const all = [...programs, ...this.coSigners.map(({ program }) => program)];
    return all.map(String).join('\n');
  }

  async stop(): Promise<void> {
    const programs = [this.service, ...this.seconds, this.clearing];
    await Promise.all(programs.map((each) => each.stop()));
    await Promise.all(
      this.coSigners.map(async ({ program, proxy }) => {
        await program.stop();
        await proxy.close();
      }),
    );
    await Promise.all(this.chains.map((chain) => chain.stop()));
    await this.postgres.stop();
  }
}

const submitterFile = (folder: string, n: number): string => join(folder, `submitter-${n}.json`);

const chainsJson = (chains: readonly ChaosChain[]): string =>
  JSON.stringify(
    chains.map(({ chainId, proxies }) => ({
      chainId,
      rpc: proxies.map(({ url }) => url),
      agree: 2,
    })),
  );

async function startCoSigner(
  n: number,
  parts: {
    readonly postgres: ChaosPostgres;
    readonly chains: readonly ChaosChain[];
    readonly clearingUrl: string;
  },
): Promise<CoSignerUnderFire> {
  const { postgres, chains, clearingUrl } = parts;
  const database = `cosign_${n}`;
  const keystore = join(postgres.folder, `operator-${n}.json`);
  await writeKeystore(keystore, keys.privateKey(n), keys.PASSWORD, CHEAP);
  const port = await freePort();
  const key = keys.keyOf(`operator-${n}`);
  const rails = chains.map(({ rail, chainId, contracts }) => ({ rail, chainId, ...contracts }));
  const program = Program.start({
    ...{ name: `co-signer ${n}`, main: 'co-signer' },
    env: {
      NOVATE_COSIGN_DATABASE_URL: await postgres.database(database),
      NOVATE_CLEARING_URL: clearingUrl,
      NOVATE_COSIGN_FEED_KEY: key,
      NOVATE_COSIGN_KEY: key,
      NOVATE_COSIGN_LOG_KEY: keys.logVerifierKey,
      NOVATE_CHAINS: chainsJson(chains),
      NOVATE_COSIGN_RAILS: JSON.stringify(rails),
      NOVATE_COSIGN_KEYSTORE: keystore,
      NOVATE_COSIGN_PASSWORD: keys.PASSWORD,
      NOVATE_COSIGN_NEW_KEY: 'true',
      NOVATE_COSIGN_PORT: String(port),
    },
  });
  const proxy = await cosignProxy(`http://127.0.0.1:${port}`, key);
  return { program, proxy, database };
}
