import type {
  Abi,
  Address,
  ContractFunctionName,
  ContractFunctionReturnType,
  Hash,
  Hex,
} from 'viem';

/** What the node itself says of how sure a block is. */
export type BlockTag = 'latest' | 'safe' | 'finalized';

/** Where a question is asked: a tag, a height, or exactly this block and no other of its height. */
export type At = BlockTag | bigint | { readonly blockHash: Hash };

export interface Block {
  readonly number: bigint;
  readonly hash: Hash;
  readonly parentHash: Hash;
  /** Seconds since 1970, the chain's own clock. */
  readonly timestamp: bigint;
  /** Wei per gas. */
  readonly baseFee: bigint;
}

export interface Log {
  /** Lower case, as every address a port answers with. */
  readonly address: Address;
  readonly topics: readonly Hex[];
  readonly data: Hex;
  readonly blockNumber: bigint;
  readonly blockHash: Hash;
  readonly transactionHash: Hash;
  /** Position in the block. */
  readonly logIndex: number;
}

export interface Receipt {
  readonly transactionHash: Hash;
  readonly blockNumber: bigint;
  readonly blockHash: Hash;
  readonly succeeded: boolean;
  readonly gasUsed: bigint;
  /** Wei per gas. */
  readonly gasPrice: bigint;
  readonly logs: readonly Log[];
}

export type ViewName<A extends Abi> = ContractFunctionName<A, 'view' | 'pure'>;

/** One call of a view. */
export interface View<A extends Abi, N extends ViewName<A>> {
  readonly address: Address;
  readonly abi: A;
  readonly functionName: N;
  readonly args?: readonly unknown[];
}

export type ViewAnswer<A extends Abi, N extends ViewName<A>> = ContractFunctionReturnType<
  A,
  'view' | 'pure',
  N
>;

export interface Call {
  readonly from: Address;
  readonly to: Address;
  readonly data: Hex;
  readonly gas?: bigint;
}

/** One node of an EVM chain. Every question fails with a `ChainError`, and never with anything else. */
export interface ChainPort {
  /** For people and for metrics. Not the address, which may hold a key. */
  readonly name: string;
  chainId(): Promise<number>;
  /** `undefined` where the node has no such block. */
  block(at: At): Promise<Block | undefined>;
  read<const A extends Abi, N extends ViewName<A>>(
    view: View<A, N>,
    at: At,
  ): Promise<ViewAnswer<A, N>>;
  /** Transactions of an address that are in blocks: the next nonce. What waits in a pool does not count. */
  transactionCount(address: Address): Promise<number>;
  /** Wei. */
  balance(address: Address, at: At): Promise<bigint>;
  /** Hands over a signed transaction. Doing so twice with the same bytes is doing it once. */
  sendRaw(raw: Hex): Promise<Hash>;
  receipt(hash: Hash): Promise<Receipt | undefined>;
  /** What a transaction would do; `reverted`, with the name of the error if `abi` has it, where it would fail. */
  simulate(call: Call, at: At, abi?: Abi): Promise<Hex>;
  /** Logs of these contracts in these blocks, both included, in the order of the chain. */
  logs(addresses: readonly Address[], from: bigint, to: bigint): Promise<readonly Log[]>;
}
