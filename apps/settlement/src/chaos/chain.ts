import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Address,
  createPublicClient,
  createWalletClient,
  defineChain,
  encodeFunctionData,
  type Hex,
  http,
  maxUint256,
  toHex,
} from 'viem';
import {
  collateralVaultAbi,
  deployChain,
  deployTestToken,
  forcedExitAbi,
  settlementLedgerAbi,
  testTokenAbi,
} from '#contracts';
import { freePort } from '#infra';
import { readExit } from '../exit/index.js';
import { Quorum } from '../rpc/index.js';
import { funded, startNode, type TestNode } from '../testing/node.js';
import { type RpcProxy, rpcProxy } from '../testing/rpc-proxy.js';

export const ASSET = 'USDT';
export const TOKEN_DECIMALS = 6;
const GWEI = 10n ** 9n;
const BLOCK_MS = 60;
/** States of old blocks stay in memory: one that the node reads back from its disk in a reorganisation has lost its contracts. */
const NO_DISK = ['--prune-history', '400'];

export interface ChaosContracts {
  readonly token: Address;
  readonly ledger: Address;
  readonly vault: Address;
  readonly registry: Address;
}

export interface ChaosChainOptions {
  readonly chainId: number;
  readonly folder: string;
  readonly origin: string;
  /** In order of nobody: the registry sorts them. */
  readonly operators: readonly ReturnType<typeof funded>[];
}

interface Around {
  readonly before?: () => Promise<unknown>;
  readonly after?: () => Promise<unknown>;
}

interface Paid {
  readonly nonce: number;
  /** Of a deposit: the account it is for. */
  index: number | undefined;
  raw: Hex;
}

/** A real node with the contracts on it, three providers before it, blocks from a miner, and one who deposits and claims. */
export class ChaosChain {
  readonly depositor = funded(0);
  /** Block below which a reorganisation cannot reach: the node began again there. */
  floor = 0n;
  private readonly paid: Paid[] = [];
  private queue: Promise<unknown> = Promise.resolve();
  private mining = true;
  private reorgs = 0;
  private miner: Promise<void> | undefined;

  private constructor(
    readonly chainId: number,
    private readonly stateFile: string,
    public node: TestNode,
    readonly proxies: readonly RpcProxy[],
    readonly contracts: ChaosContracts,
    private readonly forcedExit: Address,
    private nextNonce: number,
  ) {}

  static async start(options: ChaosChainOptions): Promise<ChaosChain> {
    const { chainId, folder } = options;
    const stateFile = `${folder}/chain-${chainId}.json`;
    const node = await startNode({ chainId, stateFile, port: await freePort(), args: NO_DISK });
    const { contracts, forcedExit } = await deploy(node, options);
    await node.rpc('evm_setAutomine', [false]);
    const proxies = [await rpcProxy(node.url), await rpcProxy(node.url), await rpcProxy(node.url)];
    const nonce = await node.chain.transactionCount(funded(0).address);
    const parts = [node, proxies, contracts, forcedExit, nonce] as const;
    const chain = new ChaosChain(chainId, stateFile, ...parts);
    chain.floor = await chain.height();
    chain.miner = chain.mine();
    return chain;
  }

  get rail(): string {
    return `${this.chainId}/${ASSET}`;
  }

  /** Nothing else happens to the node meanwhile, no block either. */
  alone<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.queue.then(work);
    this.queue = mine.catch(() => undefined);
    return mine;
  }

  async height(): Promise<bigint> {
    return (await this.node.chain.block('latest'))!.number;
  }

  /** Kills the node and starts it again from its state file: what came after the file was written is gone. */
  async restart(silenceMs: number): Promise<{ readonly lost: bigint }> {
    return this.alone(async () => {
      const before = await this.height();
      const { port } = this.node;
      await this.node.kill();
      await sleep(silenceMs);
      const { chainId, stateFile } = this;
      this.node = await startNode({ chainId, port, stateFile, noMining: true, args: NO_DISK });
      this.floor = await this.height();
      return { lost: before - this.floor };
    });
  }

  /**
   * Makes the newest `depth` blocks anew.
   * @param back whether the transactions come back, in the same blocks
   * @param around what is done before, and after, with no block between
   * @returns the depth there was room for
   */
  async reorg(depth: number, back: boolean, around: Around = {}): Promise<number> {
    return this.alone(async () => {
      await around.before?.();
      const head = await this.height();
      const room = Number(head - this.floor) - 2;
      const blocks = Math.min(depth, room);
      if (blocks < 1) return 0;
      const transactions: [Hex, number][] = [];
      const kept = back ? blocks : 0;
      for (let n = 0; n < kept; n += 1) {
        const at = toHex(head - BigInt(blocks - 1 - n));
        const block = await this.node.rpc('eth_getBlockByNumber', [at, false]);
        for (const hash of (block as { transactions: Hex[] }).transactions) {
          const raw = (await this.node.rpc('debug_getRawTransaction', [hash])) as Hex;
          transactions.push([raw, n]);
        }
      }
      // Another miner: empty blocks would come out as they were.
      this.reorgs += 1;
      await this.node.rpc('anvil_setCoinbase', [toHex(this.reorgs, { size: 20 })]);
      await this.node.reorg(blocks, transactions);
      await around.after?.();
      return blocks;
    });
  }

  /** Another transaction of the depositor in the place of each that is in no block: what was seen never comes back. */
  async replaceDeposits(
    more: (nonce: number) => { index: number; amount: bigint },
  ): Promise<number> {
    const mined = await this.node.chain.transactionCount(this.depositor.address);
    const open = this.paid.filter(({ nonce }) => nonce >= mined);
    for (const each of open) {
      const { index, amount } = more(each.nonce);
      each.index = index;
      each.raw = await this.sign(each.nonce, this.contracts.vault, this.depositData(index, amount));
    }
    return open.length;
  }

  /** Rail units, which are the token's here. */
  async deposit(index: number, amount: bigint): Promise<void> {
    await this.pay(this.contracts.vault, this.depositData(index, amount), index);
  }

  /** Whoever calls, the tokens go to `to`. */
  async claim(to: Address, amount: bigint): Promise<void> {
    const args = [this.contracts.token, to, amount] as const;
    const call = { abi: collateralVaultAbi, functionName: 'claim', args } as const;
    await this.pay(this.contracts.vault, encodeFunctionData(call));
  }

  async claimable(to: Address): Promise<bigint> {
    const { vault, token } = this.contracts;
    const args = [token, to] as const;
    const view = {
      address: vault,
      abi: collateralVaultAbi,
      functionName: 'claimable',
      args,
    } as const;
    return this.node.chain.read(view, 'latest');
  }

  /** The owner of an index asks for its money; the contract refuses who has none, or has asked already. */
  async requestExit(index: number, owner: Address): Promise<void> {
    await this.setEther(owner, 1n);
    await this.node.rpc('anvil_impersonateAccount', [owner]);
    const args = [index] as const;
    const data = encodeFunctionData({ abi: forcedExitAbi, functionName: 'requestExit', args });
    await this.node.rpc('eth_sendTransaction', [{ from: owner, to: this.forcedExit, data }]);
  }

  /** What the forced exit of an index still asks for, rail units. */
  async exitLeft(index: number): Promise<bigint> {
    const { chainId, node, forcedExit, contracts } = this;
    const quorum = new Quorum({ chainId, providers: [node.chain], agree: 1 });
    const { ledger } = contracts;
    const at = { ledger, forcedExit };
    const { number, left } = await readExit(quorum, at, index, await this.height());
    return number === 0n ? 0n : left;
  }

  async lastSeq(): Promise<number> {
    const { ledger } = this.contracts;
    const view = { address: ledger, abi: settlementLedgerAbi, functionName: 'lastSeq' } as const;
    return Number(await this.node.chain.read(view, 'latest'));
  }

  async batchHash(seq: number): Promise<Hex> {
    const args = [BigInt(seq)] as const;
    const view = { abi: settlementLedgerAbi, functionName: 'batchHash', args } as const;
    return this.node.chain.read({ ...view, address: this.contracts.ledger }, 'latest');
  }

  async isOpen(index: number): Promise<boolean> {
    const args = [index] as const;
    const view = { abi: settlementLedgerAbi, functionName: 'ownerOf', args } as const;
    return (
      BigInt(await this.node.chain.read({ ...view, address: this.contracts.ledger }, 'latest')) > 0n
    );
  }

  /** Deposits the vault has numbered. */
  async deposits(): Promise<number> {
    const { vault, token } = this.contracts;
    const args = [token] as const;
    const view = {
      address: vault,
      abi: collateralVaultAbi,
      functionName: 'deposits',
      args,
    } as const;
    return Number(await this.node.chain.read(view, 'latest'));
  }

  /** Whether everything the depositor signed is in a block. */
  async isPaid(): Promise<boolean> {
    return (await this.node.chain.transactionCount(this.depositor.address)) >= this.nextNonce;
  }

  async setEther(address: Address, ether: bigint): Promise<void> {
    await this.node.rpc('anvil_setBalance', [address, toHex(ether * 10n ** 18n)]);
  }

  async stop(): Promise<void> {
    this.mining = false;
    await this.miner;
    await Promise.all(this.proxies.map((proxy) => proxy.close()));
    await this.node.stop();
  }

  private depositData(index: number, amount: bigint): Hex {
    const args = [this.contracts.token, index, amount] as const;
    return encodeFunctionData({ abi: collateralVaultAbi, functionName: 'deposit', args });
  }

  private async pay(to: Address, data: Hex, index?: number): Promise<void> {
    const nonce = this.nextNonce;
    this.nextNonce += 1;
    this.paid.push({ nonce, index, raw: await this.sign(nonce, to, data) });
  }

  private sign(nonce: number, to: Address, data: Hex): Promise<Hex> {
    return this.depositor.signTransaction({
      ...{ type: 'eip1559', chainId: this.chainId, nonce, to, data, gas: 400_000n },
      ...{ maxFeePerGas: 2_000n * GWEI, maxPriorityFeePerGas: GWEI },
    });
  }

  /** A block now and then, and in it what the depositor signed. */
  private async mine(): Promise<void> {
    while (this.mining) {
      await this.alone(async () => {
        await this.sendPaid();
        await this.node.rpc('evm_mine');
      }).catch(() => undefined);
      await sleep(BLOCK_MS);
    }
  }

  /** Sent until it is in a block, whatever became of earlier ones; whose account a reorganisation closed waits for it to open. */
  private async sendPaid(): Promise<void> {
    const mined = await this.node.chain.transactionCount(this.depositor.address);
    for (const { nonce, index, raw } of this.paid) {
      if (nonce < mined) continue;
      if (index !== undefined && !(await this.isOpen(index))) return;
      await this.node.chain.sendRaw(raw).catch(() => undefined);
    }
  }
}

async function deploy(
  node: TestNode,
  { chainId, origin, operators }: ChaosChainOptions,
): Promise<{ readonly contracts: ChaosContracts; readonly forcedExit: Address }> {
  const chain = defineChain({
    ...{ id: chainId, name: `chain ${chainId}` },
    nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
    rpcUrls: { default: { http: [node.url] } },
  });
  const transport = http(node.url);
  const deployer = {
    wallet: createWalletClient({ account: funded(0), chain, transport }),
    reader: createPublicClient({ chain, transport, pollingInterval: 20 }),
  };
  const named = { name: ASSET, symbol: ASSET, decimals: TOKEN_DECIMALS };
  const token = await deployTestToken(deployer, named);
  const rail = { token, tokenDecimals: TOKEN_DECIMALS, railScale: TOKEN_DECIMALS };
  const { vault, registry, rails } = await deployChain({
    ...{ ...deployer, origin, operators, threshold: 2 },
    guardians: [funded(9).address],
    tokens: [{ ...rail, hourlyBps: 10_000, dailyBps: 10_000 }],
  });
  const send = async (to: Address, data: Hex): Promise<void> => {
    const hash = await deployer.wallet.sendTransaction({ to, data });
    await deployer.reader.waitForTransactionReceipt({ hash });
  };
  const all = 2n ** 90n;
  const minted = [funded(0).address, all] as const;
  await send(token, encodeFunctionData({ abi: testTokenAbi, functionName: 'mint', args: minted }));
  const approved = [vault, maxUint256] as const;
  const call = { abi: testTokenAbi, functionName: 'approve', args: approved } as const;
  await send(token, encodeFunctionData(call));
  const lower = (address: Address): Address => address.toLowerCase() as Address;
  const contracts = {
    ...{ token: lower(token), ledger: lower(rails[0]!.ledger) },
    ...{ vault: lower(vault), registry: lower(registry) },
  };
  return { contracts, forcedExit: lower(rails[0]!.forcedExit) };
}
