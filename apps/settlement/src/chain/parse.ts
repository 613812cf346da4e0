import type { Address, Hash, Hex } from 'viem';
import { malformed } from './chain-error.js';
import type { Block, Log, Receipt } from './chain-port.js';

/** A node's answer is read field by field: one that lacks a field is no answer. */
type Fields = Readonly<Record<string, unknown>>;

function fields(value: unknown, what: string): Fields {
  if (typeof value !== 'object' || value === null) throw malformed(`${what} is not an object`);
  return value as Fields;
}

function list(value: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(value)) throw malformed(`${what} is not a list`);
  return value;
}

export function hex(value: unknown, what: string, bytes?: number): Hex {
  const length = bytes === undefined ? '(?:[0-9a-f]{2})*' : `[0-9a-f]{${bytes * 2}}`;
  if (typeof value !== 'string' || !new RegExp(`^0x${length}$`, 'i').test(value)) {
    throw malformed(`${what} is not hexadecimal`);
  }
  return value.toLowerCase() as Hex;
}

export function quantity(value: unknown, what: string): bigint {
  if (typeof value !== 'string' || !/^0x[0-9a-f]{1,64}$/i.test(value)) {
    throw malformed(`${what} is not a quantity`);
  }
  return BigInt(value);
}

const hash = (from: Fields, name: string): Hash => hex(from[name], name, 32);
const address = (from: Fields, name: string): Address => hex(from[name], name, 20);
const amount = (from: Fields, name: string): bigint => quantity(from[name], name);

export function parseBlock(answer: unknown): Block {
  const from = fields(answer, 'a block');
  return {
    number: amount(from, 'number'),
    hash: hash(from, 'hash'),
    parentHash: hash(from, 'parentHash'),
    timestamp: amount(from, 'timestamp'),
    // Absent before London: such a chain asks for no base fee.
    baseFee: from['baseFeePerGas'] === undefined ? 0n : amount(from, 'baseFeePerGas'),
  };
}

function parseLog(answer: unknown): Log {
  const from = fields(answer, 'a log');
  return {
    address: address(from, 'address'),
    topics: list(from['topics'], 'topics').map((topic) => hex(topic, 'topic', 32)),
    data: hex(from['data'], 'data'),
    blockNumber: amount(from, 'blockNumber'),
    blockHash: hash(from, 'blockHash'),
    transactionHash: hash(from, 'transactionHash'),
    logIndex: Number(amount(from, 'logIndex')),
  };
}

const inChainOrder = (a: Log, b: Log): number =>
  a.blockNumber === b.blockNumber
    ? a.logIndex - b.logIndex
    : a.blockNumber < b.blockNumber
      ? -1
      : 1;

export function parseLogs(answer: unknown): readonly Log[] {
  return list(answer, 'logs').map(parseLog).sort(inChainOrder);
}

export function parseReceipt(answer: unknown): Receipt {
  const from = fields(answer, 'a receipt');
  return {
    transactionHash: hash(from, 'transactionHash'),
    blockNumber: amount(from, 'blockNumber'),
    blockHash: hash(from, 'blockHash'),
    succeeded: amount(from, 'status') === 1n,
    gasUsed: amount(from, 'gasUsed'),
    gasPrice: amount(from, 'effectiveGasPrice'),
    logs: parseLogs(from['logs']),
  };
}
