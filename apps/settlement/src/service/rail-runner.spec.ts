import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Hex } from 'viem';
import { legToBatch } from '../batch/index.js';
import { HouseCopy } from '../house/index.js';
import { canonicalLine, hashLine } from '#events';
import type { Head, RailEvent } from '../state/index.js';
import { railHouse } from '../testing/house.js';
import { recorded } from '../testing/recorded-day.js';
import type { CosignReply, CoSignerClient } from './co-signers.js';
import { RailRunner, type RailWorld } from './rail-runner.js';
import { type RailStore, RailTaken, type SealedBatch } from './rail-store.js';
import type { SettledDigest } from './recall.js';

const RAIL = '1/USDT';
const DEADLINE_S = 600;
const operator = (n: number): Hex => `0x${String(n).repeat(40)}`;
const OPERATORS = { epoch: 2n, threshold: 2, members: [1, 2, 3].map(operator) };
const blockHash: Hex = `0x${'b1'.repeat(32)}`;

/** What a process keeps on disk. */
class Memory {
  readonly stored: RailEvent[] = [];
  readonly kept = new Map<Hex, SealedBatch>();

  get store(): RailStore {
    return {
      events: async () => [...this.stored],
      append: async (_rail: string, from: number, events: readonly RailEvent[]) => {
        if (from !== this.stored.length) throw new RailTaken('somebody else wrote here');
        this.stored.push(...events);
      },
      keep: async (_rail: string, batch: SealedBatch) => void this.kept.set(batch.digest, batch),
      batch: async (_rail: string, digest: Hex) => this.kept.get(digest),
    } as unknown as RailStore;
  }
}

/** A house of which two cuts made a leg each, and everything a runner asks of the world. */
class World {
  memory = new Memory();
  /** Of each co-signer, what it says to a digest. */
  readonly says = [1, 2, 3].map((n) => {
    return (_digest: Hex): CosignReply => ({
      is: 'signed',
      by: { signer: operator(n), signature: `0x5${n}` },
    });
  });
  readonly asked: string[] = [];
  readonly handed: Hex[] = [];
  readonly log: string[] = [];
  readonly final = new Map<number, SettledDigest>();
  readonly seen = new Map<number, SettledDigest>();
  readonly reported: number[] = [];
  gate = true;
  difference: string | undefined;
  /** Batches on chain. */
  chain: Hex[] = [];
  time = 1_000;

  private constructor(readonly copy: HouseCopy) {}

  static async open(): Promise<World> {
    const house = railHouse();
    house.trade('T1', 'M1-H', 'M2-H', '1', '5000000');
    for (const mark of ['5000100', '5000300']) {
      house.mark(mark);
      house.cut();
    }
    const copy = await HouseCopy.open();
    for (const event of recorded(house.events)) copy.apply(event, hashLine(canonicalLine(event)));
    return new World(copy);
  }

  runner(): Promise<RailRunner> {
    const terms = this.copy.rail(RAIL)!;
    const coSigners = this.says.map((_, i) => {
      const url = `cosigner-${i + 1}`;
      const batch = async (_rail: string, { digest }: SealedBatch): Promise<CosignReply> => {
        this.asked.push(url);
        return this.says[i]!(digest);
      };
      return { url, batch } as unknown as CoSignerClient;
    });
    const world: RailWorld = {
      ...{ copy: this.copy, store: this.memory.store, coSigners, origin: () => 'house.test' },
      ...{ deadlineSeconds: DEADLINE_S, gasLimit: () => 500_000n },
      gateOpen: () => this.gate,
      recorded: (_rail, seq) => this.final.get(seq),
      seen: (_rail, seq) => this.seen.get(seq),
      anchor: (rail, seq) => this.copy.anchor(rail, seq),
      hand: async (_rail, _seq, digest) => void this.handed.push(digest),
      report: async (_rail, block) => this.reported.push(block) > 0,
      compare: async () => this.difference,
      log: (line) => void this.log.push(line),
    };
    return RailRunner.open(terms, world);
  }

  /** A turn, and what runs beside it. @param final how many of the batches on chain are final */
  async turn(runner: RailRunner, final = 0) {
    const view = { latest: this.head(), safe: this.head(final), finalized: this.head(final) };
    const jobs = await runner.turn({ view, operators: OPERATORS });
    await new Promise((resolve) => setImmediate(resolve));
    return jobs;
  }

  /** The batch of a leg as another process sealed it. */
  sealedElsewhere(seq: number, prevHash: Hex, ahead: number, epoch = 2n): SealedBatch {
    const anchor = this.copy.anchor(RAIL, seq)!;
    const { ledger, chainId } = this.copy.rail(RAIL)! as { ledger: Hex; chainId: number };
    const batch = legToBatch(anchor.data, {
      ...{ chainId, ledger, origin: 'house.test', prevHash, epoch },
      ...{ logSize: anchor.logSize, balanceRoot: anchor.balanceRoot },
      logRoot: `0x${anchor.logRoot}`,
      stateRoot: `0x${anchor.stateRoot}`,
      deadline: BigInt(this.time + ahead),
    });
    return { seq, ...batch };
  }

  private head(batches = this.chain.length): Head {
    const hashes = new Map(this.chain.slice(0, batches).map((hash, i) => [i + 1, hash]));
    const block = 100 + batches;
    return { block, blockHash, time: this.time, lastSeq: batches, hashes };
  }
}

const ZERO: Hex = `0x${'00'.repeat(32)}`;
const statuses = (runner: RailRunner): string[] => runner.state.batches.map(({ status }) => status);
const alarms = ({ log }: World): string[] => log.filter((line) => line.startsWith('ALARM'));

describe('a rail, run', () => {
  let world: World;
  let runner: RailRunner;
  beforeEach(async () => {
    world = await World.open();
    runner = await world.runner();
  });

  /** Sealed, signed and wanted in a block; the digest of the batch. */
  async function signed(): Promise<Hex> {
    await world.turn(runner);
    await world.turn(runner);
    const [job] = await world.turn(runner);
    return job!.id.split('#')[2] as Hex;
  }

  it('takes a leg from due to reconciled, and then the next', async () => {
    await world.turn(runner);
    expect(statuses(runner)).toEqual(['SEALED', 'DRAFT']);
    await world.turn(runner);
    const [job] = await world.turn(runner);
    const digest = job!.id.split('#')[2] as Hex;
    expect(job).toMatchObject({ id: `${RAIL}#1#${digest}`, to: runner.ledger, gas: 500_000n });
    runner.sent(job!.id, `0x${'77'.repeat(32)}`);
    await world.turn(runner);
    expect(statuses(runner)).toEqual(['BROADCAST', 'DRAFT']);
    world.chain = [digest];
    await world.turn(runner, 1);
    expect(statuses(runner)).toEqual(['FINAL', 'SEALED']);
    expect(world.handed).toEqual([digest]);
    world.final.set(1, { digest, blockTime: 1_000 });
    await world.turn(runner, 1);
    await world.turn(runner, 1);
    expect(statuses(runner)[0]).toBe('RECONCILED');
    expect(alarms(world)).toEqual([]);
  });

  it('signs with as many as are needed, in the order of the contract, and nobody who is no operator', async () => {
    world.says[0] = () => ({ is: 'signed', by: { signer: operator(9), signature: '0x59' } });
    await signed();
    const { signatures } = runner.state.batches[0]!;
    expect([...signatures.keys()].sort()).toEqual([operator(2), operator(3)]);
    expect(alarms(world)).toEqual([`ALARM ${RAIL}: ${operator(9)} is no operator of this epoch`]);
  });

  it('asks again who could not say, and gives the same alarm once', async () => {
    world.says[0] = () => ({ is: 'later', reason: 'COPY_BEHIND' });
    world.says[1] = () => ({ is: 'later', reason: 'COPY_BEHIND' });
    for (let n = 0; n < 4; n += 1) await world.turn(runner);
    expect(statuses(runner)[0]).toBe('COSIGNING');
    expect(world.asked.filter((url) => url === 'cosigner-1').length).toBeGreaterThan(2);
    const given = alarms(world).filter((line) => line.includes('cosigner-1'));
    expect(new Set(given).size).toBe(1);
    world.says[1] = () => ({ is: 'signed', by: { signer: operator(2), signature: '0x52' } });
    await world.turn(runner);
    expect(await world.turn(runner)).toHaveLength(1);
  });

  it('halts where two of three derive another batch, until somebody says so', async () => {
    for (const n of [1, 2]) {
      const reply = { signer: operator(n), code: 'BATCH_DIFFERS', reason: 'other root' };
      world.says[n - 1] = () => ({ is: 'refused', ...reply });
    }
    await world.turn(runner);
    await world.turn(runner);
    await world.turn(runner);
    expect(runner.state.batches[0]?.halt?.code).toBe('NO_QUORUM');
    runner.resume(1, 'somebody');
    await world.turn(runner);
    expect(statuses(runner)[0]).not.toBe('HALTED');
  });

  it('seals nothing while the gate is closed', async () => {
    world.gate = false;
    await world.turn(runner);
    expect(statuses(runner)).toEqual(['DRAFT', 'DRAFT']);
  });

  it('starts again where it was, and seals nothing twice', async () => {
    const digest = await signed();
    const again = await world.runner();
    expect(again.state).toEqual(runner.state);
    const [job] = await world.turn(again);
    expect(job?.id).toBe(`${RAIL}#1#${digest}`);
    expect(world.memory.kept.size).toBe(1);
  });

  it('ends where another process writes the same rail', async () => {
    await world.turn(runner);
    const other = await world.runner();
    await world.turn(other);
    world.chain = [`0x${'99'.repeat(32)}`];
    await world.turn(other);
    await expect(world.turn(runner)).rejects.toThrow(RailTaken);
  });

  it('halts where contract and ledger differ', async () => {
    const digest = await signed();
    world.difference = 'index 16 has 5, the house posted 6';
    world.chain = [digest];
    await world.turn(runner, 1);
    world.final.set(1, { digest, blockTime: 1_000 });
    for (let n = 0; n < 3; n += 1) await world.turn(runner, 1);
    expect(runner.state.batches[0]?.halt).toMatchObject({ code: 'BALANCES_DIFFER' });
    expect(alarms(world)[0]).toContain(world.difference);
  });

  it('reports a final block that is gone, and sends the same bytes again', async () => {
    const digest = await signed();
    world.chain = [digest];
    await world.turn(runner, 1);
    world.chain = [];
    world.gate = false;
    const early = world.time;
    world.time = early + 1;
    // The chain is as high as it was: what it does not show is gone.
    const gone: Head = { block: 101, blockHash, time: world.time, lastSeq: 0, hashes: new Map() };
    const view = { latest: gone, safe: gone, finalized: gone };
    const jobs = await runner.turn({ view, operators: OPERATORS });
    expect(world.reported).toEqual([101]);
    expect(jobs.map(({ id }) => id)).toEqual([`${RAIL}#1#${digest}`]);
  });
});

describe('a rail whose memory is lost', () => {
  let world: World;
  beforeEach(async () => void (world = await World.open()));

  it('takes what the house recorded, with its bytes, and sends them again should the chain lose it', async () => {
    const one = world.sealedElsewhere(1, ZERO, 585);
    world.final.set(1, { digest: one.digest, blockTime: world.time });
    world.chain = [one.digest];
    const runner = await world.runner();
    await world.turn(runner, 1);
    expect(statuses(runner)).toEqual(['FINAL', 'SEALED']);
    expect(world.memory.kept.get(one.digest)).toEqual(one);
    expect(runner.state.batches[0]?.sealings[0]).toMatchObject({ deadline: world.time + 585 });
  });

  it.each([
    ['of this service', 590, 2n],
    ['sealed with a longer deadline', 1_800, 2n],
    ['signed by the operators before these', 30, 1n],
  ])('takes a leg on chain that nobody recorded yet, %s', async (_what, ahead, epoch) => {
    const one = world.sealedElsewhere(1, ZERO, ahead, epoch);
    world.chain = [one.digest];
    world.seen.set(1, { digest: one.digest, blockTime: world.time });
    const runner = await world.runner();
    await world.turn(runner);
    await world.turn(runner);
    expect(statuses(runner)).toEqual(['INCLUDED', 'DRAFT']);
    expect(world.memory.kept.get(one.digest)).toEqual(one);
    await world.turn(runner, 1);
    expect(world.handed).toEqual([one.digest]);
    expect(alarms(world)).toEqual([]);
  });

  it('takes its leg from another hand though it sealed it itself', async () => {
    const runner = await world.runner();
    await world.turn(runner);
    const other = world.sealedElsewhere(1, ZERO, 500);
    world.chain = [other.digest];
    world.seen.set(1, { digest: other.digest, blockTime: world.time });
    await world.turn(runner, 1);
    await world.turn(runner, 1);
    expect(statuses(runner)[0]).toBe('FINAL');
    expect(runner.state.batches[0]?.sealings).toHaveLength(2);
  });

  it('halts where the chain has what is no leg of the log', async () => {
    const digest: Hex = `0x${'99'.repeat(32)}`;
    world.chain = [digest];
    world.seen.set(1, { digest, blockTime: world.time });
    const runner = await world.runner();
    for (let n = 0; n < 3; n += 1) await world.turn(runner);
    expect(statuses(runner)[0]).toBe('HALTED');
    expect(alarms(world)).toHaveLength(1);
    expect(alarms(world)[0]).toContain('FOREIGN_BATCH');
  });
});
