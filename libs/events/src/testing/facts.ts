import type { AnyNewEvent, NewEvent } from '../event.js';
import type { Batch } from '../journal/journal.js';
import { EVENT_NAMESPACE, uuidV5 } from '../uuid.js';

const MIDNIGHT = 1_723_161_600_000_000;

/** A realistic trade; the same number gives the same event. */
export function trade(sequence: number): NewEvent<'TradeNovated'> {
  const at = MIDNIGHT + sequence;
  return {
    id: uuidV5(EVENT_NAMESPACE, `binance-linear/trades/BTC-USDT-PERP/${sequence}`),
    type: 'TradeNovated',
    schemaVersion: 1,
    occurredAt: at,
    actor: 'binance-linear',
    data: {
      stream: { venue: 'binance-linear', topic: 'trades', key: 'BTC-USDT-PERP' },
      sequence,
      window: 7,
      tradeId: `3718${sequence}`,
      instrument: 'BTC-USDT-PERP',
      buyer: `M${sequence % 50}-H`,
      seller: `M${(sequence + 7) % 50}-C`,
      quantity: String(1 + (sequence % 900)),
      price: String(6_183_763 + (sequence % 400)),
      executedAt: at,
      mode: 'novation',
    },
  };
}

/** Trades number `from` to `from + count - 1`. */
export function trades(from: number, count: number): NewEvent<'TradeNovated'>[] {
  return Array.from({ length: count }, (_, i) => trade(from + i));
}

/** A rejected input whose Kafka headers have the keys its sender liked. */
export function rejection(headers: Readonly<Record<string, string>>): AnyNewEvent {
  return {
    id: uuidV5(EVENT_NAMESPACE, `rejection/${JSON.stringify(headers)}`),
    type: 'InputRejected',
    schemaVersion: 1,
    occurredAt: MIDNIGHT,
    actor: 'binance-linear',
    data: {
      code: '1001_MALFORMED',
      field: '',
      reason: 'not JSON',
      fix: 'send JSON',
      consumed: false,
      controlTotal: '0',
      source: {
        channel: 'kafka',
        topic: 'novate.trades.v1',
        partition: 0,
        offset: '17',
        headers,
        sha256: '00'.repeat(32),
        bytes: 1,
        value: 'ew==',
        truncated: false,
      },
    },
  };
}

/** A member whose name nobody can write down in UTF-8. */
export function unwritable(): AnyNewEvent {
  const id = uuidV5(EVENT_NAMESPACE, 'unwritable');
  const envelope = { id, schemaVersion: 1, occurredAt: MIDNIGHT, actor: 'operator' };
  return { ...envelope, type: 'MemberRegistered', data: { member: 'M01', name: 'Z\ud800' } };
}

export async function collect(batches: AsyncIterable<Batch>): Promise<Batch[]> {
  const all: Batch[] = [];
  for await (const batch of batches) all.push(batch);
  return all;
}

/** Positions of all events, in the order they came. */
export function positions(batches: readonly Batch[]): number[] {
  return batches.flatMap(({ events }) => events.map(({ position }) => position));
}

/** 0, 1, 2, ... up to and not including `end`. */
export function upTo(end: number, from = 0): number[] {
  return Array.from({ length: end - from }, (_, i) => from + i);
}
