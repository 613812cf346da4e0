import { Feed } from '../testing/feed.js';
import type { FeedMessage } from '../testing/feed.js';
import { instruments } from '../testing/house.js';
import type { WireMessage } from './broker.js';
import type { Random } from './random.js';

/** What the senders of one run will send: to the broker in this order, over HTTP one after the other. */
export interface Day {
  readonly windows: number;
  readonly toBroker: readonly WireMessage[];
  readonly overHttp: readonly WireMessage[];
  /** Members an operator registers meanwhile. */
  readonly members: readonly string[];
}

const accounts = ['M1-H', 'M2-H', 'M3-H'] as const;
const OVERSIZE = Buffer.alloc(1_048_576, ' ');

/** How long a day is: least and most windows, and least and most trades per instrument and window. */
export interface DaySize {
  readonly windows: readonly [number, number];
  readonly trades: readonly [number, number];
}

const SMALL: DaySize = { windows: [1, 3], trades: [1, 4] };

/** A trading day with everything that senders get wrong. */
export function dayOf(random: Random, size = SMALL): Day {
  return new DayMaker(random, size).make();
}

class DayMaker {
  private readonly feed = new Feed();
  private readonly toBroker: WireMessage[] = [];
  private readonly overHttp: WireMessage[] = [];
  /** Per stream of the open window: what its closing will name. */
  private sent = new Map<string, { last: number; count: number }>();
  private trades = 0;

  constructor(
    private readonly random: Random,
    private readonly size: DaySize,
  ) {}

  make(): Day {
    const windows = this.random.between(...this.size.windows);
    for (let window = 1; window <= windows; window += 1) this.window();
    const members = Array.from({ length: this.random.below(3) }, (_, i) => `N${i + 1}`);
    const toBroker = shuffled(this.random, this.disturbed());
    return { windows, toBroker, overHttp: this.overHttp, members };
  }

  private window(): void {
    const { feed, random } = this;
    this.deposits();
    for (let i = random.between(...this.size.trades); i > 0; i -= 1) {
      for (const instrument of instruments) {
        this.trade(instrument);
        if (random.chance(0.4)) this.add(this.mend(feed.mark(instrument, this.price())));
      }
    }
    for (const instrument of instruments) {
      if (!random.chance(0.5)) continue;
      const at = 1_723_161_600_000_000 + feed.window;
      const rate = `${random.chance(0.3) ? '-' : ''}0.000${random.between(1, 9999)}`;
      const message = feed.message('funding', instrument, { instrument, rate, at });
      this.count(message);
      this.overHttp.push(wire(message));
    }
    const named = (source: string) =>
      [...this.sent]
        .map(([stream, { last, count }]) => [stream.split('|'), last, count] as const)
        .filter(([[venue]]) => venue === source)
        .map(([[, topic, key], lastSequence, count]) => {
          return { topic, key, lastSequence, count, controlTotal: '0' };
        });
    for (const message of feed.close(named('V1'), named('custody'))) {
      this.toBroker.push(wire(message));
    }
    this.sent = new Map();
  }

  private deposits(): void {
    const { feed, random } = this;
    if (feed.window > 1 && random.chance(0.6)) return;
    accounts.forEach((account) => {
      // Enough that nobody falls short: who pays what is the ledger's own specs' business.
      const deposit = feed.deposit(account, '9000000.00000001');
      this.add(wire(deposit));
      if (!random.chance(0.1)) return;
      const forged = { ...deposit, value: deposit.value.replace('9000000.', '9900000.') };
      this.toBroker.push(wire(forged));
    });
  }

  private trade(instrument: string): void {
    const { random } = this;
    this.trades += 1;
    const buyer = random.pick(accounts);
    const seller = random.pick(accounts.filter((account) => account !== buyer));
    const terms = {
      instrument,
      buyer: random.chance(0.04) ? 'NOBODY' : buyer,
      seller,
      quantity: `${random.between(1, 9)}.${random.between(0, 999)}`,
      price: this.price(),
    };
    this.add(this.mend(this.feed.trade(`T${this.trades}`, terms)));
  }

  /** Sends a message as it is, cut off, or too large: its place in the stream it takes either way. */
  private mend(message: FeedMessage): WireMessage {
    const whole = wire(message);
    const { value } = whole;
    const dice = this.random.next();
    if (dice < 0.05) return { ...whole, value: value.subarray(0, this.random.below(value.length)) };
    if (dice < 0.055) return { ...whole, value: Buffer.concat([value, OVERSIZE]) };
    return whole;
  }

  private price(): string {
    return `${60_000 + this.random.below(900)}.${this.random.between(10, 99)}`;
  }

  private add(message: WireMessage): void {
    this.count(message);
    this.toBroker.push(message);
    if (this.random.chance(0.02)) this.toBroker.push(this.garbage());
  }

  private count({ headers, topic }: Pick<WireMessage, 'headers' | 'topic'>): void {
    const { ce_source: source, ce_subject: key, ce_sequence: sequence } = headers;
    const stream = `${source}|${topic.split('.')[1]}|${key}`;
    const count = (this.sent.get(stream)?.count ?? 0) + 1;
    this.sent.set(stream, { last: Number(sequence), count });
  }

  /** Bytes of somebody who has mistaken the topic. */
  private garbage(): WireMessage {
    const value = Buffer.from(Array.from({ length: 24 }, () => this.random.below(256)));
    const { topic } = this.random.pick(this.toBroker);
    return { topic, key: 'who', headers: { from: `nobody-${this.random.below(99)}` }, value };
  }

  /** Producers that send again what they were not sure of, sometimes with other content, and overtake themselves. */
  private disturbed(): WireMessage[] {
    const { random } = this;
    const all = [...this.toBroker];
    for (let i = 0; i < all.length; i += 1) {
      const message = all[i]!;
      if (message.headers['ce_sequence'] === undefined || !random.chance(0.06)) continue;
      const again = random.chance(0.3) ? altered(message) : message;
      all.splice(random.between(i + 1, all.length), 0, again);
    }
    if (random.chance(0.3)) overtake(random, all);
    return all;
  }
}

function wire({ topic, key, headers, value }: FeedMessage): WireMessage {
  return { topic, key, headers, value: Buffer.from(value) };
}

/** The same place in the stream, another price. Signed messages and closings stay as they are. */
function altered(message: WireMessage): WireMessage {
  if (!/trades|marks/.test(message.topic)) return message;
  const value = Buffer.from(message.value)
    .toString()
    .replace(/"price":"6/, '"price":"7');
  return { ...message, value: Buffer.from(value) };
}

const streamOf = ({ topic, key, headers }: WireMessage) =>
  `${topic}|${headers['ce_sequence'] ? key : ''}`;

/** Lets some messages of a stream pass the one before them. */
function overtake(random: Random, all: WireMessage[]): void {
  const last = new Map<string, number>();
  for (let i = 0; i < all.length; i += 1) {
    const stream = streamOf(all[i]!);
    const before = last.get(stream);
    last.set(stream, i);
    if (before === undefined || !random.chance(0.1)) continue;
    const [a, b] = [all[before]!, all[i]!];
    // A message and its copy keep their order: the first one counts.
    if (a.headers['ce_sequence'] === b.headers['ce_sequence']) continue;
    [all[before], all[i]] = [b, a];
    last.delete(stream);
  }
}

/** Mixes the streams; each keeps its own order. */
function shuffled(random: Random, all: readonly WireMessage[]): WireMessage[] {
  const queues = new Map<string, WireMessage[]>();
  for (const message of all) {
    const stream = streamOf(message);
    queues.set(stream, [...(queues.get(stream) ?? []), message]);
  }
  const open = [...queues.values()];
  const mixed: WireMessage[] = [];
  while (open.length > 0) {
    const index = random.below(open.length);
    const queue = open[index]!;
    // A sender goes on for a while before another gets its turn.
    mixed.push(...queue.splice(0, random.between(1, 5)));
    if (queue.length === 0) open.splice(index, 1);
  }
  return mixed;
}
