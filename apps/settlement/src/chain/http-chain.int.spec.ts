import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { encodeFunctionData, keccak256, toHex } from 'viem';
import { collateralVaultAbi, settlementLedgerAbi, testTokenAbi } from '#contracts';
import { funded } from '../testing/node.js';
import { type Mode, type RpcProxy, rpcProxy } from '../testing/rpc-proxy.js';
import { type SettledChain, startSettledChain } from '../testing/settled-chain.js';
import { ChainError } from './chain-error.js';
import type { ChainPort } from './chain-port.js';
import { httpChain } from './http-chain.js';

const GWEI = 10n ** 9n;
const sender = funded(7);

describe('a node over HTTP', () => {
  let settled: SettledChain;
  let proxy: RpcProxy;
  let chain: ChainPort;

  beforeAll(async () => {
    settled = await startSettledChain();
  });
  afterAll(() => settled.node.stop());
  beforeEach(async () => {
    proxy = await rpcProxy(settled.node.url);
    chain = httpChain({ name: 'node', url: proxy.url, timeoutMs: 5_000 });
  });
  afterEach(() => proxy.close());

  const kindOf = async (question: Promise<unknown>): Promise<string> =>
    question.then(
      () => 'answered',
      (error: unknown) => (error instanceof ChainError ? error.kind : String(error)),
    );
  const transfer = async (change: object): Promise<`0x${string}`> =>
    sender.signTransaction({
      type: 'eip1559',
      chainId: 31337,
      nonce: 0,
      to: sender.address,
      gas: 21_000n,
      maxFeePerGas: 10n * GWEI,
      maxPriorityFeePerGas: GWEI,
      ...change,
    });

  it('answers its chain id, blocks by tag, height and hash, views at each, and logs', async () => {
    const { house } = settled;
    expect(await chain.chainId()).toBe(31337);
    const latest = await chain.block('latest');
    expect(latest).toMatchObject({ parentHash: expect.stringMatching(/^0x[0-9a-f]{64}$/) });
    const { hash, number } = latest ?? { hash: toHex(0, { size: 32 }), number: 0n };
    expect(await chain.block({ blockHash: hash })).toEqual(latest);
    expect(await chain.block(number + 1n)).toBeUndefined();
    const view = {
      address: house.rail.ledger,
      abi: settlementLedgerAbi,
      functionName: 'balanceOf',
      args: [16],
    } as const;
    expect(await chain.read(view, { blockHash: hash })).toBe(1_000n);
    expect(await chain.read(view, number - 1n)).toBe(0n);
    const [log, ...more] = await chain.logs([house.chain.vault], number, number);
    expect(more).toEqual([]);
    expect(log).toMatchObject({ address: house.chain.vault.toLowerCase(), blockHash: hash });
    expect(await chain.receipt(log?.transactionHash ?? hash)).toMatchObject({
      succeeded: true,
      blockNumber: number,
      logs: expect.arrayContaining([log]),
    });
    expect(await chain.receipt(hash)).toBeUndefined();
  });

  it('names the error a contract refuses with', async () => {
    const { house } = settled;
    const args = [house.rail.token, 99, 1n] as const;
    const data = encodeFunctionData({ abi: collateralVaultAbi, functionName: 'deposit', args });
    const call = { from: house.self, to: house.chain.vault, data };
    const refusal = chain.simulate(call, 'latest', [...settlementLedgerAbi, ...collateralVaultAbi]);
    await expect(refusal).rejects.toMatchObject({ kind: 'reverted', errorName: 'UnopenedAccount' });
    // Without an ABI that has it the data is still there.
    await expect(chain.simulate(call, 'latest')).rejects.toMatchObject({
      kind: 'reverted',
      revert: { errorName: undefined, data: expect.stringMatching(/^0x[0-9a-f]{8}/) },
    });
    const balance = {
      address: house.rail.token,
      abi: testTokenAbi,
      functionName: 'balanceOf',
    } as const;
    const beyond = chain.read({ ...balance, args: [house.self] }, 10_000n);
    await expect(beyond).rejects.toMatchObject({ kind: 'not-found' });
  });

  it('says what becomes of a transaction', async () => {
    const raw = await transfer({});
    expect(await chain.sendRaw(raw)).toBe(keccak256(raw));
    expect(await kindOf(chain.sendRaw(raw))).toBe('already-known');
    // The same nonce for less; nodes that are not anvil want a tenth more.
    const little = await transfer({ maxFeePerGas: 9n * GWEI });
    expect(await kindOf(chain.sendRaw(little))).toBe('underpriced');
    const dear = await transfer({ nonce: 1, value: 10n ** 30n });
    expect(await kindOf(chain.sendRaw(dear))).toBe('insufficient-funds');
    expect(await chain.transactionCount(sender.address)).toBe(0);
    await settled.node.mine();
    expect(await chain.transactionCount(sender.address)).toBe(1);
    expect(await kindOf(chain.sendRaw(little))).toBe('nonce-too-low');
    await settled.node.rpc('anvil_setNextBlockBaseFeePerGas', [toHex(50n * GWEI)]);
    await settled.node.mine();
    expect(await kindOf(chain.sendRaw(await transfer({ nonce: 1 })))).toBe('underpriced');
  });

  const silence: readonly (readonly [string, Mode])[] = [
    ['timeout', { kind: 'hang' }],
    ['rate-limited', { kind: 'status', status: 429 }],
    ['server-error', { kind: 'status', status: 502 }],
    ['refused', { kind: 'status', status: 401 }],
    ['malformed', { kind: 'half' }],
    ['malformed', { kind: 'lie', lie: () => ({ number: 'seven' }) }],
    ['malformed', { kind: 'lie', lie: () => undefined }],
  ];
  it.each(silence)('is %s when it answers like %j', async (kind, mode) => {
    proxy.mode = mode;
    if (mode.kind === 'hang') chain = httpChain({ name: 'node', url: proxy.url, timeoutMs: 100 });
    expect(await kindOf(chain.block('latest'))).toBe(kind);
    expect(await kindOf(chain.balance(sender.address, 'latest'))).toBe(kind);
  });

  it('is unreachable where nobody listens', async () => {
    await proxy.close();
    expect(await kindOf(chain.chainId())).toBe('unreachable');
    proxy = await rpcProxy(settled.node.url);
  });
});
