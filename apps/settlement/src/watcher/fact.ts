import {
  type Abi,
  type Address,
  decodeEventLog,
  type DecodeEventLogReturnType,
  type Hash,
  type Hex,
} from 'viem';
import { collateralVaultAbi, settlementLedgerAbi } from '#contracts';
import type { BlockTag, Log } from '../chain/index.js';

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

/** `undefined` for another event of the same contract. */
function decode<const A extends Abi>(
  abi: A,
  { topics, data }: Log,
): DecodeEventLogReturnType<A, undefined> | undefined {
  try {
    return decodeEventLog({ abi, data, topics: [...topics] as [Hex, ...Hex[]] });
  } catch {
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
  const place: Place = {
    transaction: log.transactionHash,
    block: log.blockNumber,
    blockHash: log.blockHash,
    blockTime,
    logIndex: log.logIndex,
  };
  return depositOf(log, place, rails) ?? batchOf(log, place, rails);
}

function depositOf(log: Log, place: Place, rails: readonly WatchedRail[]): Deposit | undefined {
  const ofVault = rails.filter(({ vault }) => same(vault, log.address));
  const event = ofVault.length > 0 ? decode(collateralVaultAbi, log) : undefined;
  if (event?.eventName !== 'Deposited') return undefined;
  const { token, number, index, from, amount } = event.args;
  const its = ofVault.find((each) => same(each.token, token));
  const sender = from.toLowerCase() as Address;
  return its && { kind: 'deposit', rail: its.rail, number, index, from: sender, amount, ...place };
}

function batchOf(log: Log, place: Place, rails: readonly WatchedRail[]): SettledBatch | undefined {
  const its = rails.find(({ ledger }) => same(ledger, log.address));
  const event = its && decode(settlementLedgerAbi, log);
  if (event?.eventName !== 'BatchSettled') return undefined;
  const { seq, digest } = event.args;
  return its && { kind: 'batch', rail: its.rail, number: seq, digest, ...place };
}
