import { type Address, decodeEventLog, type Hash, type Hex, parseAbi } from 'viem';
import type { BlockTag, Log } from '../chain/index.js';

/** Of the contracts' logs, those the house acts on. */
const EVENTS = parseAbi([
  'event Deposited(address indexed token, uint64 indexed number, uint32 indexed index, address from, uint256 amount)',
  'event BatchSettled(uint64 indexed seq, bytes32 indexed digest, uint64 cycle, uint16 leg, bytes32 stateRoot, bytes32 logRoot, uint64 logSize, bytes32 balanceRoot, uint32 count, uint256 gross)',
]);

/** One chain and asset, as far as it is watched. */
export interface WatchedRail {
  /** `<chainId>/<asset>`. */
  readonly rail: string;
  readonly token: Address;
  readonly ledger: Address;
  readonly vault: Address;
  /** When what happened on it counts as final. */
  readonly finality: BlockTag;
  /** No log of it is older than this block. */
  readonly fromBlock: bigint;
}

/** Where in the chain something was said. */
export interface Place {
  readonly transaction: Hash;
  readonly block: bigint;
  readonly blockHash: Hash;
  /** Seconds since 1970, the chain's own clock. */
  readonly blockTime: bigint;
  /** Position in the block. */
  readonly logIndex: number;
}

/** Money came into the vault. */
export interface Deposit extends Place {
  readonly kind: 'deposit';
  readonly rail: string;
  /** The vault's number of this token's deposits: 1, 2, 3... */
  readonly number: bigint;
  /** The settlement account credited. */
  readonly index: number;
  readonly from: Address;
  /** Rail units. */
  readonly amount: bigint;
}

/** The ledger contract applied a batch. */
export interface SettledBatch extends Place {
  readonly kind: 'batch';
  readonly rail: string;
  /** The batch's seq: 1, 2, 3... */
  readonly number: bigint;
  readonly digest: Hash;
}

export type Fact = Deposit | SettledBatch;

/** Facts of one rail and kind are numbered 1, 2, 3... */
export const streamOf = ({ rail, kind }: Pick<Fact, 'rail' | 'kind'>): string => `${rail} ${kind}`;
export const idOf = (fact: Pick<Fact, 'rail' | 'kind' | 'number'>): string =>
  `${streamOf(fact)} ${fact.number}`;

/** What was said, wherever in the chain. */
export function substance(fact: Fact): string {
  return fact.kind === 'deposit'
    ? [fact.index, fact.from, fact.amount].join(' ')
    : fact.digest.toString();
}

export const inChainOrder = (a: Fact, b: Fact): number =>
  a.block === b.block ? a.logIndex - b.logIndex : a.block < b.block ? -1 : 1;

type Event = ReturnType<typeof decode>;

function decode(log: Log): ReturnType<typeof decodeEventLog<typeof EVENTS>> | undefined {
  const topics = [...log.topics] as [Hex, ...Hex[]];
  try {
    return decodeEventLog({ abi: EVENTS, data: log.data, topics, strict: true });
  } catch {
    // Another event of the same contract.
    return undefined;
  }
}

const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

/** The fact a log states about one of the rails, if it does. Of whom the log comes decides, not what it says. */
export function factOf(
  log: Log,
  blockTime: bigint,
  rails: readonly WatchedRail[],
): Fact | undefined {
  const event: Event = decode(log);
  if (event === undefined) return undefined;
  const place: Place = {
    transaction: log.transactionHash,
    block: log.blockNumber,
    blockHash: log.blockHash,
    blockTime,
    logIndex: log.logIndex,
  };
  if (event.eventName === 'Deposited') {
    const { token, number, index, from, amount } = event.args;
    const its = rails.find((each) => same(each.vault, log.address) && same(each.token, token));
    if (its === undefined) return undefined;
    const sender = from.toLowerCase() as Address;
    return { kind: 'deposit', rail: its.rail, number, index, from: sender, amount, ...place };
  }
  const { seq, digest } = event.args;
  const its = rails.find((each) => same(each.ledger, log.address));
  return its && { kind: 'batch', rail: its.rail, number: seq, digest, ...place };
}
