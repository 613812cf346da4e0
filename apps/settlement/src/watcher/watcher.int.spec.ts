import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { numberToHex, padHex } from 'viem';
import { describePostgres, freshDatabase } from '../../../../test/support/services.js';
import { migrateSettlement } from '../database/migrate.js';
import { NoAgreement } from '../rpc/index.js';
import { startNode, type TestNode, type TestQuorum, twoOfThree } from '../testing/node.js';
import type { Lie } from '../testing/rpc-proxy.js';
import { type SettledChain, startSettledChain } from '../testing/settled-chain.js';
import type { WatchedRail } from './fact.js';
import type { Observation } from './observe.js';
import { WatcherLost } from './store.js';
import { Watcher } from './watcher.js';

/** In short: what, of which fact or where. */
function short(observation: Observation): string {
  switch (observation.type) {
    case 'Reorganised':
      return `Reorganised ${observation.lost}`;
    case 'FinalityViolated':
      return `FinalityViolated ${observation.rail}`;
    case 'Contradicted':
      return `Contradicted ${observation.is.kind} ${observation.is.number}`;
    default:
      return `${observation.type} ${observation.fact.kind} ${observation.fact.number}`;
  }
}

/** Adds one to the amount of every deposit it is asked about. */
const forgeDeposit: Lie = (method, result) => {
  if (method !== 'eth_getLogs') return result;
  return (result as { data: string }[]).map((log) =>
    // from, amount
    log.data.length === 2 + 128
      ? {
          ...log,
          data: log.data.slice(0, 66) + padHex(numberToHex(999_999n), { size: 32 }).slice(2),
        }
      : log,
  );
};

describePostgres('a watcher', () => {
  let settled: SettledChain;
  let database: Awaited<ReturnType<typeof freshDatabase>>;
  let set: TestQuorum;
  let watcher: Watcher;
  let rail: WatchedRail;

  let node: TestNode;
  const folder = mkdtempSync(join(tmpdir(), 'novate-spec-'));
  const stateFile = join(folder, 'state.json');

  // Deployed once; every test has a chain of its own that begins there, since it takes blocks back.
  beforeAll(async () => {
    settled = await startSettledChain({ stateFile });
    await settled.node.stop();
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  beforeEach(async () => {
    const { port } = settled.node;
    node = await startNode({ chainId: 31337, port, args: ['--load-state', stateFile] });
    // Nothing can be taken back below where the chain began again.
    await node.mine(5);
    database = await freshDatabase();
    await migrateSettlement(database.url);
    set = await twoOfThree(node, { graceMs: 1_000 });
    const { house } = settled;
    const { token, ledger } = house.rail;
    const { vault } = house.chain;
    rail = { rail: '31337/USD', token, ledger, vault, finality: 'finalized', fromBlock: 0n };
    watcher = await Watcher.open({ databaseUrl: database.url, quorum: set.quorum });
  });
  afterEach(async () => {
    await watcher.close();
    await set.close();
    await database.drop();
    await node.stop();
  });

  const turn = async (rails: readonly WatchedRail[] = [rail]): Promise<string[]> =>
    (await watcher.turn(rails)).told.map(({ observation }) => short(observation));

  it('tells a deposit as seen, and as final when it is; nothing twice, whoever asks again', async () => {
    await settled.house.settle({
      entries: [
        [16, -1n],
        [17, 1n],
      ],
    });
    expect(await turn()).toEqual(['Seen deposit 1', 'Seen batch 1']);
    expect(await turn()).toEqual([]);
    await watcher.close();
    watcher = await Watcher.open({ databaseUrl: database.url, quorum: set.quorum });
    expect(await turn()).toEqual([]);
    await node.mine(8);
    const { told } = await watcher.turn([rail]);
    expect(told.map(({ seq, observation }) => [seq, short(observation)])).toEqual([
      [3n, 'Final deposit 1'],
      [4n, 'Final batch 1'],
    ]);
    const [deposit] = told;
    expect(deposit?.observation).toMatchObject({
      fact: {
        kind: 'deposit',
        rail: '31337/USD',
        number: 1n,
        index: 16,
        from: settled.house.self.toLowerCase(),
        amount: 1_000n,
        transaction: expect.stringMatching(/^0x[0-9a-f]{64}$/),
      },
    });
    expect(await watcher.after(2n)).toEqual(told);
    expect(await turn()).toEqual([]);
  });

  it('takes back a deposit whose block the chain took back, and tells it final once, where it ended', async () => {
    await turn();
    await settled.house.deposit(17, 50n);
    await node.mine(2);
    expect(await turn()).toEqual(['Seen deposit 2', 'Final deposit 1']);
    await node.reorg(4);
    expect(await turn()).toEqual(['Reorganised 4', 'Retracted deposit 2']);
    await settled.house.deposit(17, 70n);
    expect(await turn()).toEqual(['Seen deposit 2']);
    await node.mine(20);
    const { told } = await watcher.turn([rail]);
    expect(told).toMatchObject([{ observation: { type: 'Final', fact: { amount: 70n } } }]);
  });

  it('raises an alarm when the chain takes back what was final, and credits no deposit twice', async () => {
    await settled.house.deposit(17, 50n);
    await node.mine(10);
    await turn();
    const before = (await watcher.after(0n)).map(({ observation }) => short(observation));
    expect(before).toContain('Final deposit 2');
    await node.reorg(12);
    expect(await turn()).toEqual(['Reorganised 12', 'FinalityViolated 31337/USD']);
    await settled.house.deposit(17, 60n);
    // It has the number of one that was final and says something else.
    expect(await turn()).toEqual(['Contradicted deposit 2']);
    await settled.house.deposit(16, 5n);
    await node.mine(20);
    expect(await turn()).toEqual(['Seen deposit 3', 'Final deposit 3']);
    expect(await turn()).toEqual([]);
  });

  it('believes no provider that forges a deposit, and nobody when two do', async () => {
    set.proxies[2].mode = { kind: 'lie', lie: forgeDeposit };
    await node.mine(10);
    const { told } = await watcher.turn([rail]);
    expect(told.at(-1)?.observation).toMatchObject({ type: 'Final', fact: { amount: 1_000n } });
    expect(set.quorum.health()[2]).toMatchObject({ times: { differs: expect.any(Number) } });
    await settled.house.deposit(17, 50n);
    set.proxies[1].mode = {
      kind: 'lie',
      lie: (method, result) => (method === 'eth_getLogs' ? [] : result),
    };
    await expect(watcher.turn([rail])).rejects.toThrow(NoAgreement);
    set.proxies[1].mode = { kind: 'honest' };
    expect(await turn()).toEqual(['Seen deposit 2']);
  });

  it('reads the past of a rail that comes later', async () => {
    await node.mine(300);
    expect(await turn([])).toEqual([]);
    expect(await turn()).toEqual(['Seen deposit 1', 'Final deposit 1']);
  });

  it('holds back what follows a deposit that two providers left out, and finds it when one owns up', async () => {
    const silent = {
      kind: 'lie',
      lie: (method: string, result: unknown) => (method === 'eth_getLogs' ? [] : result),
    } as const;
    await turn();
    await settled.house.deposit(17, 50n);
    set.proxies[0].mode = silent;
    set.proxies[1].mode = silent;
    expect(await turn()).toEqual([]);
    set.proxies[1].mode = { kind: 'honest' };
    await settled.house.deposit(17, 60n);
    await node.mine(10);
    const { told, held } = await watcher.turn([rail]);
    expect(told.map(({ observation }) => short(observation))).toEqual([
      'Seen deposit 3',
      'Final deposit 1',
    ]);
    expect(held).toMatchObject([{ number: 3n }]);
    expect(await turn()).toEqual(['Seen deposit 2', 'Final deposit 2', 'Final deposit 3']);
    expect(await turn()).toEqual([]);
  });

  it('waits where the providers are behind what it has read', async () => {
    await settled.house.deposit(17, 50n);
    expect(await turn()).toContain('Seen deposit 2');
    for (const proxy of set.proxies) proxy.mode = { kind: 'lag', blocks: 3 };
    expect(await turn()).toEqual([]);
    for (const proxy of set.proxies) proxy.mode = { kind: 'honest' };
    expect(await turn()).toEqual([]);
  });

  it('is one: a second one for the same chain ends the first', async () => {
    await turn();
    const second = await Watcher.open({ databaseUrl: database.url, quorum: set.quorum });
    await settled.house.deposit(17, 50n);
    await expect(watcher.turn([rail])).rejects.toThrow(WatcherLost);
    await watcher.close();
    watcher = second;
    expect(await turn()).toEqual(['Seen deposit 2']);
  });
});
