import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { Client } from 'pg';
import { keccak256, toHex } from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { settlementLedgerAbi } from '#contracts';
import { describePostgres, freshDatabase } from '../../../../test/support/services.js';
import { migrateSettlement } from '../database/migrate.js';
import { type TestQuorum, twoOfThree } from '../testing/node.js';
import {
  type Batches,
  plainFees,
  setEther,
  type SettledChain,
  startSettledChain,
} from '../testing/settled-chain.js';
import { LaneLost } from './attempts.js';
import { Lane, type LaneOptions } from './lane.js';
import { laneChain } from './lane-chain.js';
import type { Job } from './plan.js';

const BUILT = fileURLToPath(new URL('../../../../dist/apps/settlement/src', import.meta.url));
const GWEI = 10n ** 9n;

describePostgres('a nonce lane', () => {
  let database: Awaited<ReturnType<typeof freshDatabase>>;
  let settled: SettledChain;
  let set: TestQuorum;
  let key = generatePrivateKey();
  let now = 0;
  const lanes: Lane[] = [];

  beforeAll(async () => {
    settled = await startSettledChain();
    database = await freshDatabase();
    await migrateSettlement(database.url);
  });
  afterAll(async () => {
    await settled.node.stop();
    await database.drop();
  });
  beforeEach(async () => {
    set = await twoOfThree(settled.node);
    // A submitter of its own for each test, so that none has another's nonces.
    key = generatePrivateKey();
    now = 1_000_000;
    await setEther(settled.node, privateKeyToAccount(key).address, '10');
    // Deep enough that a test's reorganisation does not take the money back.
    await settled.node.mine(5);
  });
  afterEach(async () => {
    await Promise.all(lanes.splice(0).map((lane) => lane.close()));
    await set.close();
  });

  const options = (changes: Partial<LaneOptions> = {}): LaneOptions => ({
    databaseUrl: database.url,
    chain: laneChain(set.quorum, settlementLedgerAbi),
    signer: privateKeyToAccount(key),
    policy: { fees: plainFees(), replaceAfterMs: 10_000, pipeline: 4 },
    now: () => now,
    ...changes,
  });
  const open = async (changes: Partial<LaneOptions> = {}): Promise<Lane> => {
    const lane = await Lane.open(options(changes));
    lanes.push(lane);
    return lane;
  };
  /** Turns and blocks until every batch is in one. */
  const finish = async (lane: Lane, batches: Batches): Promise<void> => {
    for (let n = 0; n < 40 && (await batches.wanted()).length > 0; n += 1) {
      await lane.turn(await batches.wanted());
      await settled.node.mine();
      now += 3_000;
    }
    expect(await batches.wanted()).toEqual([]);
  };
  const attempts = async (lane: Lane, batches: Batches): Promise<number[]> => {
    const counts: number[] = [];
    for (const { id } of batches.jobs) counts.push((await lane.attemptsAt(id)).length);
    return counts;
  };

  it('gets batches into blocks, one transaction each', async () => {
    const lane = await open();
    const batches = await settled.seal(3);
    const before = await settled.balanceOf(17);
    await finish(lane, batches);
    expect(await settled.balanceOf(17)).toBe(before + 3n);
    expect(await attempts(lane, batches)).toEqual([1, 1, 1]);
  });

  it('spends no nonce on what the contract would refuse, and names the refusal', async () => {
    const lane = await open();
    const batches = await settled.seal(2);
    const turn = await lane.turn([batches.jobs[1] as Job]);
    expect(turn).toMatchObject({ mined: 0, sent: [], refused: [{ errorName: 'WrongSeq' }] });
    await finish(lane, batches);
  });

  it('gives up what fails in block after block, with an alarm', async () => {
    // As if the contract refused only in the block, never when asked before.
    const chain = { ...options().chain, wouldRevert: async () => undefined };
    const lane = await open({ chain });
    const batches = await settled.seal(2);
    const tooEarly = { ...(batches.jobs[1] as Job), id: 'too early' };
    for (let n = 0; n < 16; n += 1) {
      await lane.turn([tooEarly]);
      await settled.node.mine();
    }
    expect(await lane.turn([tooEarly])).toEqual({
      mined: 16,
      sent: [],
      refused: [],
      alarms: [{ code: 'keeps-failing', spent: 16, job: 'too early' }],
    });
    await finish(lane, batches);
  });

  it.each(['before-journal', 'after-journal', 'after-send'] as const)(
    'settles a batch once whose submitter was killed %s',
    async (point) => {
      const batches = await settled.seal(1);
      const before = await settled.balanceOf(17);
      await killedAt(point, batches.jobs[0] as Job);
      const lane = await open();
      expect(lane.epoch).toBe(2n);
      const [first] = await lane.attemptsAt(batches.jobs[0]?.id ?? '');
      expect(first === undefined).toBe(point === 'before-journal');
      const { sent } = await lane.turn(await batches.wanted());
      const outcome = point === 'after-send' ? 'already-known' : 'accepted';
      expect(sent).toMatchObject([{ nonce: 0, fresh: first === undefined, outcome }]);
      if (first) expect(sent[0]?.hash).toBe(first.hash);
      await settled.node.mine();
      expect(await batches.wanted()).toEqual([]);
      expect(await settled.balanceOf(17)).toBe(before + 1n);
      expect(await attempts(lane, batches)).toEqual([1]);
    },
  );

  /** A submitter in a process of its own, which kills itself at this point of its first transaction. */
  async function killedAt(point: string, job: Job): Promise<void> {
    const program = `
      import { privateKeyToAccount } from 'viem/accounts';
      import { httpChain } from ${JSON.stringify(`${BUILT}/chain/index.js`)};
      import { Quorum } from ${JSON.stringify(`${BUILT}/rpc/index.js`)};
      import { killAt, Lane, laneChain } from ${JSON.stringify(`${BUILT}/lane/index.js`)};
      const { url, databaseUrl, key, job, point } = JSON.parse(process.env.NOVATE_SPEC);
      const providers = [httpChain({ name: 'one', url })];
      const quorum = new Quorum({ chainId: 31337, providers, agree: 1 });
      const fees = { maxFee: 5n * 10n ** 9n, tip: 10n ** 9n };
      const lane = await Lane.open({
        databaseUrl,
        chain: laneChain(quorum, []),
        signer: privateKeyToAccount(key),
        policy: { fees: { fresh: () => fees, replacing: () => fees }, replaceAfterMs: 1e9, pipeline: 4 },
        now: () => 1_000_000,
        crash: killAt(point, 1),
      });
      await lane.turn([{ ...job, gas: BigInt(job.gas) }]);`;
    const spec = { url: settled.node.url, databaseUrl: database.url, key, point };
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      env: {
        ...process.env,
        NODE_OPTIONS: '',
        NOVATE_SPEC: JSON.stringify({ ...spec, job: { ...job, gas: String(job.gas) } }),
      },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const signal = await new Promise((resolve) => child.once('exit', (_code, by) => resolve(by)));
    expect(signal).toBe('SIGKILL');
  }

  it('sends the same bytes again when the answer was lost, and when the pool forgot them', async () => {
    const lane = await open();
    const batches = await settled.seal(1);
    for (const proxy of set.proxies) proxy.mode = { kind: 'swallow' };
    const [lost] = (await lane.turn(await batches.wanted())).sent;
    expect(lost?.outcome).toBe('unknown');
    await settled.node.rpc('anvil_dropAllTransactions');
    for (const proxy of set.proxies) {
      proxy.mode = { kind: 'forget', hash: (raw) => keccak256(raw as `0x${string}`) };
    }
    const [forgotten] = (await lane.turn(await batches.wanted())).sent;
    expect(forgotten).toMatchObject({ hash: lost?.hash, fresh: false, outcome: 'accepted' });
    await settled.node.mine();
    for (const proxy of set.proxies) proxy.mode = { kind: 'honest' };
    await finish(lane, batches);
    expect(await attempts(lane, batches)).toEqual([1]);
  });

  it('replaces what is stuck by one that pays more, on the same nonce', async () => {
    const lane = await open();
    const batches = await settled.seal(1);
    const [stuck] = (await lane.turn(await batches.wanted())).sent;
    now += 10_000;
    const [replacement] = (await lane.turn(await batches.wanted())).sent;
    expect(replacement).toMatchObject({ nonce: stuck?.nonce, fresh: true, outcome: 'accepted' });
    await settled.node.mine();
    expect(await settled.node.chain.receipt(replacement?.hash ?? '0x')).toMatchObject({
      succeeded: true,
    });
    expect(await settled.node.chain.receipt(stuck?.hash ?? '0x')).toBeUndefined();
    expect(await batches.wanted()).toEqual([]);
  });

  it('fills a nonce nobody wants any more below one that somebody does', async () => {
    const lane = await open();
    const batches = await settled.seal(1);
    // One that was wanted once and never reached a pool.
    const plain = { id: 'plain', to: settled.house.self, data: '0x' as const, gas: 21_000n };
    await lane.turn([plain]);
    await settled.node.rpc('anvil_dropAllTransactions');
    await lane.turn([plain, ...batches.jobs]);
    await settled.node.rpc('anvil_dropAllTransactions');
    const { sent } = await lane.turn(batches.jobs);
    expect(sent).toMatchObject([
      { nonce: 0, job: undefined, fresh: true },
      { nonce: 1, job: batches.jobs[0]?.id, fresh: false },
    ]);
    await settled.node.mine();
    expect(await batches.wanted()).toEqual([]);
  });

  it('waits with an alarm while the base fee is above its cap, and goes on by itself', async () => {
    const policy = { fees: plainFees(20n * GWEI), replaceAfterMs: 1_000, pipeline: 4 };
    const lane = await open({ policy });
    const batches = await settled.seal(1);
    const setBaseFee = async (fee: bigint): Promise<void> => {
      await settled.node.rpc('anvil_setNextBlockBaseFeePerGas', [toHex(fee)]);
      await settled.node.mine();
    };
    await setBaseFee(100n * GWEI);
    const { sent, alarms } = await lane.turn(await batches.wanted());
    expect(sent).toEqual([]);
    expect(alarms).toEqual([{ code: 'fee-cap', nonce: 0, job: batches.jobs[0]?.id }]);
    await setBaseFee(GWEI);
    await finish(lane, batches);
  });

  it('raises an alarm when its money for gas is gone, and goes on with the same bytes once it is back', async () => {
    const lane = await open();
    const batches = await settled.seal(1);
    const { address } = privateKeyToAccount(key);
    await setEther(settled.node, address, '0');
    const { sent, alarms } = await lane.turn(await batches.wanted());
    expect(alarms).toEqual([{ code: 'insufficient-funds', nonce: 0, job: batches.jobs[0]?.id }]);
    await setEther(settled.node, address, '1');
    const again = await lane.turn(await batches.wanted());
    expect(again.sent).toMatchObject([{ hash: sent[0]?.hash, outcome: 'accepted' }]);
    await finish(lane, batches);
    expect(await attempts(lane, batches)).toEqual([1]);
  });

  it('sends a batch again that the chain took back', async () => {
    const lane = await open();
    const batches = await settled.seal(2);
    await finish(lane, batches);
    const last = await batches.lastSeq();
    await settled.node.reorg(3);
    expect(await batches.lastSeq()).toBe(last - 2n);
    await finish(lane, batches);
    expect(await batches.lastSeq()).toBe(last);
    expect(await attempts(lane, batches)).toEqual([1, 1]);
  });

  it('is held by one process at a time; an older holder can journal nothing', async () => {
    const first = await open();
    const waiting = AbortSignal.timeout(300);
    await expect(Lane.open(options({ signal: waiting }))).rejects.toThrow(/timeout/i);
    const client = new Client({ connectionString: database.url });
    await client.connect();
    await client.query('UPDATE settlement.lane SET epoch = epoch + 1');
    await client.end();
    const batches = await settled.seal(1);
    await expect(first.turn(await batches.wanted())).rejects.toThrow(LaneLost);
    await first.close();
    await finish(await open(), batches);
  });

  it('settles every batch once with two submitters of one key that nothing keeps apart', async () => {
    const other = await freshDatabase();
    await migrateSettlement(other.url);
    const two = [await open(), await open({ databaseUrl: other.url })];
    const batches = await settled.seal(6);
    const before = await settled.balanceOf(17);
    for (let n = 0; n < 60 && (await batches.wanted()).length > 0; n += 1) {
      const wanted = await batches.wanted();
      await Promise.all(two.map((lane) => lane.turn(wanted)));
      await settled.node.mine();
      now += 6_000;
    }
    expect(await batches.wanted()).toEqual([]);
    expect(await settled.balanceOf(17)).toBe(before + 6n);
    await two[1]?.close();
    await other.drop();
  });
});
