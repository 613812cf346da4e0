import type { AnyNewEvent, InputSource, InstrumentSpec, StreamTopic } from '#events';
import { actorOf, evidence, onChain } from './chain.js';
import { posting } from '../books.js';
import { fact } from '../decide/context.js';
import {
  accountBook,
  type Assess,
  type Command,
  evolve,
  expectedSequence,
  house,
  type HouseState,
  initialState,
  type InputBody,
  step,
} from '../index.js';

/** Evidence of a message nobody sent. */
export const noSource = (): InputSource => ({
  channel: 'http',
  sha256: '00',
  bytes: 0,
  value: '',
  truncated: false,
});

/** A linear perpetual of one BTC, priced to the cent; override what a test is about. */
export function spec(overrides: Partial<InstrumentSpec> = {}): InstrumentSpec {
  return {
    instrument: 'BTC-PERP',
    kind: 'perpetual',
    payoff: 'linear',
    venues: ['V1'],
    settlementAsset: 'USDT',
    priceScale: 2,
    quantityScale: 3,
    contractSize: '1',
    contractSizeScale: 0,
    tick: '1',
    lot: '1',
    maxOrderQuantity: '1000000',
    positionLimit: '5000000',
    feePpm: 0,
    allowsNegativePrice: false,
    settlementRule: { kind: 'last', marks: 1 },
    ...overrides,
  };
}

/** A clearing house driven like its users drive it: numbers its streams and closes its windows by itself. */
export class TestHouse {
  readonly state: HouseState = initialState();
  readonly events: AnyNewEvent[] = [];
  /** Assesses every cut, where it is set. */
  assess: Assess | undefined;
  private readonly sequences = new Map<string, number>();
  private commands = 0;

  /** Runs a command of a member or operator; returns its reject code, if any. */
  ask(command: Record<string, unknown> & { kind: string }): string | undefined {
    this.commands += 1;
    const base = { commandId: `C${this.commands}`, actor: 'test', occurredAt: 1 };
    return this.run({ ...base, ...command } as Command);
  }

  /** Sends the next input of a stream; returns its reject code, if any. */
  send(
    venue: string,
    topic: StreamTopic,
    key: string,
    body: InputBody,
    sequence?: number,
    window?: number,
  ): string | undefined {
    const id = `${venue}|${topic}|${key}`;
    const next = sequence ?? (this.sequences.get(id) ?? 0) + 1;
    if (sequence === undefined) this.sequences.set(id, next);
    const at = {
      stream: { venue, topic, key },
      sequence: next,
      window: window ?? this.state.openWindow,
    };
    return this.run({ kind: 'input', at, body, actor: venue, source: noSource });
  }

  run(command: Command): string | undefined {
    const decision = step(this.state, command, this.assess);
    this.events.push(...decision.events);
    return decision.rejection?.code;
  }

  trade(id: string, buyer: string, seller: string, quantity: string, price: string, more = {}) {
    const trade = this.terms(id, buyer, seller, quantity, price, more);
    return this.send('V1', 'trades', trade.instrument, { type: 'trade', trade });
  }

  terms(id: string, buyer: string, seller: string, quantity: string, price: string, more = {}) {
    const base = { instrument: 'BTC-PERP', executedAt: 1 };
    return { tradeId: id, buyer, seller, quantity, price, ...base, ...more };
  }

  mark(price: string, instrument = 'BTC-PERP') {
    return this.send('V1', 'marks', instrument, { type: 'mark', instrument, price, at: 1 });
  }

  deposit(account: string, amount: string, asset = 'USDT') {
    const number = (this.sequences.get(`custody|deposits|${asset}`) ?? 0) + 1;
    const body = { type: 'deposit', account, asset, amount, at: 1 } as const;
    return this.send('custody', 'deposits', asset, { ...body, ...evidence(asset, number) });
  }

  /** A deposit as a house recorded it before nothing but a chain watcher could credit one. */
  oldDeposit(account: string, amount: bigint, asset = 'USDT'): void {
    const stream = { venue: 'custody', topic: 'deposits', key: asset } as const;
    const sequence = expectedSequence(this.state, stream);
    const at = { stream, sequence, window: this.state.openWindow };
    const postings = [posting(house.external, accountBook(account, 'cash'), asset, amount)];
    const what = { depositId: `D${sequence}`, account, asset, amount: `${amount}`, postings };
    const event = fact(
      { source: `old|${asset}|${sequence}`, actor: 'custody', occurredAt: 1 },
      0,
      'DepositRecorded',
      { ...at, ...what },
    );
    evolve(this.state, event);
    this.events.push(event);
  }

  /** Every venue closes the open window, honestly; returns the events of the cut. */
  cut(endsAt = this.state.openWindow * 60_000_000): AnyNewEvent[] {
    const before = this.events.length;
    for (const venue of [...this.state.venues.keys()]) {
      const body = { type: 'window-closed', endsAt, streams: [] } as const;
      this.send(venue, 'windows', venue, body);
    }
    return this.events.slice(before);
  }

  book(account: string, book = 'cash', asset = 'USDT'): bigint {
    return this.state.books.get(asset)?.get(`A/${account}/${book}`) ?? 0n;
  }
}

/**
 * Assets USDT and BTC on a chain each, members M1..M3 with an account each (M1-H, ...), venue V1, custodian, one perpetual.
 */
export function openHouse(listed: readonly InstrumentSpec[] = [spec()]): TestHouse {
  const opened = openAs(new TestHouse(), listed);
  const accounts = [...opened.state.accounts.keys()];
  for (const command of onChain('custody', { USDT: 8, BTC: 8 }, accounts)) {
    opened.ask({ ...command, actor: actorOf(command) });
  }
  return opened;
}

/** The same before any of its assets is on a chain. */
export function openAs<H extends TestHouse>(
  house: H,
  listed: readonly InstrumentSpec[] = [spec()],
): H {
  for (const asset of ['USDT', 'BTC']) house.ask({ kind: 'register-asset', asset, scale: 8 });
  for (const [venue, venueKind] of [
    ['V1', 'trading'],
    ['custody', 'custodian'],
  ]) {
    house.ask({ kind: 'register-venue', venue, venueKind, mode: 'novation' });
  }
  for (const instrument of listed) house.ask({ kind: 'list-instrument', spec: instrument });
  for (const member of ['M1', 'M2', 'M3']) {
    house.ask({ kind: 'register-member', member, name: member });
    const account = { account: `${member}-H`, member, segregation: 'house', margin: 'cross' };
    house.ask({ kind: 'open-account', ...account });
  }
  return house;
}
