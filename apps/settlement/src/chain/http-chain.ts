import {
  type Abi,
  type Address,
  createClient,
  decodeFunctionResult,
  encodeFunctionData,
  type Hash,
  type Hex,
  http,
  numberToHex,
} from 'viem';
import { ChainError } from './chain-error.js';
import type {
  At,
  Block,
  Call,
  ChainPort,
  Log,
  Receipt,
  View,
  ViewAnswer,
  ViewName,
} from './chain-port.js';
import { chainError } from './errors.js';
import { hex, parseBlock, parseLogs, parseReceipt, quantity } from './parse.js';

export interface HttpChainOptions {
  /** For people and for metrics; the URL may hold a key and is never shown. */
  readonly name: string;
  readonly url: string;
  /** Milliseconds until a question counts as unanswered. Default 5,000. */
  readonly timeoutMs?: number;
}

type Ask = (question: { method: string; params: readonly unknown[] }) => Promise<unknown>;

const where = (at: At): string | { blockHash: Hash; requireCanonical: true } =>
  typeof at === 'bigint'
    ? numberToHex(at)
    : typeof at === 'string'
      ? at
      : { blockHash: at.blockHash, requireCanonical: true };

/**
 * A node over HTTP. It never asks twice on its own: whether a question may be repeated, and of whom, is for the caller
 * to say, and a transaction whose answer was lost is not one that failed.
 */
export function httpChain({ name, url, timeoutMs = 5_000 }: HttpChainOptions): ChainPort {
  // Questions of one turn of the event loop travel together.
  const transport = http(url, { timeout: timeoutMs, retryCount: 0, batch: { batchSize: 50 } });
  const ask = createClient({ transport }).request as Ask;
  return new HttpChain(name, ask);
}

class HttpChain implements ChainPort {
  constructor(
    readonly name: string,
    private readonly request: Ask,
  ) {}

  async chainId(): Promise<number> {
    return this.ask('eth_chainId', [], (answer) => Number(quantity(answer, 'chain id')));
  }

  async block(at: At): Promise<Block | undefined> {
    const byHash = typeof at === 'object';
    const method = byHash ? 'eth_getBlockByHash' : 'eth_getBlockByNumber';
    const params = [byHash ? at.blockHash : where(at), false];
    return this.ask(method, params, (answer) => (answer === null ? undefined : parseBlock(answer)));
  }

  async read<const A extends Abi, N extends ViewName<A>>(
    view: View<A, N>,
    at: At,
  ): Promise<ViewAnswer<A, N>> {
    const { address, args = [] } = view;
    // Encoding and decoding are told nothing of the types: the caller's are in the answer.
    const abi: Abi = view.abi;
    const functionName: string = view.functionName;
    const data = encodeFunctionData({ abi, functionName, args });
    const decode = (answer: unknown): unknown =>
      decodeFunctionResult({ abi, functionName, data: hex(answer, functionName) });
    return this.ask('eth_call', [{ to: address, data }, where(at)], decode, abi) as Promise<
      ViewAnswer<A, N>
    >;
  }

  async transactionCount(address: Address): Promise<number> {
    const params = [address, 'latest'];
    return this.ask('eth_getTransactionCount', params, (answer) =>
      Number(quantity(answer, 'transaction count')),
    );
  }

  async balance(address: Address, at: At): Promise<bigint> {
    return this.ask('eth_getBalance', [address, where(at)], (answer) =>
      quantity(answer, 'balance'),
    );
  }

  async sendRaw(raw: Hex): Promise<Hash> {
    return this.ask('eth_sendRawTransaction', [raw], (answer) => hex(answer, 'hash', 32));
  }

  async receipt(hash: Hash): Promise<Receipt | undefined> {
    return this.ask('eth_getTransactionReceipt', [hash], (answer) =>
      answer === null ? undefined : parseReceipt(answer),
    );
  }

  async simulate({ from, to, data, gas }: Call, at: At, abi?: Abi): Promise<Hex> {
    const call = { from, to, data, ...(gas === undefined ? {} : { gas: numberToHex(gas) }) };
    return this.ask('eth_call', [call, where(at)], (answer) => hex(answer, 'result'), abi);
  }

  async logs(addresses: readonly Address[], from: bigint, to: bigint): Promise<readonly Log[]> {
    const filter = {
      address: addresses,
      fromBlock: numberToHex(from),
      toBlock: numberToHex(to),
    };
    const logs = await this.ask('eth_getLogs', [filter], parseLogs);
    const asked = new Set(addresses.map((address) => address.toLowerCase()));
    const foreign = logs.find(
      ({ address, blockNumber }) => !asked.has(address) || blockNumber < from || blockNumber > to,
    );
    if (foreign) throw new ChainError('malformed', 'a log nobody asked for');
    return logs;
  }

  private async ask<T>(
    method: string,
    params: readonly unknown[],
    read: (answer: unknown) => T,
    abi?: Abi,
  ): Promise<T> {
    try {
      return read(await this.request({ method, params }));
    } catch (error) {
      throw chainError(error, abi);
    }
  }
}
