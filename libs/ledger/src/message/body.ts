import type { ChainDeposit, StreamTopic } from '#events';
import { type Rejection, reject } from '../codes.js';
import type { InputBody, WireTrade } from '../commands.js';
import { checkId } from '../ids.js';
import { chainDepositId } from '../rails/state.js';

/** Thrown by the readers below; carries the rejection. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable';
  constructor(readonly rejection: Rejection) {
    super(rejection.reason);
  }
}

/** Message types per topic: CloudEvents `type` -> type of the body. */
export const messageTypes = {
  trades: {
    'novate.trade.v1': 'trade',
    'novate.trade-bust.v1': 'trade-bust',
    'novate.trade-correction.v1': 'trade-correction',
  },
  deposits: { 'novate.deposit.v1': 'deposit' },
  marks: { 'novate.mark.v1': 'mark' },
  funding: { 'novate.funding.v1': 'funding' },
  windows: { 'novate.window-closed.v1': 'window-closed' },
} as const satisfies { [T in StreamTopic]: { [type: string]: InputBody['type'] } };

type Json = { readonly [key: string]: unknown };
const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype']);

function violation(field: string, reason: string): Unreadable {
  return new Unreadable(reject('SCHEMA_VIOLATION', field, reason));
}

/** An object with exactly these keys. */
function record(value: unknown, path: string, keys: readonly string[]): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw violation(path, `${path} is not an object`);
  }
  for (const key of Object.keys(value)) {
    const field = path === 'value' ? key : `${path}.${key}`;
    if (FORBIDDEN.has(key)) {
      throw new Unreadable(reject('FORBIDDEN_KEY', path, `${path} has the key ${key}`));
    }
    if (!keys.includes(key)) throw violation(field.slice(0, 80), 'unknown field');
  }
  for (const key of keys) {
    if (!Object.hasOwn(value, key)) throw violation(key, `${path} lacks ${key}`);
  }
  return value as Json;
}

function id(json: Json, field: string): string {
  const value = json[field];
  if (typeof value !== 'string') throw violation(field, `${field} is not a string`);
  const malformed = checkId(field, value);
  if (malformed !== undefined) throw new Unreadable(malformed);
  return value;
}

function decimal(json: Json, field: string): string {
  const value = json[field];
  if (typeof value === 'string') return value;
  throw violation(field, `${field} is not a decimal string: JSON numbers lose digits`);
}

function micros(json: Json, field: string): number {
  const value = json[field];
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
  throw violation(field, `${field} is not a whole number of microseconds since 1970`);
}

function whole(json: Json, field: string): number {
  const value = json[field];
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
  throw violation(field, `${field} is not a whole number`);
}

const TRADE = ['tradeId', 'instrument', 'buyer', 'seller', 'quantity', 'price', 'executedAt'];

function trade(value: unknown, path: string): WireTrade {
  const json = record(value, path, TRADE);
  return {
    tradeId: id(json, 'tradeId'),
    instrument: id(json, 'instrument'),
    buyer: id(json, 'buyer'),
    seller: id(json, 'seller'),
    quantity: decimal(json, 'quantity'),
    price: decimal(json, 'price'),
    executedAt: micros(json, 'executedAt'),
  };
}

const STREAM = ['topic', 'key', 'lastSequence', 'count', 'controlTotal'];
const COUNTED = ['trades', 'deposits', 'marks', 'funding'] as const;
const MAX_STREAMS = 4096;

function closing(value: unknown): InputBody {
  const json = record(value, 'value', ['endsAt', 'streams']);
  const list = json['streams'];
  if (!Array.isArray(list) || list.length > MAX_STREAMS) {
    throw violation('streams', `streams is not a list of at most ${MAX_STREAMS}`);
  }
  const seen = new Set<string>();
  const streams = list.map((entry: unknown, i) => {
    const item = record(entry, `streams[${i}]`, STREAM);
    const topic = COUNTED.find((name) => name === item['topic']);
    if (topic === undefined) throw violation(`streams[${i}].topic`, 'unknown topic');
    const key = id(item, 'key');
    if (seen.has(`${topic}|${key}`)) throw violation(`streams[${i}]`, 'a stream is named twice');
    seen.add(`${topic}|${key}`);
    return {
      topic,
      key,
      lastSequence: whole(item, 'lastSequence'),
      count: whole(item, 'count'),
      controlTotal: decimal(item, 'controlTotal'),
    };
  });
  return { type: 'window-closed', endsAt: micros(json, 'endsAt'), streams };
}

function deposit(value: unknown): InputBody {
  const onChain = typeof value === 'object' && value !== null && Object.hasOwn(value, 'chain');
  const json = record(value, 'value', onChain ? [...DEPOSIT, 'chain'] : DEPOSIT);
  const chain = onChain ? chainDeposit(json['chain']) : undefined;
  const body = {
    account: id(json, 'account'),
    asset: id(json, 'asset'),
    amount: decimal(json, 'amount'),
    at: micros(json, 'at'),
  };
  if (chain === undefined) return { type: 'deposit', depositId: id(json, 'depositId'), ...body };
  const depositId = chainDepositId(chain.rail, chain.number);
  if (json['depositId'] === depositId) return { type: 'deposit', depositId, ...body, chain };
  throw violation('depositId', `the id of this deposit is ${depositId}`);
}

const DEPOSIT = ['depositId', 'account', 'asset', 'amount', 'at'];
const CHAIN = ['rail', 'number', 'transaction', 'block', 'blockHash', 'logIndex'];
const RAIL = /^[1-9]\d{0,15}\/[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** Where on its chain a deposit is. */
function chainDeposit(value: unknown): ChainDeposit {
  const json = record(value, 'chain', CHAIN);
  const rail = json['rail'];
  if (typeof rail !== 'string' || !RAIL.test(rail)) {
    throw violation('chain.rail', 'a rail is <chainId>/<asset>');
  }
  return {
    rail,
    number: whole(json, 'number'),
    transaction: hash(json, 'transaction'),
    block: whole(json, 'block'),
    blockHash: hash(json, 'blockHash'),
    logIndex: whole(json, 'logIndex'),
  };
}

function hash(json: Json, field: string): string {
  const value = json[field];
  if (typeof value === 'string' && /^0x[0-9a-f]{64}$/.test(value)) return value;
  throw violation(`chain.${field}`, `${field} is not 0x and 64 lower-case hex digits`);
}

/** The body of a message of this topic and type, or Unreadable. */
export function bodyOf(topic: StreamTopic, type: string, value: unknown): InputBody {
  const types: { readonly [type: string]: InputBody['type'] } = messageTypes[topic];
  const known = Object.hasOwn(types, type) ? types[type] : undefined;
  switch (known) {
    case 'trade':
    case 'trade-bust':
      return { type: known, trade: trade(value, 'value') };
    case 'trade-correction': {
      const json = record(value, 'value', ['trade', 'replacement']);
      const replacement = trade(json['replacement'], 'replacement');
      return { type: known, trade: trade(json['trade'], 'trade'), replacement };
    }
    case 'deposit':
      return deposit(value);
    case 'mark': {
      const json = record(value, 'value', ['instrument', 'price', 'at']);
      const [instrument, price] = [id(json, 'instrument'), decimal(json, 'price')];
      return { type: 'mark', instrument, price, at: micros(json, 'at') };
    }
    case 'funding': {
      const json = record(value, 'value', ['instrument', 'rate', 'at']);
      const [instrument, rate] = [id(json, 'instrument'), decimal(json, 'rate')];
      return { type: 'funding', instrument, rate, at: micros(json, 'at') };
    }
    case 'window-closed':
      return closing(value);
    default: {
      const reason = `type "${type.slice(0, 60)}" does not belong to ${topic}`;
      throw new Unreadable(reject('UNKNOWN_TYPE', 'type', reason));
    }
  }
}
