import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { counterparties } from './counterparties.js';
import { accounts, eligibleAccounts, members } from './participants.js';
import { instruments } from './reference.js';
import { buildScenario, countByTopic } from './scenario.js';
import { shuffleStreams } from './shuffle.js';
import type { Message } from './streams.js';
import { readTape } from './tape.js';

interface ClosedBody {
  readonly endsAt: number;
  readonly streams: readonly { topic: string; key: string; lastSequence: number; count: number }[];
}
interface TradeBody {
  readonly instrument: string;
  readonly buyer: string;
  readonly seller: string;
}

const tape = readTape();
const scenario = buildScenario(tape);
const { messages } = scenario;
const digest = (list: readonly Message[]): string =>
  createHash('sha256').update(JSON.stringify(list)).digest('hex');
const streamOf = ({ venue, topic, key }: Message): string => `${venue}|${topic}|${key}`;

describe('the demo scenario', () => {
  it('is the same every time', () => {
    expect(digest(buildScenario(tape).messages)).toBe(digest(messages));
  });

  it('publishes every trade, one mark a second at most, and twelve windows from everyone', () => {
    expect(scenario.trades).toBe(78_638);
    expect(scenario.windows).toBe(12);
    const counts = countByTopic(messages);
    expect(counts.get('trades')).toBe(78_638);
    expect(counts.get('windows')).toBe(12 * 5);
    expect(counts.get('deposits')).toBe(2 * 3 + accounts.length + 2 * (accounts.length - 3));
    expect(counts.get('marks')).toBeLessThan(6 * 651);
  });

  it.each([
    ['binance_spot', 34_419],
    ['binance_usdm', 35_389],
    ['binance_coinm', 8_830],
  ])('%s publishes %i trades', (venue, count) => {
    const own = messages.filter((message) => message.venue === venue && message.topic === 'trades');
    expect(own).toHaveLength(count);
  });

  it('numbers every stream from 1 without a gap and never goes back a window', () => {
    const last = new Map<string, Message>();
    const broken = messages.filter((message) => {
      const before = last.get(streamOf(message));
      last.set(streamOf(message), message);
      return (
        message.sequence !== (before?.sequence ?? 0) + 1 || message.window < (before?.window ?? 1)
      );
    });
    expect(broken).toEqual([]);
  });

  it('closes windows with what was sent in them', () => {
    const sent = new Map<string, number>();
    for (const message of messages) {
      if (message.topic !== 'windows') {
        const id = `${streamOf(message)}|${message.window}`;
        sent.set(id, (sent.get(id) ?? 0) + 1);
        continue;
      }
      const { streams } = JSON.parse(message.value) as ClosedBody;
      for (const { topic, key, count } of streams) {
        const id = `${message.venue}|${topic}|${key}|${message.window}`;
        expect([id, sent.get(id) ?? 0]).toEqual([id, count]);
      }
    }
  });

  it('lets the linear venue close empty windows after its tape ended at midnight', () => {
    const closed = messages
      .filter(({ venue, topic }) => venue === 'binance_usdm' && topic === 'windows')
      .map(({ value }) => JSON.parse(value) as ClosedBody);
    const tradesIn = closed.map(({ streams }) =>
      streams.filter(({ topic }) => topic === 'trades').map(({ count }) => count),
    );
    expect(tradesIn).toHaveLength(12);
    expect(tradesIn.slice(7)).toEqual(Array.from({ length: 5 }, () => [0, 0]));
    expect(new Date((closed[0]?.endsAt ?? 0) / 1000).toISOString()).toBe(
      '2024-08-08T23:55:00.000Z',
    );
  });

  it('cuts a slice to the windows it needs', () => {
    const slice = buildScenario(tape, 12_000);
    expect(countByTopic(slice.messages).get('trades')).toBe(12_000);
    expect(slice.windows).toBe(3);
  });

  it('registers 50 members and accounts of every kind', () => {
    expect(members).toHaveLength(50);
    expect(new Set(accounts.map(({ account }) => account)).size).toBe(accounts.length);
    expect(new Set(accounts.map(({ segregation }) => segregation)).size).toBe(3);
    expect(accounts.filter(({ margin }) => margin === 'isolated')).toHaveLength(3);
    const keys = scenario.commands.map(({ idempotencyKey }) => idempotencyKey);
    expect(new Set(keys).size).toBe(keys.length);
  });
});

describe('the counterparty rule', () => {
  it('is computable by hand', () => {
    // printf 'binance_spot|BTCUSDT|3735683259' | sha256sum
    const eligible = eligibleAccounts('BTC-USDT');
    const bytes = createHash('sha256').update('binance_spot|BTCUSDT|3735683259').digest();
    const buyer = bytes.readUInt32BE(0) % eligible.length;
    const seller = (buyer + 1 + (bytes.readUInt32BE(4) % (eligible.length - 1))) % eligible.length;
    expect(counterparties('binance_spot', 'BTCUSDT', 3735683259, eligible)).toEqual({
      buyer: eligible[buyer],
      seller: eligible[seller],
    });
  });

  it('never lets an account trade with itself, and uses every account that may hold the instrument', () => {
    const used = new Map<string, Set<string>>();
    for (const { topic, value } of messages) {
      if (topic !== 'trades') continue;
      const { instrument, buyer, seller } = JSON.parse(value) as TradeBody;
      if (buyer === seller) throw new Error(value);
      used.set(instrument, (used.get(instrument) ?? new Set()).add(buyer).add(seller));
    }
    for (const { spec } of instruments) {
      const expected = [...eligibleAccounts(spec.instrument)].sort();
      expect([...(used.get(spec.instrument) ?? [])].sort()).toEqual(expected);
    }
  });
});

describe('shuffling', () => {
  const shuffled = shuffleStreams(messages, 7);

  it('keeps every message and the order within each stream', () => {
    expect(shuffled).toHaveLength(messages.length);
    const last = new Map<string, number>();
    const broken = shuffled.filter((message) => {
      const expected = (last.get(streamOf(message)) ?? 0) + 1;
      last.set(streamOf(message), message.sequence);
      return message.sequence !== expected;
    });
    expect(broken).toEqual([]);
  });

  it('depends on the seed alone', () => {
    expect(digest(shuffleStreams(messages, 7))).toBe(digest(shuffled));
    expect(digest(shuffleStreams(messages, 8))).not.toBe(digest(shuffled));
    expect(digest(shuffled)).not.toBe(digest(messages));
  });
});
