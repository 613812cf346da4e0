import type { AnyNewEvent, EventData, InstrumentSpec, TradeTerms } from '#events';
import { type Amounts, type Book, type Flow, NaiveMoney } from './naive-money.js';
import {
  add,
  ceil,
  divide,
  floor,
  fromUnits,
  halfEven,
  multiply,
  negate,
  type Rational,
  rational,
  subtract,
  zero,
} from './rational.js';
import { accounts as worldAccounts } from './world.js';

/**
 * The rule book once more, slow and plain: it keeps every trade ever made and computes each number of a cycle from that
 * list with exact fractions. It reads the terms of the facts and none of the numbers the ledger computed.
 */

/** One side of a trade, transfer or reversal, at the price it was done. */
interface Leg {
  readonly account: string;
  readonly quantity: bigint;
  readonly price: bigint;
  /** Charged a fee; a bust in the same cycle takes it back. */
  readonly fee: boolean;
  /** The trade this leg belongs to, so that a bust can take it out. */
  readonly trade?: string;
}
interface Traded {
  readonly terms: TradeTerms;
  readonly window: number;
  /** Who holds the two sides now. */
  buyer: string;
  seller: string;
}
interface Price {
  readonly price: bigint;
  readonly freshCycle: number;
}
interface GiveUp {
  readonly terms: TradeTerms;
  readonly venue: string;
  readonly side: 'buy' | 'sell';
  readonly to: string;
}
type Mark = EventData['MarkRecorded'];

const GUARD = 12;
const MILLION = rational(1_000_000n);
const sum = (values: readonly bigint[]): bigint => values.reduce((a, b) => a + b, 0n);
const total = (values: readonly Rational[]): Rational => values.reduce(add, zero);

/** Everything of one instrument. */
class NaiveInstrument {
  legs: Leg[] = [];
  delivered = new Map<string, bigint>();
  settled = new Map<string, bigint>();
  charged = new Map<string, bigint>();
  price: Price | undefined;
  marks: Mark[] = [];
  rates: bigint[] = [];
  expired = false;

  constructor(
    readonly spec: InstrumentSpec,
    private readonly scale: number,
  ) {}

  get upfront(): boolean {
    return (this.spec.option ?? this.spec.custom)?.premium === 'upfront';
  }

  names(): readonly string[] {
    return [...new Set(this.legs.map((leg) => leg.account))].sort();
  }

  held(account: string): bigint {
    const traded = this.legs.filter((leg) => leg.account === account).map((leg) => leg.quantity);
    return sum(traded) - (this.delivered.get(account) ?? 0n);
  }

  /** Exact value of a signed quantity at a price in minor units of the settlement asset. */
  value(quantity: bigint, price: bigint): Rational {
    const { quantityScale, contractSize, contractSizeScale, priceScale, payoff } = this.spec;
    const size = fromUnits(BigInt(contractSize), contractSizeScale);
    const contracts = multiply(fromUnits(quantity, quantityScale), size);
    const p = fromUnits(price, priceScale);
    const minor = rational(10n ** BigInt(this.scale));
    if (payoff === 'linear') return multiply(multiply(contracts, p), minor);
    const guard = rational(10n ** BigInt(GUARD));
    const exact = multiply(multiply(divide(contracts, p), minor), guard);
    return divide(rational(halfEven(exact)), guard);
  }

  /** The table of the rule book. */
  cumulative(account: string): Rational {
    const legs = this.legs.filter((leg) => leg.account === account);
    const paid = total(legs.map((leg) => this.value(leg.quantity, leg.price)));
    if (this.upfront || this.spec.kind === 'spot') return negate(paid);
    const worth = this.value(this.held(account), this.price!.price);
    return this.spec.payoff === 'linear' ? subtract(worth, paid) : subtract(paid, worth);
  }

  /** Floor of the cumulative value minus what was settled before. */
  advance(account: string, exact: Rational): bigint {
    const now = floor(exact);
    const amount = now - (this.settled.get(account) ?? 0n);
    this.settled.set(account, now);
    return amount;
  }

  fee(account: string): bigint {
    const legs = this.legs.filter((leg) => leg.account === account && leg.fee);
    const notional = total(
      legs.map((leg) => this.value(leg.quantity < 0n ? -leg.quantity : leg.quantity, leg.price)),
    );
    const due = ceil(divide(multiply(notional, rational(BigInt(this.spec.feePpm))), MILLION));
    const amount = due - (this.charged.get(account) ?? 0n);
    this.charged.set(account, due);
    return -amount;
  }

  /** Settles the price of the window by the stated rule; without marks it is carried. */
  settlePrice(cycle: number): void {
    if (this.marks.length === 0) return;
    const marks = this.marks.sort((a, b) => a.at - b.at);
    const { kind, marks: count } = this.spec.settlementRule;
    const last = marks.slice(kind === 'last' ? -1 : -count).map((mark) => BigInt(mark.price));
    const ordered = last.sort((a, b) => (a < b ? -1 : 1));
    this.price = { price: ordered[(ordered.length - 1) >> 1]!, freshCycle: cycle };
  }

  payoff(underlying: bigint): bigint {
    const { option, custom } = this.spec;
    if (option !== undefined) {
      const gain =
        option.type === 'call'
          ? underlying - BigInt(option.strike)
          : BigInt(option.strike) - underlying;
      return gain > 0n ? gain : 0n;
    }
    const knots = custom!.knots.map((k) => [BigInt(k.underlying), BigInt(k.value)] as const);
    const right = knots.findIndex(([x]) => underlying <= x);
    if (right === 0) return knots[0]![1];
    if (right === -1) return knots.at(-1)![1];
    const [[x0, y0], [x1, y1]] = [knots[right - 1]!, knots[right]!];
    return halfEven(add(rational(y0), rational((y1 - y0) * (underlying - x0), x1 - x0)));
  }
}

export class NaiveHouse {
  readonly money: NaiveMoney;
  readonly instruments = new Map<string, NaiveInstrument>();
  window = 1;
  private readonly scales = new Map<string, number>();
  private readonly traded = new Map<string, Traded>();
  private readonly giveUps = new Map<string, GiveUp>();

  constructor(accounts: readonly string[] = worldAccounts.map((a) => a.account)) {
    this.money = new NaiveMoney(accounts);
  }

  // ---------------------------------------------------------------- facts

  record(event: AnyNewEvent): void {
    const { type, data } = event;
    if (type === 'AssetRegistered') this.scales.set(data.asset, data.scale);
    else if (type === 'InstrumentListed') {
      const { spec } = data;
      this.instruments.set(
        spec.instrument,
        new NaiveInstrument(spec, this.scales.get(spec.settlementAsset)!),
      );
    } else if (type === 'TradeNovated') this.trade(data.stream.venue, data);
    else if (type === 'TradeBusted') this.bust(data.stream.venue, data);
    else if (type === 'TradeCorrected') {
      this.bust(data.stream.venue, data);
      this.trade(data.stream.venue, data.replacement);
    } else if (type === 'DepositRecorded')
      this.money.deposit(data.asset, data.account, BigInt(data.amount));
    else if (type === 'MarkRecorded') this.of(data.instrument).marks.push(data);
    else if (type === 'FundingRateRecorded') this.of(data.instrument).rates.push(BigInt(data.rate));
    else if (type === 'WithdrawalRequested') this.money.request(data);
    else if (type === 'WithdrawalReserved') this.money.reserve(data.withdrawalId);
    else if (type === 'SettlementLegDue') this.money.carry(data.withdrawals);
    else if (type === 'WithdrawalSettled') this.money.gone(data.withdrawalId);
    else if (type === 'PositionTransferred') {
      this.move(
        data.instrument,
        data.from,
        data.to,
        BigInt(data.quantity),
        // Free of payment: an upfront premium was paid once and for all.
        this.of(data.instrument).upfront ? 0n : this.settledPrice(data.instrument),
      );
    } else if (type === 'GiveUpProposed') this.giveUps.set(data.giveUpId, data);
    else if (type === 'GiveUpAccepted') this.giveUp(data.giveUpId);
  }

  private of(instrument: string): NaiveInstrument {
    return this.instruments.get(instrument)!;
  }

  private settledPrice(instrument: string): bigint {
    return this.of(instrument).price!.price;
  }

  private leg(instrument: string, leg: Leg): void {
    this.of(instrument).legs.push(leg);
  }

  private trade(venue: string, terms: TradeTerms): void {
    // An id may be used again once its horizon is over: the window tells the two trades apart.
    const trade = `${venue}|${terms.tradeId}|${this.window}`;
    const [quantity, price] = [BigInt(terms.quantity), BigInt(terms.price)];
    const { buyer, seller } = terms;
    this.traded.set(`${venue}|${terms.tradeId}`, { terms, window: this.window, buyer, seller });
    this.leg(terms.instrument, { account: terms.buyer, quantity, price, fee: true, trade });
    this.leg(terms.instrument, {
      account: terms.seller,
      quantity: -quantity,
      price,
      fee: true,
      trade,
    });
  }

  private bust(venue: string, { tradeId }: TradeTerms): void {
    const { terms, window, buyer, seller } = this.traded.get(`${venue}|${tradeId}`)!;
    const trade = `${venue}|${tradeId}|${window}`;
    const instrument = this.of(terms.instrument);
    if (window === this.window) {
      instrument.legs = instrument.legs.filter((leg) => leg.trade !== trade);
      return;
    }
    const price = this.settledPrice(terms.instrument);
    this.move(terms.instrument, buyer, seller, BigInt(terms.quantity), price);
  }

  private move(
    instrument: string,
    from: string,
    to: string,
    quantity: bigint,
    price: bigint,
    trade = '',
  ): void {
    this.leg(instrument, { account: from, quantity: -quantity, price, fee: false, trade });
    this.leg(instrument, { account: to, quantity, price, fee: false, trade });
  }

  private giveUp(id: string): void {
    const { terms, venue, side, to } = this.giveUps.get(id)!;
    const traded = this.traded.get(`${venue}|${terms.tradeId}`)!;
    const { window } = traded;
    const trade = `${venue}|${terms.tradeId}|${window}`;
    const price =
      window === this.window ? BigInt(terms.price) : this.settledPrice(terms.instrument);
    const signed = side === 'buy' ? BigInt(terms.quantity) : -BigInt(terms.quantity);
    const carried = side === 'buy' ? 'buyer' : 'seller';
    this.move(terms.instrument, terms[carried], to, signed, price, trade);
    traded[carried] = to;
  }

  // ---------------------------------------------------------------- the cut

  /** The whole cut of the open window. Amounts are keyed `reason|instrument|asset|account`, zeros left out. */
  cut(endsAt: number): Amounts {
    const flows: Flow[] = [];
    const books = [...this.instruments.values()].filter((book) => !book.expired);
    for (const book of books) book.settlePrice(this.window);
    const over = books.filter(
      (book) => book.spec.expiry !== undefined && endsAt >= book.spec.expiry,
    );
    const ending = over.filter((book) => this.settlePayoff(book));
    for (const book of books) flows.push(...this.obligations(book, ending.includes(book)));
    for (const book of books) [book.marks, book.rates] = [[], []];
    for (const book of ending) this.expire(book);
    this.money.settle(flows);
    this.window += 1;
    return amountsOf(flows);
  }

  /** The final price; false where there is none yet: expiry waits for it. */
  private settlePayoff(book: NaiveInstrument): boolean {
    if (book.spec.option === undefined && book.spec.custom === undefined)
      return book.price !== undefined;
    const underlying = this.of(book.spec.underlying!).price;
    if (underlying === undefined) return false;
    book.price = { price: book.payoff(underlying.price), freshCycle: underlying.freshCycle };
    return true;
  }

  private obligations(book: NaiveInstrument, ends: boolean): readonly Flow[] {
    const { spec } = book;
    const flows: Flow[] = [];
    const asset = spec.settlementAsset;
    const put = (
      reason: string,
      account: string,
      amount: bigint,
      to: Book = 'rounding',
      of = asset,
    ): void => {
      flows.push({ reason, instrument: spec.instrument, asset: of, account, amount, to });
    };
    for (const account of book.names()) {
      if (spec.kind === 'spot') this.deliver(book, account, put);
      else if (book.upfront) {
        const paid = book.cumulative(account);
        const payoff = ends ? book.value(book.held(account), book.price!.price) : zero;
        put(ends ? 'exercise' : 'premium', account, book.advance(account, add(paid, payoff)));
      } else if (book.price !== undefined) {
        put('variation-margin', account, book.advance(account, book.cumulative(account)));
      }
      if (book.price !== undefined) put('funding', account, this.funding(book, account));
      put('fees', account, book.fee(account), 'fees');
    }
    return flows;
  }

  private deliver(
    book: NaiveInstrument,
    account: string,
    put: (reason: string, account: string, amount: bigint, to?: Book, of?: string) => void,
  ): void {
    put('delivery', account, book.advance(account, book.cumulative(account)));
    const { baseAsset, contractSize, quantityScale, contractSizeScale } = book.spec;
    const held = book.held(account);
    const units = multiply(
      fromUnits(held * BigInt(contractSize), quantityScale + contractSizeScale),
      rational(10n ** BigInt(this.scales.get(baseAsset!)!)),
    );
    put('delivery', account, floor(units), 'rounding', baseAsset!);
    book.delivered.set(account, (book.delivered.get(account) ?? 0n) + held);
  }

  private funding(book: NaiveInstrument, account: string): bigint {
    const rate = fromUnits(sum(book.rates), 12);
    return floor(negate(multiply(book.value(book.held(account), book.price!.price), rate)));
  }

  private expire(book: NaiveInstrument): void {
    book.expired = true;
    book.legs = [];
    book.settled.clear();
    book.charged.clear();
  }

  /** Keyed `account|instrument`, zeros left out. */
  positions(): Amounts {
    const out = new Map<string, bigint>();
    for (const [id, book] of this.instruments) {
      for (const account of book.names()) {
        const held = book.held(account);
        if (held !== 0n) out.set(`${account}|${id}`, held);
      }
    }
    return out;
  }

  prices(): Amounts {
    const priced = [...this.instruments].filter(([, book]) => book.price !== undefined);
    return new Map(priced.map(([id, book]) => [id, book.price!.price]));
  }

  /** Positions beyond their limit after the cut, keyed `account|instrument`. */
  breaches(): Amounts {
    const beyond = [...this.positions()].filter(([key, held]) => {
      const limit = BigInt(this.of(key.split('|')[1]!).spec.positionLimit);
      return held > limit || -held > limit;
    });
    return new Map(beyond);
  }
}

function amountsOf(flows: readonly Flow[]): Amounts {
  const amounts = new Map<string, bigint>();
  for (const flow of flows) {
    if (flow.amount === 0n) continue;
    const key = `${flow.reason}|${flow.instrument}|${flow.asset}|${flow.account}`;
    amounts.set(key, (amounts.get(key) ?? 0n) + flow.amount);
  }
  return amounts;
}
