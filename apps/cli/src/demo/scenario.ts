import type { StreamTopic } from '#events';
import { decimal } from '../render/decimal.js';
import { counterparties } from './counterparties.js';
import { accounts, eligibleAccounts } from './participants.js';
import {
  assets,
  custodian,
  instruments,
  referenceCommands,
  venues,
  type DemoInstrument,
  type OperatorCommand,
} from './reference.js';
import { riskCommands } from './risk-reference.js';
import { StreamWriter, type Message } from './streams.js';
import type { Tape, TapeTrade } from './tape.js';

/** A day of the demo: what the operator registers, then what venues and custodian publish, in order of time. */
export interface Scenario {
  readonly commands: readonly OperatorCommand[];
  readonly messages: readonly Message[];
  /** Windows closed: one a minute of exchange time, the first is 1. */
  readonly windows: number;
  readonly trades: number;
}

const MINUTE_MS = 60_000;

/**
 * Turns the tape into messages: opening deposits, every trade with the counterparties the published rule gives it,
 * each second's last price as a mark, and the end of every minute from every venue and the custodian. A venue whose
 * tape has ended goes on closing empty windows. Pure: the same tape and slice give the same messages.
 */
export function buildScenario(tape: Tape, slice: number = tape.trades.length): Scenario {
  const trades = tape.trades.slice(0, slice);
  const first = trades[0];
  if (!first) throw new Error('The demo needs at least one trade.');
  return new Builder(Math.floor(first.timeMs / MINUTE_MS)).build(trades);
}

interface PendingMark {
  readonly listed: DemoInstrument;
  readonly timeMs: number;
  readonly price: number;
}

interface Listed extends DemoInstrument {
  readonly eligible: readonly string[];
}

class Builder {
  private readonly writer = new StreamWriter();
  private readonly bySymbol = new Map<string, Listed>(
    instruments.map((listed) => [
      `${listed.venue}|${listed.symbol}`,
      { ...listed, eligible: eligibleAccounts(listed.spec.instrument) },
    ]),
  );
  private readonly pending = new Map<string, PendingMark>();
  private window = 1;

  constructor(private readonly firstMinute: number) {}

  build(trades: readonly TapeTrade[]): Scenario {
    this.deposits();
    let second = 0;
    for (const trade of trades) {
      const now = Math.floor(trade.timeMs / 1000);
      if (now !== second) this.marks();
      second = now;
      while (Math.floor(trade.timeMs / MINUTE_MS) >= this.firstMinute + this.window) this.close();
      this.trade(trade);
    }
    this.close();
    return {
      commands: [...referenceCommands(), ...riskCommands()],
      messages: this.writer.messages,
      windows: this.window - 1,
      trades: trades.length,
    };
  }

  private deposits(): void {
    const at = this.firstMinute * MINUTE_MS * 1000;
    for (const { asset, scale, opening, guarantee } of assets) {
      const deposit = (account: string, whole: number): void => {
        const units = BigInt(whole) * 10n ** BigInt(scale);
        const depositId = `opening-${account}-${asset}`;
        const body = { depositId, account, asset, amount: decimal(units, scale), at };
        const stream = { venue: custodian, topic: 'deposits' as const, key: asset };
        this.writer.write(stream, 'novate.deposit.v1', this.window, body, { units, scale });
      };
      deposit('guarantee', guarantee);
      for (const { account, margin } of accounts) {
        if (margin === 'cross' || asset === 'USDT') deposit(account, opening);
      }
    }
  }

  private trade(trade: TapeTrade): void {
    const { venue, symbol, priceScale, quantityScale } = trade.stream;
    const listed = this.bySymbol.get(`${venue}|${symbol}`);
    if (!listed) throw new Error(`The demo lists no instrument for ${venue} ${symbol}.`);
    const { instrument } = listed.spec;
    const quantity = BigInt(trade.quantity);
    this.writer.write(
      { venue, topic: 'trades', key: instrument },
      'novate.trade.v1',
      this.window,
      {
        tradeId: String(trade.tradeId),
        instrument,
        ...counterparties(venue, symbol, trade.tradeId, listed.eligible),
        quantity: decimal(quantity, quantityScale),
        price: decimal(BigInt(trade.price), priceScale),
        executedAt: trade.timeMs * 1000,
      },
      { units: quantity, scale: quantityScale },
    );
    this.pending.set(instrument, { listed, timeMs: trade.timeMs, price: trade.price });
  }

  /** The second is over: its last prices go out as marks, in the order the instruments are listed. */
  private marks(): void {
    for (const { spec } of instruments) {
      const mark = this.pending.get(spec.instrument);
      if (!mark) continue;
      const units = BigInt(mark.price);
      this.writer.write(
        { venue: mark.listed.venue, topic: 'marks', key: spec.instrument },
        'novate.mark.v1',
        this.window,
        {
          instrument: spec.instrument,
          price: decimal(units, spec.priceScale),
          at: mark.timeMs * 1000,
        },
        { units, scale: spec.priceScale },
      );
    }
    this.pending.clear();
  }

  /** The minute is over: everyone names last sequence, count and control total of each of their streams. */
  private close(): void {
    this.marks();
    const endsAt = (this.firstMinute + this.window) * MINUTE_MS * 1000;
    for (const venue of [...venues, custodian]) this.writer.close(venue, this.window, endsAt);
    this.window += 1;
  }
}

/** Messages per topic, for the demo's summary. */
export function countByTopic(messages: readonly Message[]): ReadonlyMap<StreamTopic, number> {
  const counts = new Map<StreamTopic, number>();
  for (const { topic } of messages) counts.set(topic, (counts.get(topic) ?? 0) + 1);
  return counts;
}
