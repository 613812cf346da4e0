import type { StreamTopic } from '#events';
import type { InputBody, WireTrade } from '../commands.js';
import { address } from './chain.js';
import { decimal, pick, wrongs } from './choose.js';
import type { Item } from './driver.js';
import type { Choice, Day, History } from './generate.js';
import {
  accounts,
  assets,
  type Bare,
  DAY,
  endOf,
  instruments,
  members,
  setup,
  START,
  venues,
} from './world.js';

type Send = { readonly venue: string; readonly topic: StreamTopic; readonly key: string };
type Totals = Map<
  string,
  { topic: StreamTopic; key: string; count: number; total: bigint; scale: number }
>;

/** Turns random days into the items of one history, numbering streams and totalling windows as venues do. */
class Planner {
  readonly items: Item[] = [];
  private readonly all;
  private readonly sequences = new Map<string, number>();
  private totals = new Map<string, Totals>();
  private readonly sent: { venue: string; trade: WireTrade; item: Item }[] = [];
  private readonly held = new Map<string, bigint>();
  private accepts: Bare[] = [];
  private window = 0;
  private index = 60_000_000n;
  private ids = 0;

  constructor(private readonly history: History) {
    this.all = instruments(history.expiry);
  }

  /** Instruments to choose from: dated ones stay for one window after their end, so that some are refused. */
  private get specs(): typeof this.all {
    return this.all.filter((s) => s.expiry === undefined || this.window <= this.history.expiry + 1);
  }

  plan(): readonly Item[] {
    for (const command of setup(this.history.expiry)) this.items.push({ command });
    for (const day of this.history.days) this.day(day);
    return this.items;
  }

  private day(day: Day): void {
    this.window += 1;
    this.totals = new Map();
    this.index = (this.index * BigInt(10_000 + day.move)) / 10_000n;
    if (this.window === 1) this.opening();
    const half = day.choices.length >> 1;
    for (const choice of day.choices.slice(0, half)) this.choose(choice);
    this.marks(day.marked & 0x3ff);
    for (const choice of day.choices.slice(half)) this.choose(choice);
    this.marks((day.marked >> 10) & 0x3ff);
    this.close(day.abandoned);
  }

  private send(
    to: Send,
    body: InputBody,
    total: bigint,
    scale: number,
    window = this.window,
  ): Item {
    const key = `${to.venue}|${to.topic}|${to.key}`;
    const sequence = (this.sequences.get(key) ?? 0) + 1;
    this.sequences.set(key, sequence);
    const item: Item = { at: { stream: to, sequence, window }, body };
    this.items.push(item);
    // A late message counts in no window, but the venue's next closing names its sequence.
    if (window === this.window) this.count(to, total, scale);
    else this.count(to, 0n, scale, 0);
    return item;
  }

  private count({ venue, topic, key }: Send, total: bigint, scale: number, messages = 1): void {
    const totals: Totals = this.totals.get(venue) ?? new Map();
    this.totals.set(venue, totals);
    const row = totals.get(`${topic}|${key}`) ?? { topic, key, count: 0, total: 0n, scale };
    totals.set(`${topic}|${key}`, {
      ...row,
      count: row.count + messages,
      total: row.total + total,
    });
  }

  private opening(): void {
    for (const [asset, scale] of Object.entries(assets)) {
      this.deposit('guarantee', asset, this.units(asset, this.history.guarantee), scale);
      for (const a of accounts) {
        if (a.opening > 0) this.deposit(a.account, asset, this.units(asset, a.opening) + 7n, scale);
      }
    }
  }

  /** Whole USDT as minor units of an asset, BTC at 60,000. */
  private units(asset: string, whole: number): bigint {
    const perUnit: Record<string, bigint> = { BTC: 1667n, USDT: 100_000_000n, USDC: 100_000_000n };
    return BigInt(whole) * perUnit[asset]!;
  }

  private deposit(account: string, asset: string, units: bigint, scale: number): void {
    if (units === 0n) return;
    const depositId = `DEP-${(this.ids += 1)}`;
    const amount = decimal(units, scale);
    const body: InputBody = {
      type: 'deposit',
      depositId,
      account,
      asset,
      amount,
      at: endOf(this.window),
    };
    this.send({ venue: 'CUSTODY', topic: 'deposits', key: asset }, body, units, scale);
  }

  private price(instrument: number, offset: number): bigint {
    const item = pick(this.specs, instrument);
    const noise = BigInt((offset * 7919) % 997);
    if (item.kind === 'option' || item.kind === 'custom')
      return 2_500_000n + BigInt(offset) * 6_007n + noise;
    return (this.index * BigInt(10_000 + offset)) / 10_000n + noise;
  }

  private marks(bits: number): void {
    this.specs.forEach((item, i) => {
      if ((bits & (1 << i)) === 0) return;
      const price = this.price(i, (bits % 61) - 30);
      const at = START + (this.window - 1) * DAY + (this.ids += 1);
      const venue = pick(item.venues, this.ids);
      const body: InputBody = {
        type: 'mark',
        instrument: item.instrument,
        price: decimal(price, item.priceScale),
        at,
      };
      this.send({ venue, topic: 'marks', key: item.instrument }, body, price, item.priceScale);
    });
  }

  private close(abandoned: boolean): void {
    for (const { venue } of venues) {
      if (abandoned && venue === 'VEN-B') continue;
      const streams = [...(this.totals.get(venue)?.values() ?? [])].map((row) => ({
        topic: row.topic as 'trades',
        key: row.key,
        lastSequence: this.sequences.get(`${venue}|${row.topic}|${row.key}`)!,
        count: row.count,
        controlTotal: decimal(row.total, row.scale),
      }));
      const body: InputBody = { type: 'window-closed', endsAt: endOf(this.window), streams };
      this.send({ venue, topic: 'windows', key: venue }, body, 0n, 0);
    }
    for (const command of this.accepts) this.items.push({ command });
    this.accepts = [];
    const wait = { kind: 'end-wait', window: this.window, endsAt: endOf(this.window) } as const;
    if (abandoned) this.items.push({ command: { ...wait, reason: 'VEN-B is silent' } });
  }

  private choose(c: Choice): void {
    const item = pick(this.specs, c.instrument);
    switch (c.kind) {
      case 'trade':
        return this.trade(c, this.terms(c));
      case 'late':
        return this.trade(c, this.terms(c), Math.max(1, this.window - 1));
      case 'bad':
        return this.trade(c, this.bad(c));
      case 'gap':
        return this.gap(c);
      case 'unreadable':
        return this.unreadable(c);
      case 'funding':
        return this.funding(c);
      case 'deposit':
        return this.deposit(
          pick(accounts, c.one).account,
          'USDT',
          BigInt(c.quantity) * 3_000_001n,
          8,
        );
      case 'again':
      case 'same-id':
      case 'conflict':
      case 'bust':
      case 'correct':
        return this.repeat(c);
      default:
        return this.operate(c, item.instrument);
    }
  }

  private tradesOf(c: Choice): Send & { readonly topic: 'trades' } {
    const key = pick(this.specs, c.instrument).instrument;
    return { venue: this.venueOf(c), topic: 'trades', key };
  }

  private venueOf(c: Choice): string {
    return pick(pick(this.specs, c.instrument).venues, c.venue);
  }

  private terms(c: Choice, tradeId = `T-${(this.ids += 1)}`): WireTrade {
    const item = pick(this.specs, c.instrument);
    const most = BigInt(item.maxOrderQuantity) + 100n;
    const divisor = item.instrument === 'INV-FUT' ? 10n : 1n;
    return {
      tradeId,
      instrument: item.instrument,
      buyer: pick(this.holders(c), c.one).account,
      seller: pick(this.holders(c), c.other).account,
      quantity: decimal(1n + (BigInt(c.quantity) % most) / divisor, item.quantityScale),
      price: decimal(this.price(c.instrument, c.offset), item.priceScale),
      executedAt: endOf(this.window) - 1_000_000,
    };
  }

  /** Accounts that may hold the instrument; one choice in six takes any. */
  private holders(c: Choice): typeof accounts {
    const { instrument } = pick(this.specs, c.instrument);
    const may = accounts.filter((a) => a.isolated === undefined || a.isolated === instrument);
    return c.venue === 5 ? accounts : may;
  }

  private trade(c: Choice, trade: WireTrade, window = this.window): void {
    const venue = this.venueOf(c);
    const to = this.tradesOf(c);
    const item = this.send(
      to,
      { type: 'trade', trade },
      this.quantity(trade),
      this.scale(trade),
      window,
    );
    if (trade.tradeId.startsWith('BAD')) return;
    this.sent.push({ venue, trade, item });
    this.hold(trade.buyer, trade.instrument, this.quantity(trade));
    this.hold(trade.seller, trade.instrument, -this.quantity(trade));
  }

  /** What an account would hold if every trade were accepted: near enough to choose a transfer. */
  private hold(account: string, instrument: string, quantity: bigint): void {
    const key = `${account}|${instrument}`;
    this.held.set(key, (this.held.get(key) ?? 0n) + quantity);
  }

  private scale(trade: WireTrade): number {
    return this.all.find((s) => s.instrument === trade.instrument)?.quantityScale ?? 0;
  }

  private quantity(trade: WireTrade): bigint {
    return /^\d+(\.\d+)?$/.test(trade.quantity) ? BigInt(trade.quantity.replace('.', '')) : 0n;
  }

  private bad(c: Choice): WireTrade {
    const good = this.terms(c, `BAD-${(this.ids += 1)}`);
    return { ...good, ...pick(wrongs(good), c.quantity) };
  }

  private unreadable(c: Choice): void {
    const to = this.tradesOf(c);
    const key = `${to.venue}|${to.topic}|${to.key}`;
    const sequence = (this.sequences.get(key) ?? 0) + 1;
    this.sequences.set(key, sequence);
    this.items.push({ at: { stream: to, sequence, window: this.window }, unreadable: true });
    this.count(to, 0n, pick(this.specs, c.instrument).quantityScale);
  }

  /** A message is lost: its stream waits until the operator accepts the gap at the end of the day. */
  private gap(c: Choice): void {
    const stream = this.tradesOf(c);
    const key = `${stream.venue}|trades|${stream.key}`;
    if (this.accepts.length > 0) return;
    const missing = (this.sequences.get(key) ?? 0) + 1;
    this.sequences.set(key, missing);
    this.accepts.push({ kind: 'accept-gap', stream, to: missing, reason: 'lost at the venue' });
    this.trade(c, this.terms(c));
  }

  private funding(c: Choice): void {
    const item = pick(
      this.specs.filter((s) => s.kind === 'perpetual'),
      c.instrument,
    );
    const units = BigInt(c.offset) * 1_234_567n + 1n;
    const rate = decimal(units, 12);
    const body: InputBody = {
      type: 'funding',
      instrument: item.instrument,
      rate,
      at: endOf(this.window),
    };
    this.send(
      { venue: pick(item.venues, c.venue), topic: 'funding', key: item.instrument },
      body,
      units,
      12,
    );
  }

  /** Messages about a trade that was sent before: one of the last twelve. */
  private repeat(c: Choice): void {
    const recent = this.sent.slice(-12);
    if (recent.length === 0) return;
    const { venue, trade, item } = pick(recent, c.one);
    const to = { venue, topic: 'trades' as const, key: trade.instrument };
    const [quantity, scale] = [this.quantity(trade), this.scale(trade)];
    const changed = { ...trade, quantity: decimal(quantity + 1n, scale) };
    if (c.kind === 'again') this.items.push(item);
    else if (c.kind === 'same-id') this.send(to, { type: 'trade', trade }, quantity, scale);
    else if (c.kind === 'conflict')
      this.send(to, { type: 'trade', trade: changed }, quantity + 1n, scale);
    else if (c.kind === 'bust') this.send(to, { type: 'trade-bust', trade }, quantity, scale);
    else {
      const replacement = { ...changed, tradeId: `T-${(this.ids += 1)}` };
      const body: InputBody = { type: 'trade-correction', trade, replacement };
      const sent = this.send(to, body, quantity, scale);
      this.sent.push({ venue, trade: replacement, item: sent });
    }
  }

  private operate(c: Choice, instrument: string): void {
    const command = this.command(c, instrument);
    if (command !== undefined) this.items.push({ command });
  }

  private command(c: Choice, instrument: string): Bare | undefined {
    const id = (this.ids += 1);
    const account = pick(accounts, c.one).account;
    const other = pick(accounts, c.other).account;
    if (c.kind === 'withdraw') {
      const amount = decimal(BigInt(c.quantity) * 1_000_003n, 8);
      const asset = pick(['USDT', 'BTC'], c.other);
      const withdrawalId = `W-${id}`;
      return {
        kind: 'request-withdrawal',
        withdrawalId,
        account,
        asset,
        amount,
        destination: 'elsewhere',
        to: address(7),
      };
    }
    if (c.kind === 'transfer') return this.transfer(c, `X-${id}`);
    if (c.kind === 'suspend' || c.kind === 'resume') return this.suspension(c, instrument);
    if (c.kind === 'give-up') {
      const recent = this.sent.slice(-12);
      if (recent.length === 0) return undefined;
      const { venue, trade } = pick(recent, c.one);
      const side = c.offset < 0 ? 'buy' : 'sell';
      return { kind: 'propose-give-up', giveUpId: `G-${id}`, venue, trade, side, to: other };
    }
    const giveUpId = this.lastGiveUp();
    if (giveUpId === undefined) return undefined;
    if (c.offset > 200) return { kind: 'reject-give-up', giveUpId, reason: 'not ours' };
    return { kind: 'accept-give-up', giveUpId };
  }

  private transfer(c: Choice, transferId: string): Bare | undefined {
    const held = [...this.held].filter(([, quantity]) => quantity !== 0n);
    if (held.length === 0) return undefined;
    const [key, quantity] = pick(held, c.one);
    const [from, instrument] = key.split('|') as [string, string];
    const part = quantity / BigInt((c.quantity % 5) + 1) || quantity;
    const to = pick(this.holders(c), c.other).account;
    const { quantityScale } = this.all.find((s) => s.instrument === instrument)!;
    this.hold(from, instrument, -part);
    this.hold(to, instrument, part);
    const moved = decimal(part, quantityScale);
    return { kind: 'transfer-position', transferId, from, to, instrument, quantity: moved };
  }

  private lastGiveUp(): string | undefined {
    for (const item of this.items.slice().reverse()) {
      if ('command' in item && item.command.kind === 'propose-give-up')
        return item.command.giveUpId;
    }
    return undefined;
  }

  private suspension(c: Choice, instrument: string): Bare {
    const scope = pick(['venue', 'member', 'instrument'] as const, c.quantity);
    const ids = {
      venue: pick(['VEN-A', 'VEN-B'], c.one),
      member: pick(members, c.one),
      instrument,
    };
    return { kind: c.kind as 'suspend' | 'resume', scope, id: ids[scope], reason: 'drill' };
  }
}

export const planOf = (history: History): readonly Item[] => new Planner(history).plan();
