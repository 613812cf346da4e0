import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { httpChain } from '../chain/index.js';
import { funded, startNode, type TestNode, type TestQuorum, twoOfThree } from '../testing/node.js';
import type { Lie, Mode } from '../testing/rpc-proxy.js';
import { agreedValue, NoAgreement } from './agreement.js';
import { Quorum } from './quorum.js';

const ADDRESS = funded(5).address;
const RICH = 10_000n * 10n ** 18n;

/** A quantity one more than it is. */
const oneMore = (result: unknown): unknown => `0x${(BigInt(String(result)) + 1n).toString(16)}`;

const FAULTS: readonly (readonly [string, Mode, string])[] = [
  ['is on another chain', { kind: 'chain-id', chainId: 5 }, 'wrong-chain'],
  ['has too much to do (429)', { kind: 'status', status: 429 }, 'rate-limited'],
  ['is broken (503)', { kind: 'status', status: 503 }, 'server-error'],
  ['answers half a body', { kind: 'half' }, 'malformed'],
  ['hangs', { kind: 'hang' }, 'timeout'],
  ['lags by ten blocks', { kind: 'lag', blocks: 10 }, 'lagging'],
  [
    'lies about a balance',
    {
      kind: 'lie',
      lie: (method, result) => (method === 'eth_getBalance' ? oneMore(result) : result),
    },
    'differs',
  ],
];

describe('two of three providers', () => {
  let node: TestNode;
  let set: TestQuorum;
  let now = 0;

  beforeAll(async () => {
    node = await startNode({ chainId: 31337, noMining: true });
    await node.mine(30);
  });
  afterAll(() => node.stop());
  beforeEach(() => start());
  const start = async (timeoutsMs?: readonly [number, number, number]): Promise<void> => {
    set = await twoOfThree(node, { now: () => now, graceMs: 1_000 }, timeoutsMs);
  };
  /** Where a provider hangs, it alone is given little time. */
  const impatient = async (...timeoutsMs: [number, number, number]): Promise<void> => {
    await set.close();
    await start(timeoutsMs);
  };
  afterEach(() => set.close());

  it('agree on heights, a block and a balance', async () => {
    expect(agreedValue(await set.quorum.heights())).toEqual({
      latest: 30n,
      safe: 26n,
      finalized: 22n,
    });
    const block = agreedValue(await set.quorum.block(20n));
    expect(await set.quorum.block({ blockHash: block.hash })).toEqual({
      kind: 'agreed',
      value: block,
      by: ['provider-1', 'provider-2', 'provider-3'],
      leftOut: [],
    });
    expect(agreedValue(await set.quorum.balance(ADDRESS, { blockHash: block.hash }))).toBe(RICH);
    expect(agreedValue(await set.quorum.transactionCount(ADDRESS))).toBe(0);
  });

  it.each(FAULTS)('go on without one that %s, and say why', async (_what, mode, reason) => {
    if (mode.kind === 'hang') await impatient(5_000, 100, 5_000);
    set.proxies[1].mode = mode;
    await set.quorum.heights();
    const agreement = await set.quorum.balance(ADDRESS, 25n);
    expect(agreement).toMatchObject({
      kind: 'agreed',
      value: RICH,
      by: expect.not.arrayContaining(['provider-2']),
    });
    const [, health] = set.quorum.health();
    expect(health).toMatchObject({ leftOut: { provider: 'provider-2', reason } });
  });

  it.each(FAULTS)('agree on nothing when two of them: each %s', async (_what, mode) => {
    if (mode.kind === 'hang') await impatient(5_000, 100, 100);
    set.proxies[1].mode = mode;
    set.proxies[2].mode = mode;
    if (mode.kind === 'lie') {
      // Not the same lie: where m lie alike, they are the quorum.
      const lie: Lie = (method, result) => mode.lie(method, oneMore(result), []);
      set.proxies[2].mode = { kind: 'lie', lie };
    }
    const agreement = await set.quorum.balance(ADDRESS, 25n);
    expect(agreement).toMatchObject({ kind: 'disagreed', what: 'balance', needed: 2 });
    expect(() => agreedValue(agreement)).toThrow(NoAgreement);
  });

  it('leave a provider alone when it keeps failing, and try it again after a rest', async () => {
    const [, second] = set.proxies;
    second.mode = { kind: 'status', status: 429 };
    for (let n = 0; n < 3; n += 1) await set.quorum.block(1n);
    const asked = second.asked.length;
    const agreement = await set.quorum.block(1n);
    expect(second.asked).toHaveLength(asked);
    expect(agreement).toMatchObject({
      kind: 'agreed',
      leftOut: [
        { provider: 'provider-2', reason: 'circuit-open', detail: 'resting after rate-limited' },
      ],
    });
    second.mode = { kind: 'honest' };
    now += 1_000;
    expect(await set.quorum.block(1n)).toMatchObject({ kind: 'agreed', leftOut: [] });
    expect(set.quorum.health()[1]).toEqual({
      provider: 'provider-2',
      asked: true,
      times: { 'rate-limited': 3 },
    });
  });

  it('do not agree on fewer than two, however many are resting', async () => {
    set.proxies[1].mode = { kind: 'status', status: 503 };
    set.proxies[2].mode = { kind: 'status', status: 503 };
    for (let n = 0; n < 5; n += 1) {
      expect(await set.quorum.block(1n)).toMatchObject({
        kind: 'disagreed',
        groups: [['provider-1']],
      });
    }
  });

  it('answer a height that two have reached', async () => {
    set.proxies[0].mode = { kind: 'lag', blocks: 2 };
    set.proxies[1].mode = { kind: 'lag', blocks: 1 };
    expect(await set.quorum.heights()).toMatchObject({ value: { latest: 29n }, leftOut: [] });
  });

  it('have to be a majority', () => {
    const provider = httpChain({ name: 'one', url: node.url });
    const providers = [provider, provider, provider, provider];
    expect(() => new Quorum({ chainId: 1, providers, agree: 2 })).toThrow(
      '2 of 4 providers is no quorum',
    );
    expect(() => new Quorum({ chainId: 1, providers, agree: 5 })).toThrow(
      '5 of 4 providers is no quorum',
    );
  });
});
