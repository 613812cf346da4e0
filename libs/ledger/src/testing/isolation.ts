import fc from 'fast-check';
import { type HouseState, initialState, type InputBody } from '#ledger';
import { booksOf } from './check.js';
import { Driver, type Item, numbered } from './driver.js';
import { type Bare, endOf } from './world.js';
import { onChain } from './chain.js';
import { decimal } from './choose.js';

/**
 * The same history twice: once an isolated account takes a losing position it cannot pay for, once a rich stranger takes that
 * very position in its place. Whatever the loss does, every other account must end with the same cash and claims.
 */
export interface Crash {
  /** Quantity of the losing position, and the opening cash of the isolated account in whole USDT. */
  readonly quantity: number;
  readonly cash: number;
  readonly guarantee: number;
  /** Index moves in basis points: before the fall, the fall, and after it. */
  readonly before: readonly number[];
  readonly fall: number;
  readonly after: readonly number[];
  /** Trades among the others: day, instrument, buyer, seller, quantity. */
  readonly trades: readonly (readonly [number, number, number, number, number])[];
  /** Whole USDT paid in after the fall, of which the debt is repaid. */
  readonly repaid: number;
  readonly short: boolean;
}

const moves = fc.array(fc.integer({ min: -200, max: 200 }), { minLength: 1, maxLength: 4 });
export const crash: fc.Arbitrary<Crash> = fc.record<Crash>({
  quantity: fc.integer({ min: 5_000, max: 40_000 }),
  cash: fc.integer({ min: 1, max: 400 }),
  guarantee: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 3_000 })),
  before: moves,
  fall: fc.integer({ min: 2_000, max: 6_000 }),
  after: moves,
  trades: fc.array(
    fc.tuple(fc.nat(8), fc.nat(1), fc.nat(3), fc.nat(3), fc.integer({ min: 1, max: 9_999 })),
    {
      maxLength: 20,
    },
  ),
  repaid: fc.integer({ min: 0, max: 2_000 }),
  short: fc.boolean(),
});

const instruments = ['LINEAR', 'OTHER'];
/** The isolated account's member also has SISTER, which trades on the first day only: a member that owes may not. */
const others = ['WINNER', 'NEIGHBOUR', 'SISTER'];
const deposits: Readonly<Record<string, number>> = {
  WINNER: 900_000,
  NEIGHBOUR: 900_000,
  SISTER: 900_000,
  RICH: 900_000,
};

function setup(): readonly Bare[] {
  const account = (id: string, member: string): Bare => ({
    kind: 'open-account',
    account: id,
    member,
    segregation: 'house',
    margin: id === 'ALONE' ? 'isolated' : 'cross',
    ...(id === 'ALONE' ? { isolatedInstrument: 'LINEAR' } : {}),
  });
  return [
    { kind: 'register-asset', asset: 'USDT', scale: 8 },
    ...['MA', 'MB', 'MC', 'MD'].map((member): Bare => ({
      kind: 'register-member',
      member,
      name: member,
    })),
    { kind: 'register-venue', venue: 'VENUE', venueKind: 'trading', mode: 'novation' },
    { kind: 'register-venue', venue: 'CUSTODY', venueKind: 'custodian', mode: 'novation' },
    ...instruments.map((instrument): Bare => ({
      kind: 'list-instrument',
      spec: {
        instrument,
        kind: 'perpetual',
        payoff: 'linear',
        venues: ['VENUE'],
        settlementAsset: 'USDT',
        priceScale: 3,
        quantityScale: 3,
        contractSize: '37',
        contractSizeScale: 4,
        tick: '1',
        lot: '1',
        maxOrderQuantity: '1000000',
        positionLimit: '100000000',
        feePpm: 173,
        allowsNegativePrice: false,
        settlementRule: { kind: 'last', marks: 1 },
      },
    })),
    account('ALONE', 'MA'),
    account('SISTER', 'MA'),
    account('WINNER', 'MB'),
    account('NEIGHBOUR', 'MC'),
    account('RICH', 'MD'),
    ...onChain('CUSTODY', { USDT: 8 }, ['ALONE', 'SISTER', 'WINNER', 'NEIGHBOUR', 'RICH']),
  ];
}

class History {
  readonly items: Item[] = setup().map((command) => ({ command }));
  private readonly sequences = new Map<string, number>();
  private window = 1;
  private price = 60_000_001n;
  private ids = 0;

  send(topic: 'trades' | 'deposits' | 'marks' | 'windows', key: string, body: InputBody): void {
    const venue = topic === 'deposits' || key === 'CUSTODY' ? 'CUSTODY' : 'VENUE';
    const id = `${venue}|${topic}|${key}`;
    const sequence = (this.sequences.get(id) ?? 0) + 1;
    this.sequences.set(id, sequence);
    this.items.push({ at: { stream: { venue, topic, key }, sequence, window: this.window }, body });
  }

  deposit(account: string, whole: number): void {
    if (whole === 0) return;
    const amount = `${whole}.00000001`;
    const body = {
      depositId: `D-${(this.ids += 1)}`,
      account,
      asset: 'USDT',
      amount,
      at: endOf(this.window),
    };
    this.send('deposits', 'USDT', { type: 'deposit', ...body });
  }

  trade(instrument: string, buyer: string, seller: string, quantity: number): void {
    const trade = {
      tradeId: `T-${(this.ids += 1)}`,
      instrument,
      buyer,
      seller,
      quantity: decimal(BigInt(quantity), 3),
      price: decimal(this.price, 3),
      executedAt: endOf(this.window),
    };
    this.send('trades', instrument, { type: 'trade', trade });
  }

  /** Moves the index and ends the window. */
  end(move: number): void {
    this.price += (this.price * BigInt(move)) / 10_000n;
    for (const instrument of instruments) {
      const price = decimal(this.price, 3);
      this.send('marks', instrument, { type: 'mark', instrument, price, at: endOf(this.window) });
    }
    for (const venue of ['VENUE', 'CUSTODY']) {
      this.send('windows', venue, {
        type: 'window-closed',
        endsAt: endOf(this.window),
        streams: [],
      });
    }
    this.window += 1;
  }
}

function itemsOf(random: Crash, holder: 'ALONE' | 'RICH'): readonly Item[] {
  const history = new History();
  for (const [account, whole] of Object.entries(deposits)) history.deposit(account, whole);
  history.deposit('guarantee', random.guarantee);
  history.deposit('ALONE', random.cash);
  const [buyer, seller] = random.short ? ['WINNER', holder] : [holder, 'WINNER'];
  history.trade('LINEAR', buyer!, seller!, random.quantity);
  const fall = random.short ? random.fall : -random.fall;
  const all = [...random.before, fall, ...random.after];
  all.forEach((move, day) => {
    const names = day === 0 ? others : others.slice(0, 2);
    for (const [when, instrument, one, other, quantity] of random.trades) {
      const [a, b] = [names[one % names.length]!, names[other % names.length]!];
      if (when === day) history.trade(instruments[instrument]!, a, b, quantity);
    }
    if (day === random.before.length + 1) history.deposit('ALONE', random.repaid);
    history.end(move);
  });
  return history.items;
}

/** Cash plus claim of the accounts that are in both histories, and the same member's cross account. */
function wealth(state: HouseState): Record<string, bigint> {
  const books = booksOf(state);
  const of = (name: string): bigint =>
    (books.get(`USDT|A/${name}/cash`) ?? 0n) + (books.get(`USDT|A/${name}/claim`) ?? 0n);
  return Object.fromEntries(others.map((name) => [name, of(name)]));
}

/** Wealth of the others after every window, and whose shortfalls there were. */
export function lives(
  random: Crash,
  holder: 'ALONE' | 'RICH',
): {
  readonly wealth: readonly Record<string, bigint>[];
  readonly debtors: readonly string[];
} {
  const state = initialState();
  const after: Record<string, bigint>[] = [];
  const debtors: string[] = [];
  const driver = new Driver(state, (events) => {
    for (const event of events) {
      if (event.type === 'ShortfallRecorded') debtors.push(event.data.account);
      if (event.type === 'CycleCompleted') after.push(wealth(state));
    }
  });
  for (const entry of numbered(itemsOf(random, holder))) driver.submit(entry);
  return { wealth: after, debtors };
}
