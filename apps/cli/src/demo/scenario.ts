import type { StreamTopic } from '#events';
import { decimal } from '../render/decimal.js';
import { counterparties } from './counterparties.js';
import { eligibleAccounts } from './participants.js';
import {
  assets,
  chains,
  custodians,
  instruments,
  referenceCommands,
  venues,
  type DemoInstrument,
  type OperatorCommand,
} from './reference.js';
import {
  noContracts,
  openingDeposits,
  places,
  railCommands,
  type RailContracts,
  railScaleOf,
} from './rails.js';
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
const NO_HASH = `0x${'00'.repeat(32)}`;

/**
 * Turns the tape into messages: opening deposits, every trade with the counterparties the published rule gives it,
 * each second's last price as a mark, and the end of every minute from every venue and custodian. A venue whose
 * tape has ended goes on closing empty windows. Pure: the same tape and slice give the same messages.
 */
export function buildScenario(
  tape: Tape,
  slice: number = tape.trades.length,
  contracts: readonly RailContracts[] = noContracts,
): Scenario {
  const trades = tape.trades.slice(0, slice);
  const first = trades[0];
  if (!first) throw new Error('The demo needs at least one trade.');
  return new Builder(Math.floor(first.timeMs / MINUTE_MS), contracts).build(trades);
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

  constructor(
    private readonly firstMinute: number,
    private readonly contracts: readonly RailContracts[],
  ) {}

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
      commands: [...referenceCommands(), ...railCommands(this.contracts), ...riskCommands()],
      messages: this.writer.messages,
      windows: this.window - 1,
      trades: trades.length,
    };
  }

  /** What the chains' watchers will say: the opening deposits, as their vaults number them. */
  private deposits(): void {
    const at = this.firstMinute * MINUTE_MS * 1000;
    const nowhere = { transaction: NO_HASH, block: 0, blockHash: NO_HASH, logIndex: 0 };
    for (const { chainId, custodian } of chains) {
      const numbers = new Map<string, number>();
      for (const { asset, index, amount } of openingDeposits(chainId)) {
        const rail = `${chainId}/${asset}`;
        const number = (numbers.get(asset) ?? 0) + 1;
        numbers.set(asset, number);
        const listed = assets.find((each) => each.asset === asset)!;
        const units = amount * 10n ** BigInt(listed.scale - railScaleOf(listed));
        const body = {
          depositId: `${rail}#${number}`,
          account: index === 0 ? 'guarantee' : accountAt(chainId, asset, index),
          ...{ asset, amount: decimal(units, listed.scale), at },
          chain: { rail, number, ...nowhere },
        };
        const stream = { venue: custodian, topic: 'deposits' as const, key: asset };
        const amountOf = { units, scale: listed.scale };
        this.writer.write(stream, 'novate.deposit.v1', this.window, body, amountOf);
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
    for (const venue of [...venues, ...custodians]) this.writer.close(venue, this.window, endsAt);
    this.window += 1;
  }
}

function accountAt(chainId: number, asset: string, index: number): string {
  const at = places.find(
    (place) => place.chainId === chainId && place.asset === asset && place.index === index,
  );
  return at!.account;
}

/** What venues say themselves; the rest is said by the chains' watchers, where there are chains. */
export function fromVenues(messages: readonly Message[]): readonly Message[] {
  return messages.filter(({ venue }) => !custodians.includes(venue));
}

/** Messages per topic, for the demo's summary. */
export function countByTopic(messages: readonly Message[]): ReadonlyMap<StreamTopic, number> {
  const counts = new Map<StreamTopic, number>();
  for (const { topic } of messages) counts.set(topic, (counts.get(topic) ?? 0) + 1);
  return counts;
}
