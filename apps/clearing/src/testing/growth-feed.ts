import type { Command, InputBody } from '#ledger';
import { evidence } from '../../../../libs/ledger/src/testing/chain.js';
import type { EngineItem } from '../engine/index.js';
import { instruments } from './house.js';

const EPOCH = 1_723_161_600_000_000;
const accounts = ['M1-H', 'M2-H', 'M3-H'] as const;
const none = { channel: 'kafka', sha256: '', bytes: 0, value: '', truncated: false } as const;

/** Trades without end, a mark and a cut in every window, as items of the engine: the same number gives the same items. */
export class GrowthFeed {
  private readonly sequences = new Map<string, number>();
  private trades = 0;
  private window = 1;
  private inWindow = 0;

  constructor(private readonly perWindow: number) {}

  /** The next `count` items or a few more: a window ends with all that belongs to it. */
  next(count: number): EngineItem[] {
    const items: EngineItem[] = this.window === 1 && this.trades === 0 ? this.deposits() : [];
    while (items.length < count) {
      items.push(this.trade());
      this.inWindow += 1;
      if (this.inWindow >= this.perWindow) items.push(...this.cut());
    }
    return items;
  }

  private deposits(): EngineItem[] {
    return accounts.map((account, i) => {
      const what = { account, asset: 'USDT', amount: '900000000000', at: EPOCH };
      const body = { ...what, ...evidence('USDT', i + 1) };
      return this.item('custody', 'deposits', 'USDT', { type: 'deposit', ...body });
    });
  }

  private trade(): EngineItem {
    const n = (this.trades += 1);
    const trade = {
      tradeId: `T${n}`,
      instrument: instruments[n % 2]!,
      buyer: accounts[n % 3]!,
      seller: accounts[(n + 1 + ((n >> 3) % 2)) % 3]!,
      quantity: `${1 + (n % 7)}.${n % 10}`,
      price: `${60_000 + ((n * 37) % 500)}.${10 + (n % 80)}`,
      executedAt: EPOCH + n,
    };
    return this.item('V1', 'trades', trade.instrument, { type: 'trade', trade });
  }

  private cut(): EngineItem[] {
    const at = EPOCH + this.window * 60_000_000;
    const marks = instruments.map((instrument) =>
      this.item('V1', 'marks', instrument, { type: 'mark', instrument, price: '60100.5', at }),
    );
    const streams = instruments.flatMap((key) =>
      (['trades', 'marks'] as const).map((topic) => {
        const lastSequence = this.sequences.get(`V1|${topic}|${key}`) ?? 0;
        return { topic, key, lastSequence, count: 0, controlTotal: '0' };
      }),
    );
    const ends = [
      this.item('V1', 'windows', 'V1', { type: 'window-closed', endsAt: at, streams }),
      this.item('custody', 'windows', 'custody', {
        type: 'window-closed',
        endsAt: at,
        streams: [],
      }),
    ];
    this.window += 1;
    this.inWindow = 0;
    return [...marks, ...ends];
  }

  private item(
    venue: string,
    topic: 'trades' | 'deposits' | 'marks' | 'windows',
    key: string,
    body: InputBody,
  ): EngineItem {
    const stream = `${venue}|${topic}|${key}`;
    const sequence = (this.sequences.get(stream) ?? 0) + 1;
    this.sequences.set(stream, sequence);
    const at = { stream: { venue, topic, key }, sequence, window: this.window };
    const command: Command = { kind: 'input', at, body, actor: venue, source: () => none };
    return { command };
  }
}
