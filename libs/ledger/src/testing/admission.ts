import type { AnyNewEvent, InstrumentSpec, TradeTerms } from '#events';
import { accounts } from './world.js';

/**
 * The admission rules once more: which trades a suspension, an unpaid obligation or a limit lets pass. The base of each check is
 * the position at the last cut, moves of the operator, and what this venue traded since.
 */
export class NaiveAdmission {
  private readonly specs = new Map<string, InstrumentSpec>();
  private readonly suspended = new Set<string>();
  private readonly expired = new Set<string>();
  private indebted = new Set<string>();
  private atCut = new Map<string, bigint>();
  private since = new Map<string, bigint>();
  private readonly giveUps = new Map<
    string,
    { terms: TradeTerms; venue: string; side: string; to: string }
  >();
  private readonly tradedIn = new Map<string, number>();
  private readonly carriers = new Map<string, { buyer: string; seller: string }>();
  private window = 1;

  /** Called before the fact is folded; throws where a trade should not have passed. */
  record(event: AnyNewEvent): void {
    const { type, data } = event;
    if (type === 'InstrumentListed') this.specs.set(data.spec.instrument, data.spec);
    else if (type === 'SuspensionChanged') {
      if (data.suspended) this.suspended.add(`${data.scope}|${data.id}`);
      else this.suspended.delete(`${data.scope}|${data.id}`);
    } else if (type === 'TradeNovated') {
      this.need(data.stream.venue, data);
      this.move(data.stream.venue, data, 1n);
    } else if (type === 'TradeBusted') this.move(data.stream.venue, data, -1n);
    else if (type === 'TradeCorrected') {
      this.need(data.stream.venue, data.replacement, data);
      this.move(data.stream.venue, data, -1n);
      this.move(data.stream.venue, data.replacement, 1n);
    } else if (type === 'GiveUpProposed') this.giveUps.set(data.giveUpId, data);
    else if (type === 'GiveUpAccepted') this.giveUp(data.giveUpId);
    else if (type === 'PositionTransferred') {
      this.moved(data.from, data.instrument, -BigInt(data.quantity));
      this.moved(data.to, data.instrument, BigInt(data.quantity));
    } else if (type === 'InstrumentExpired') this.expired.add(data.instrument);
  }

  /** After a cut: the positions and the members who owe. */
  cut(positions: ReadonlyMap<string, bigint>, books: ReadonlyMap<string, bigint>): void {
    this.atCut = new Map(positions);
    this.since = new Map();
    this.window += 1;
    const debtors = [...books.keys()]
      .filter((key) => key.endsWith('/debt'))
      .map((key) => key.split('/')[1]);
    this.indebted = new Set(
      accounts.filter((a) => debtors.includes(a.account)).map((a) => a.member),
    );
  }

  /** A give-up counts with its venue in the trade's own cycle, afterwards with the position at the cut. */
  private giveUp(id: string): void {
    const { terms, venue, side, to } = this.giveUps.get(id)!;
    const own = this.tradedIn.get(`${venue}|${terms.tradeId}`) === this.window ? venue : undefined;
    const signed = side === 'buy' ? BigInt(terms.quantity) : -BigInt(terms.quantity);
    this.carriers.get(`${venue}|${terms.tradeId}`)![side === 'buy' ? 'buyer' : 'seller'] = to;
    this.moved(side === 'buy' ? terms.buyer : terms.seller, terms.instrument, -signed, own);
    this.moved(to, terms.instrument, signed, own);
  }

  private moved(account: string, instrument: string, quantity: bigint, venue?: string): void {
    const key = `${account}|${instrument}`;
    if (venue === undefined) this.atCut.set(key, (this.atCut.get(key) ?? 0n) + quantity);
    else this.since.set(`${venue}|${key}`, (this.since.get(`${venue}|${key}`) ?? 0n) + quantity);
  }

  private move(venue: string, terms: TradeTerms, sign: bigint): void {
    const trade = `${venue}|${terms.tradeId}`;
    if (sign > 0n) {
      this.tradedIn.set(trade, this.window);
      this.carriers.set(trade, { buyer: terms.buyer, seller: terms.seller });
    }
    const { buyer, seller } = this.carriers.get(trade)!;
    const quantity = BigInt(terms.quantity) * sign;
    this.moved(buyer, terms.instrument, quantity, venue);
    this.moved(seller, terms.instrument, -quantity, venue);
  }

  /** What a corrected trade gave this account, carried by whoever took it over. */
  private replacedOf(venue: string, replaced: TradeTerms | undefined, account: string): bigint {
    if (replaced === undefined) return 0n;
    const { buyer, seller } = this.carriers.get(`${venue}|${replaced.tradeId}`)!;
    const quantity = BigInt(replaced.quantity);
    return (buyer === account ? quantity : 0n) - (seller === account ? quantity : 0n);
  }

  private need(venue: string, terms: TradeTerms, replaced?: TradeTerms): void {
    const spec = this.specs.get(terms.instrument)!;
    const quantity = BigInt(terms.quantity);
    const fail = (why: string): never => {
      throw new Error(`${terms.tradeId} should not have passed: ${why}`);
    };
    if (terms.tradeId.startsWith('BAD')) fail('malformed');
    if (this.expired.has(terms.instrument)) fail('expired');
    if (quantity > BigInt(spec.maxOrderQuantity)) fail('order size');
    for (const [name, signed] of [
      [terms.buyer, quantity],
      [terms.seller, -quantity],
    ] as const) {
      const account = accounts.find((a) => a.account === name)!;
      if (account.isolated !== undefined && account.isolated !== terms.instrument) fail('isolated');
      const key = `${name}|${terms.instrument}`;
      const before = (this.atCut.get(key) ?? 0n) + (this.since.get(`${venue}|${key}`) ?? 0n);
      const after = before - this.replacedOf(venue, replaced, name) + signed;
      const [size, was] = [after < 0n ? -after : after, before < 0n ? -before : before];
      const reduces = size <= was && after * before >= 0n;
      if (size > was && size > BigInt(spec.positionLimit)) fail(`position limit of ${name}`);
      if (reduces) continue;
      const stops = [
        `venue|${venue}`,
        `instrument|${terms.instrument}`,
        `member|${account.member}`,
      ];
      for (const stop of stops) if (this.suspended.has(stop)) fail(`${stop} is suspended`);
      if (this.indebted.has(account.member)) fail(`${account.member} owes`);
    }
  }
}
