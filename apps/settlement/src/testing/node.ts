import type { Hex } from 'viem';
import { mnemonicToAccount } from 'viem/accounts';
import { ANVIL_MNEMONIC, type AnvilServer, startAnvil, type StartAnvilOptions } from '#infra';
import { type ChainPort, httpChain } from '../chain/index.js';
import { Quorum, type QuorumOptions } from '../rpc/index.js';
import { type RpcProxy, rpcProxy } from './rpc-proxy.js';

/** One of anvil's funded accounts. */
export const funded = (index: number): ReturnType<typeof mnemonicToAccount> =>
  mnemonicToAccount(ANVIL_MNEMONIC, { addressIndex: index });

/** A real local chain with the handles a test pulls. */
export interface TestNode extends AnvilServer {
  readonly chain: ChainPort;
  rpc(method: string, params?: readonly unknown[]): Promise<unknown>;
  mine(blocks?: number): Promise<void>;
  /** Takes back the newest `depth` blocks and makes others in their place, with these transactions in the n-th. */
  reorg(depth: number, transactions?: readonly (readonly [Hex, number])[]): Promise<void>;
}

export async function startNode(options: StartAnvilOptions): Promise<TestNode> {
  const server = await startAnvil(options);
  const rpc = async (method: string, params: readonly unknown[] = []): Promise<unknown> => {
    const response = await fetch(server.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    });
    const answer = (await response.json()) as { result?: unknown; error?: { message: string } };
    if (answer.error) throw new Error(`${method}: ${answer.error.message}`);
    return answer.result;
  };
  return {
    ...server,
    chain: httpChain({ name: 'node', url: server.url }),
    rpc,
    mine: async (blocks = 1) => void (await rpc('anvil_mine', [`0x${blocks.toString(16)}`])),
    reorg: async (depth, transactions = []) =>
      void (await rpc('anvil_reorg', [depth, transactions])),
  };
}

/** A quorum whose providers are one node by way of proxies that can fail. */
export interface TestQuorum {
  readonly quorum: Quorum;
  readonly proxies: readonly [RpcProxy, RpcProxy, RpcProxy];
  close(): Promise<void>;
}

/**
 * Three providers, of which two have to agree.
 * @param timeoutsMs milliseconds each may take; a short one is for a provider that hangs, since a busy machine is slow, too
 */
export async function twoOfThree(
  node: AnvilServer,
  options: Partial<QuorumOptions> = {},
  timeoutsMs: readonly [number, number, number] = [5_000, 5_000, 5_000],
): Promise<TestQuorum> {
  const proxies = [
    await rpcProxy(node.url),
    await rpcProxy(node.url),
    await rpcProxy(node.url),
  ] as const;
  const providers = proxies.map(({ url }, n) =>
    httpChain({ name: `provider-${n + 1}`, url, timeoutMs: timeoutsMs[n] ?? 5_000 }),
  );
  const circuit = { failures: 3, restMs: 1_000 };
  const quorum = new Quorum({ chainId: node.chainId, providers, agree: 2, circuit, ...options });
  return {
    quorum,
    proxies,
    close: async () => {
      await quorum.idle();
      await Promise.all(proxies.map((proxy) => proxy.close()));
    },
  };
}
