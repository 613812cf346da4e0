import type { StreamTopic } from '#events';
import { topics } from '#ledger';
import { evidence } from '../../../../libs/ledger/src/testing/chain.js';
import { SIGNATURE_HEADER, sign } from '../intake/signature.js';
import { instruments, keys } from './house.js';

/** A message as a venue would produce it. */
export interface FeedMessage {
  readonly topic: string;
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly value: string;
}

/** What a message may be given beside its content. */
export interface Overrides {
  readonly sequence?: number;
  readonly window?: number;
  readonly source?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const typeOf: Readonly<Record<StreamTopic, string>> = {
  trades: 'novate.trade.v1',
  deposits: 'novate.deposit.v1',
  marks: 'novate.mark.v1',
  funding: 'novate.funding.v1',
  windows: 'novate.window-closed.v1',
};

/** Numbers its streams by itself, as a venue does. Deposits are signed. */
export class Feed {
  private readonly sequences = new Map<string, number>();
  window = 1;

  /** The next message of a stream; `value` may be any text, so that bad input can be sent too. */
  message(topic: StreamTopic, key: string, value: unknown, more: Overrides = {}): FeedMessage {
    const source = more.source ?? (topic === 'deposits' ? 'custody' : 'V1');
    const stream = `${source}|${topic}|${key}`;
    const sequence = more.sequence ?? (this.sequences.get(stream) ?? 0) + 1;
    if (more.sequence === undefined) this.sequences.set(stream, sequence);
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    const headers: Record<string, string> = {
      ce_specversion: '1.0',
      ce_id: `${stream}|${sequence}`,
      ce_source: source,
      ce_type: typeOf[topic],
      ce_subject: key,
      ce_sequence: String(sequence),
      ce_window: String(more.window ?? this.window),
      'content-type': 'application/json',
      ...more.headers,
    };
    const name = topics[topic];
    if (topic === 'deposits') {
      headers[SIGNATURE_HEADER] ??= sign(name, headers, Buffer.from(text), keys.custody);
    }
    return { topic: name, key: `${source}|${key}`, headers, value: text };
  }

  trade(tradeId: string, terms: Readonly<Record<string, unknown>> = {}, more: Overrides = {}) {
    const instrument = String(terms['instrument'] ?? 'BTC-PERP');
    const trade = {
      tradeId,
      instrument,
      buyer: 'M1-H',
      seller: 'M2-H',
      quantity: '1.5',
      price: '60000.25',
      executedAt: 1_723_161_600_000_000,
      ...terms,
    };
    return this.message('trades', instrument, trade, more);
  }

  /** The next deposit of the vault. */
  deposit(account: string, amount: string, more: Overrides = {}) {
    const number = more.sequence ?? (this.sequences.get('custody|deposits|USDT') ?? 0) + 1;
    const at = 1_723_161_600_000_000;
    const value = { account, asset: 'USDT', amount, at, ...evidence('USDT', number) };
    return this.message('deposits', 'USDT', value, more);
  }

  mark(instrument: string, price: string, more: Overrides = {}) {
    const at = 1_723_161_600_000_000 + this.window * 60_000_000;
    return this.message('marks', instrument, { instrument, price, at }, more);
  }

  /** Both sources end the window, naming what they sent in it; the feed goes on to the next. */
  close(streams: readonly unknown[], deposits: readonly unknown[] = []): FeedMessage[] {
    const endsAt = 1_723_161_600_000_000 + this.window * 60_000_000;
    const messages = [
      this.message('windows', 'V1', { endsAt, streams }),
      this.message('windows', 'custody', { endsAt, streams: deposits }, { source: 'custody' }),
    ];
    this.window += 1;
    return messages;
  }
}

const accounts = ['M1-H', 'M2-H', 'M3-H'] as const;

/**
 * `windows` windows of `perWindow` trades per instrument and a mark for every fifth, in the order a
 * venue would send them. Every stream is named in its window's end, so the result depends on no
 * order of arrival.
 */
export function tradingDay(windows: number, perWindow: number): FeedMessage[] {
  const feed = new Feed();
  const all = accounts.map((account) => feed.deposit(account, '5000000'));
  const marks = Math.ceil(perWindow / 5);
  let number = 0;
  for (let window = 1; window <= windows; window += 1) {
    for (let i = 0; i < perWindow; i += 1) {
      for (const instrument of instruments) {
        number += 1;
        const price = `${60_000 + ((number * 37) % 500)}.${10 + (number % 80)}`;
        const [buyer, seller] = [accounts[number % 3], accounts[(number + 1 + (number % 2)) % 3]];
        const quantity = `${1 + (number % 7)}.${number % 10}`;
        all.push(feed.trade(`T${number}`, { instrument, buyer, seller, quantity, price }));
        if (i % 5 === 0) all.push(feed.mark(instrument, price));
      }
    }
    const streams = instruments.flatMap((key) => [
      total('trades', key, window * perWindow, perWindow),
      total('marks', key, window * marks, marks),
    ]);
    const deposits = window === 1 ? [total('deposits', 'USDT', accounts.length, 3)] : [];
    all.push(...feed.close(streams, deposits));
  }
  return all;
}

/** The control total is left at zero: these specs are about order, not about reconciliation. */
const total = (topic: StreamTopic, key: string, lastSequence: number, count: number) => ({
  topic,
  key,
  lastSequence,
  count,
  controlTotal: '0',
});
