import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'pg';
import {
  collateralVaultAbi,
  forcedExitAbi,
  operatorRegistryAbi,
  settlementLedgerAbi,
} from '#contracts';
import { ChainError, httpChain } from '../chain/index.js';
import { migrateSettlement } from '../database/migrate.js';
import { ExitWatch } from '../exit/index.js';
import { ExitDesk } from './exit-desk.js';
import type { BatchSize } from '../fees/index.js';
import { follow, HouseCopy, LogFeed } from '../house/index.js';
import { Lane, laneChain, type LanePolicy, type TransactionSigner } from '../lane/index.js';
import { NoAgreement, Quorum } from '../rpc/index.js';
import { ChainMoved, Watcher } from '../watcher/index.js';
import { ChainEye } from './chain-eye.js';
import { ChainRunner } from './chain-runner.js';
import { ClearingClient } from './clearing-client.js';
import { CoSignerClient, type CoSignerPlace } from './co-signers.js';
import { compareWithChain } from './compare.js';
import { HouseTold } from './house-told.js';
import { Openings } from './openings.js';
import { RailStore } from './rail-store.js';
import { railWorld } from './rail-world.js';

export interface ChainSettings {
  readonly chainId: number;
  /** JSON-RPC addresses of independent providers. */
  readonly rpc: readonly string[];
  /** How many of them have to say the same: more than half. */
  readonly agree: number;
  /** First block that may say something of ours. */
  readonly fromBlock: bigint;
}

export interface SettlementSettings {
  readonly databaseUrl: string;
  readonly clearing: { readonly url: string; readonly key: string };
  /** Keys of custodians, by their id. */
  readonly custody: ReadonlyMap<string, string>;
  readonly chains: readonly ChainSettings[];
  readonly coSigners: readonly CoSignerPlace[];
  /** Holds gas and nothing else. */
  readonly submitter: TransactionSigner;
  readonly lanePolicy: LanePolicy;
  readonly gasLimit: (size: BatchSize) => bigint;
  /** Milliseconds between two turns of a chain. */
  readonly turnMs: number;
  /** Seconds a batch may wait for a block. */
  readonly deadlineSeconds: number;
}

export interface SettlementHooks {
  readonly log: (line: string) => void;
  /** The process cannot go on and has to end with this reason. */
  readonly onFatal: (error: Error) => void;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** What a transaction of ours may be refused with: errors of the registry and the vault come through the other two. */
const ownErrors = [
  ...settlementLedgerAbi,
  ...operatorRegistryAbi,
  ...collateralVaultAbi,
  ...forcedExitAbi,
];

/** Milliseconds between two looks at what the house has to be told: the house's windows wait for it. */
const TELL_MS = 100;

/** The running settlement service: follows the house, and settles its legs on every chain it is configured for. */
export class Settlement {
  readonly chains: ChainRunner[] = [];
  readonly told = new HouseTold();
  private readonly stopping = new AbortController();
  private readonly running: Promise<void>[] = [];
  private readonly closers: (() => Promise<void>)[] = [];
  private following = false;

  private constructor(
    private readonly settings: SettlementSettings,
    private readonly hooks: SettlementHooks,
    private readonly pool: Pool,
    readonly copy: HouseCopy,
  ) {}

  /** Starts everything. Waits for a lane that another process holds. */
  static async start(settings: SettlementSettings, hooks: SettlementHooks): Promise<Settlement> {
    await migrateSettlement(settings.databaseUrl);
    const pool = new Pool({ connectionString: settings.databaseUrl, max: 4 });
    pool.on('error', (error) => hooks.log(`postgres: ${error.message}`));
    const settlement = new Settlement(settings, hooks, pool, await HouseCopy.open());
    try {
      for (const chain of settings.chains) await settlement.open(chain);
    } catch (error) {
      await settlement.stop();
      throw error;
    }
    settlement.run();
    return settlement;
  }

  /** Whether the journal has been read as far as it went at the start. */
  get ready(): boolean {
    return this.following;
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await Promise.allSettled(this.running);
    for (const close of this.closers.reverse()) await close().catch(() => undefined);
    await this.pool.end();
  }

  private async open(chain: ChainSettings): Promise<void> {
    const { settings, hooks, copy, told } = this;
    const { chainId, agree, fromBlock } = chain;
    const providers = chain.rpc.map((url, i) => httpChain({ url, name: `${chainId}-${i + 1}` }));
    const quorum = new Quorum({ chainId, providers, agree });
    const { databaseUrl, submitter, lanePolicy, deadlineSeconds } = settings;
    const watcher = await Watcher.open({ databaseUrl, quorum, fromBlock });
    this.closers.push(() => watcher.close());
    const lane = await Lane.open({
      ...{ databaseUrl, signer: submitter, policy: lanePolicy, now: hooks.now },
      chain: laneChain(quorum, ownErrors),
      signal: this.stopping.signal,
    });
    this.closers.push(() => lane.close());
    const eye = new ChainEye(quorum);
    const coSigners = settings.coSigners.map((place) => new CoSignerClient(place));
    const clearing = new ClearingClient({ ...settings.clearing, signal: this.stopping.signal });
    const { log } = hooks;
    const exits = new ExitWatch(quorum, fromBlock, log);
    const runner = new ChainRunner({
      ...{ chainId, fromBlock, eye, lane, watcher, copy, clearing, log },
      openings: new Openings(eye, coSigners, deadlineSeconds, log),
      exits,
      exitDesk: new ExitDesk({
        ...{ chainId, quorum, watch: exits, copy, clearing, coSigners, deadlineSeconds, log },
      }),
      knowsViolation: (rail, block, was) => told.knowsViolation(rail, block, was),
      custodyKey: (custodian) => settings.custody.get(custodian),
      world: (self) =>
        railWorld(self, {
          ...{ copy, coSigners, deadlineSeconds, clearing, log, told },
          store: new RailStore(this.pool),
          origin: () => copy.state.checkpointKey?.keyName ?? '',
          gasLimit: settings.gasLimit,
          compare: (rail, seq) => compareWithChain(quorum, copy, rail, told.indexes(rail, seq)),
          hashAt: async (block) => {
            const asked = await quorum.block(BigInt(block));
            return asked.kind === 'agreed' ? asked.value.hash : `0x${'00'.repeat(32)}`;
          },
        }),
    });
    this.chains.push(runner);
  }

  private run(): void {
    const { signal } = this.stopping;
    const ends = (error: unknown): void => {
      if (!signal.aborted)
        this.hooks.onFatal(error instanceof Error ? error : new Error(`${error}`));
    };
    const feed = new LogFeed(this.settings.clearing);
    const followed = follow(feed, {
      ...{ signal, from: 0, pauseMs: Math.min(this.settings.turnMs, TELL_MS) },
      take: (events) => {
        for (const { event, leaf } of events) {
          this.copy.apply(event, leaf);
          const { type, data } = event;
          const isLeg = type === 'SettlementLegDue';
          this.told.hear(event, isLeg ? this.copy.anchor(data.rail, data.seq) : undefined);
        }
      },
      trouble: (reason) => this.hooks.log(`house: ${reason}`),
      idle: () => void (this.following = true),
    });
    this.running.push(followed.catch(ends));
    for (const chain of this.chains) {
      this.running.push(this.turns(chain).catch(ends), this.tells(chain).catch(ends));
    }
  }

  private async tells(chain: ChainRunner): Promise<void> {
    const { signal } = this.stopping;
    const pauseMs = Math.min(this.settings.turnMs, TELL_MS);
    while (!signal.aborted) {
      if (this.following) await chain.tell();
      await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /** What cannot be read now is read in the next turn; everything else ends the process. */
  private async turns(chain: ChainRunner): Promise<void> {
    const { signal } = this.stopping;
    let trouble = '';
    while (!signal.aborted) {
      try {
        if (this.following) await chain.turn();
        trouble = '';
      } catch (error) {
        if (signal.aborted) return;
        const passing =
          error instanceof NoAgreement ||
          error instanceof ChainError ||
          error instanceof ChainMoved;
        if (!passing) throw error;
        if (error.message !== trouble) this.hooks.log(`chain ${chain.chainId}: ${error.message}`);
        trouble = error.message;
      }
      await sleep(this.settings.turnMs, undefined, { signal }).catch(() => undefined);
    }
  }
}
