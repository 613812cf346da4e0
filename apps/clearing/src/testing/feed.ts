import type { StreamTopic } from '#events';
import { topics } from '#ledger';
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

  deposit(depositId: string, account: string, amount: string, more: Overrides = {}) {
    const at = 1_723_161_600_000_000;
    return this.message(
      'deposits',
      'USDT',
      { depositId, account, asset: 'USDT', amount, at },
      more,
    );
  }

  mark(instrument: string, price: string, more: Overrides = {}) {
    const at = 1_723_161_600_000_000 + this.window * 60_000_000;
    return this.message('marks', instrument, { instrument, price, at }, more);
  }

  /** Both sources end the window, naming what they sent in it; the feed goes on to the next. */
  close(streams: readonly Readonly<Record<string, unknown>>[]): FeedMessage[] {
    const endsAt = 1_723_161_600_000_000 + this.window * 60_000_000;
    const messages = [
      this.message('windows', 'V1', { endsAt, streams }),
      this.message('windows', 'custody', { endsAt, streams: [] }, { source: 'custody' }),
    ];
    this.window += 1;
    return messages;
  }
}

/** `windows` windows of `perWindow` trades and marks per instrument, in the order a venue would send them. */
export function tradingDay(windows: number, perWindow: number): FeedMessage[] {
  const feed = new Feed();
  const all = ['M1-H', 'M2-H', 'M3-H'].map((a, i) => feed.deposit(`D${i}`, a, '5000000.00000000'));
  let number = 0;
  const last: Record<string, number> = {};
  for (let window = 1; window <= windows; window += 1) {
    for (let i = 0; i < perWindow; i += 1) {
      for (const instrument of instruments) {
        number += 1;
        const accounts = ['M1-H', 'M2-H', 'M3-H'];
        const buyer = accounts[number % 3];
        const seller = accounts[(number + 1 + (number % 2)) % 3];
        const quantity = `${1 + (number % 7)}.${number % 10}`;
        const price = `${60_000 + ((number * 37) % 500)}.${10 + (number % 80)}`;
        all.push(feed.trade(`T${number}`, { instrument, buyer, seller, quantity, price }));
        if (i % 5 === 0) all.push(feed.mark(instrument, price));
      }
    }
    for (const instrument of instruments) last[instrument] = window * perWindow;
    const streams = instruments.map((key) => ({
      topic: 'trades',
      key,
      lastSequence: last[key] ?? 0,
      count: perWindow,
      controlTotal: '0.000',
    }));
    all.push(...feed.close(streams));
  }
  return all;
}
