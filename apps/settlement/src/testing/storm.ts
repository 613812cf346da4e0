import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { encodeFunctionData, toHex } from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { collateralVaultAbi, settlementLedgerAbi } from '#contracts';
import { freePort } from '#infra';
import { ChainError } from '../chain/index.js';
import { Lane, laneChain, LaneLost } from '../lane/index.js';
import { NoAgreement } from '../rpc/index.js';
import {
  ChainMoved,
  type Observation,
  type WatchedRail,
  Watcher,
  WatcherLost,
} from '../watcher/index.js';
import { funded, startNode, type TestNode, type TestQuorum, twoOfThree } from './node.js';
import {
  plainFees,
  setEther,
  type SettledChain,
  startSettledChain,
  type Batches,
} from './settled-chain.js';
import type { Mode } from './rpc-proxy.js';

const GWEI = 10n ** 9n;

/** A generator that gives the same numbers for the same seed (mulberry32). */
export function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const FAULTS: readonly Mode[] = [
  { kind: 'hang' },
  { kind: 'status', status: 429 },
  { kind: 'status', status: 503 },
  { kind: 'half' },
  { kind: 'lag', blocks: 4 },
  { kind: 'chain-id', chainId: 1 },
  { kind: 'swallow' },
  { kind: 'lie', lie: (method, result) => (method === 'eth_getLogs' ? [] : result) },
  {
    kind: 'lie',
    lie: (method, result) =>
      method === 'eth_getTransactionCount' ? toHex(BigInt(String(result)) + 3n) : result,
  },
  {
    kind: 'lie',
    lie: (method, result) => (method === 'eth_call' ? toHex(1n, { size: 32 }) : result),
  },
];

class Crash extends Error {}

export interface StormOptions {
  readonly seed: number;
  readonly batches: number;
  readonly databases: readonly [string, string];
}

export interface StormReport {
  readonly lastSeq: bigint;
  readonly moved: bigint;
  readonly deposits: bigint;
  readonly observations: readonly Observation[];
  readonly faults: Readonly<Record<string, number>>;
  /** Transactions in blocks of the submitter. */
  readonly nonces: number;
  /** What the chain's finalized blocks say at the end: numbers of deposits. */
  readonly final: readonly bigint[];
}

/** Submitters, a watcher and a chain under everything that may go wrong with them, and then a calm. */
export class Storm {
  private readonly random: (below: number) => number;
  private readonly folder = mkdtempSync(join(tmpdir(), 'novate-spec-'));
  private readonly key = generatePrivateKey();
  private readonly faults: Record<string, number> = {};
  private now = 1_000_000;
  private clock = 0;
  private node!: TestNode;
  private settled!: SettledChain;
  private set!: TestQuorum;
  private batches!: Batches;
  private rail!: WatchedRail;
  private watcher: Watcher | undefined;
  private readonly lanes: (Lane | undefined)[] = [undefined, undefined];
  /** The chain cannot take back what is below where it began again. */
  private floor = 0n;
  /** Where the next transaction's submitter ends, without a word. */
  private crashPoint: string | undefined;

  constructor(private readonly options: StormOptions) {
    this.random = randomOf(options.seed);
  }

  async run(): Promise<StormReport> {
    try {
      await this.begin();
      for (let n = 0; n < this.options.batches * 40 && !(await this.isDone()); n += 1)
        await this.step();
      return await this.calm();
    } finally {
      await this.end();
    }
  }

  private async begin(): Promise<void> {
    const stateFile = join(this.folder, 'chain.json');
    const port = await freePort();
    this.settled = await startSettledChain({ stateFile, port });
    this.node = this.settled.node;
    await this.node.rpc('evm_setAutomine', [true]);
    await setEther(this.node, privateKeyToAccount(this.key).address, '100');
    await this.node.rpc('evm_setAutomine', [false]);
    await this.node.mine(12);
    this.batches = await this.settled.seal(this.options.batches);
    this.set = await twoOfThree(this.node, { now: () => this.clock, graceMs: 20 }, [500, 500, 500]);
    const { house } = this.settled;
    const { token, ledger } = house.rail;
    this.rail = {
      rail: '31337/USD',
      token,
      ledger,
      vault: house.chain.vault,
      finality: 'finalized',
      fromBlock: 0n,
    };
  }

  private async step(): Promise<void> {
    this.now += 1_000;
    this.clock += 200;
    const dice = this.random(100);
    if (dice < 30) await this.turn(this.random(10) === 0 ? 1 : 0);
    else if (dice < 55) await this.node.mine(1 + this.random(2));
    else if (dice < 75) await this.watch();
    else if (dice < 80) await this.deposit();
    else if (dice < 86) this.disturb();
    else if (dice < 91) this.heal();
    else await this.strike(dice);
  }

  private async strike(dice: number): Promise<void> {
    if (dice < 94) await this.reorg();
    else if (dice < 95) await this.count('pool-lost', this.node.rpc('anvil_dropAllTransactions'));
    else if (dice < 96) await this.cutDatabase();
    else if (dice < 97) await this.killChain();
    else if (dice < 98) await this.spike();
    else await this.crash();
  }

  private async count(what: string, doing: Promise<unknown>): Promise<void> {
    this.faults[what] = (this.faults[what] ?? 0) + 1;
    await doing;
  }

  private async turn(which: 0 | 1): Promise<void> {
    try {
      this.lanes[which] ??= await Lane.open({
        databaseUrl: this.options.databases[which],
        chain: laneChain(this.set.quorum, settlementLedgerAbi),
        signer: privateKeyToAccount(this.key),
        policy: { fees: plainFees(), replaceAfterMs: 8_000, pipeline: 4 },
        now: () => this.now,
        crash: (point) => {
          if (point === this.crashPoint) {
            this.crashPoint = undefined;
            throw new Crash();
          }
        },
      });
      await this.lanes[which].turn(await this.batches.wanted());
    } catch (error) {
      if (error instanceof LaneLost || error instanceof Crash) await this.closeLane(which);
      else if (!(error instanceof NoAgreement || error instanceof ChainError)) throw error;
    }
  }
  private async closeLane(which: 0 | 1): Promise<void> {
    await this.lanes[which]?.close();
    this.lanes[which] = undefined;
  }

  private async crash(): Promise<void> {
    this.crashPoint = ['before-journal', 'after-journal', 'after-send'][this.random(3)];
    await this.count('crash', this.turn(0));
  }

  private async watch(): Promise<void> {
    try {
      this.watcher ??= await Watcher.open({
        databaseUrl: this.options.databases[0],
        quorum: this.set.quorum,
      });
      await this.watcher.turn([this.rail]);
    } catch (error) {
      if (error instanceof WatcherLost) {
        await this.watcher?.close();
        this.watcher = undefined;
      } else if (!(
        error instanceof NoAgreement ||
        error instanceof ChainError ||
        error instanceof ChainMoved
      )) {
        throw error;
      }
    }
  }

  /** One more rail unit for account 17, from somebody else's key. */
  private async deposit(): Promise<void> {
    const { house } = this.settled;
    const account = funded(0);
    const args = [house.rail.token, 17, 1n] as const;
    const raw = await account.signTransaction({
      type: 'eip1559',
      chainId: 31337,
      nonce: await this.node.chain.transactionCount(account.address),
      to: house.chain.vault,
      data: encodeFunctionData({ abi: collateralVaultAbi, functionName: 'deposit', args }),
      gas: 300_000n,
      maxFeePerGas: 1_000n * GWEI,
      maxPriorityFeePerGas: GWEI,
    });
    await this.node.chain.sendRaw(raw).catch(() => undefined);
  }

  private disturb(): void {
    const mode = FAULTS[this.random(FAULTS.length)] as Mode;
    const proxy = this.set.proxies[this.random(3)];
    if (proxy) proxy.mode = mode;
    this.faults[mode.kind] = (this.faults[mode.kind] ?? 0) + 1;
  }

  private heal(): void {
    for (const proxy of this.set.proxies) proxy.mode = { kind: 'honest' };
  }

  /** Sometimes deeper than what was final. */
  private async reorg(): Promise<void> {
    const head = (await this.node.chain.block('latest'))?.number ?? 0n;
    const depth = 1 + this.random(this.random(4) === 0 ? 11 : 7);
    if (head - BigInt(depth) <= this.floor + 1n) return;
    await this.count(depth > 7 ? 'reorg-past-finality' : 'reorg', this.node.reorg(depth));
  }

  private async cutDatabase(): Promise<void> {
    const client = new Client({ connectionString: this.options.databases[0] });
    await client.connect();
    const others = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND pid <> pg_backend_pid()`;
    await this.count('database-cut', client.query(others));
    await client.end();
  }

  private async killChain(): Promise<void> {
    const { port } = this.node;
    const file = join(this.folder, 'chain.json');
    await this.count('chain-killed', this.node.kill());
    this.node = await startNode({ chainId: 31337, port, stateFile: file, noMining: true });
    this.floor = (await this.node.chain.block('latest'))?.number ?? 0n;
  }

  private async spike(): Promise<void> {
    await this.count(
      'base-fee-x100',
      this.node.rpc('anvil_setNextBlockBaseFeePerGas', [toHex(100n * GWEI)]),
    );
    await this.node.mine();
  }

  private async isDone(): Promise<boolean> {
    return (await this.batches.wanted()).length === 0;
  }

  /** Everything heals, and everything has to come out. */
  private async calm(): Promise<StormReport> {
    this.heal();
    this.clock += 1_000_000;
    for (let n = 0; n < 200 && !(await this.isDone()); n += 1) {
      await this.turn(0);
      await this.node.mine();
      this.now += 1_000;
    }
    await this.node.mine(20);
    await this.watch();
    await this.watch();
    await this.watch();
    const told = (await this.watcher?.after(0n, 100_000)) ?? [];
    const head = (await this.node.chain.block('finalized'))?.number ?? 0n;
    const { house } = this.settled;
    const view = { address: house.chain.vault, abi: collateralVaultAbi } as const;
    const count = await this.node.chain.read(
      { ...view, functionName: 'deposits', args: [house.rail.token] },
      head,
    );
    return {
      lastSeq: await this.batches.lastSeq(),
      moved: 1_000n - (await this.settled.balanceOf(16)),
      deposits: (await this.settled.balanceOf(17)) - BigInt(this.options.batches) + 1n,
      observations: told.map(({ observation }) => observation),
      faults: this.faults,
      nonces: await this.node.chain.transactionCount(privateKeyToAccount(this.key).address),
      final: Array.from({ length: Number(count) }, (_, n) => BigInt(n + 1)),
    };
  }

  private async end(): Promise<void> {
    await Promise.all([this.closeLane(0), this.closeLane(1), this.watcher?.close()]);
    await this.set?.close();
    await this.node?.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
