import type {
  EventData,
  InstrumentSpec,
  Micros,
  StreamId,
  TradeTerms,
  WindowStreamTotal,
} from '#events';
import { initialRails, type RailsState } from './rails/state.js';
import { initialRisk, type RiskState } from './risk/state.js';

export { byCode } from './code-order.js';

export interface Asset {
  readonly asset: string;
  readonly scale: number;
}
export interface Member {
  readonly member: string;
  suspended: boolean;
  /** True from a shortfall until the cycle in which all of its accounts' debt is repaid. */
  indebted: boolean;
  /** Who asked for its personal data to be erased, until somebody else approves that or it is withdrawn. */
  erasure?: string;
}
export type Account = EventData['AccountOpened'];
export interface Venue {
  readonly venue: string;
  readonly kind: 'trading' | 'custodian';
  readonly mode: 'novation' | 'open-offer';
  suspended: boolean;
}
export interface Instrument {
  spec: InstrumentSpec;
  suspended: boolean;
  expired: boolean;
  /** Numbers of the spec as bigint, parsed once. */
  readonly contractSize: bigint;
  readonly tick: bigint;
  readonly lot: bigint;
  maxOrderQuantity: bigint;
  positionLimit: bigint;
}

/** One account's position in one instrument. Quantities at the instrument's quantity scale. */
export interface Position {
  readonly account: string;
  readonly instrument: string;
  /** Signed; spot: what is not yet delivered. */
  quantity: bigint;
  /** Exact signed cost of all trades, see `value.ts` for its scale. */
  cost: bigint;
  /** Cumulative value settled so far, minor units of the settlement asset. */
  settledValue: bigint;
  /** Exact fee so far (scale of cost + 6) and what of it was charged (minor units). */
  feeExact: bigint;
  feeCharged: bigint;
  /** Quantities ever bought and sold. */
  bought: bigint;
  sold: bigint;
  /** Quantity at the last cut plus transfers since: the base of limit checks. */
  cutQuantity: bigint;
  /** Signed quantity traded since the last cut, per venue. */
  readonly deltas: Map<string, bigint>;
}

export interface SettledPrice {
  readonly price: bigint;
  readonly cycle: number;
  /** Cycle of the last price that came from marks of its own window. */
  readonly freshCycle: number;
  readonly stale: boolean;
}

export interface Stream {
  readonly id: StreamId;
  lastSequence: number;
  /** First missing sequence while the stream waits. */
  gapAt?: number;
  /** Messages and control total per window not yet cut. */
  readonly windows: Map<number, { count: number; total: bigint }>;
}

export interface Mark {
  readonly stream: string;
  readonly sequence: number;
  readonly price: bigint;
  readonly at: Micros;
}

export interface Closing {
  readonly endsAt: Micros;
  readonly streams: readonly WindowStreamTotal[];
}

/** What is remembered of an accepted trade or deposit id, for as long as its horizon lasts. */
export interface Remembered {
  readonly digest: string;
  /** The open window when it was accepted. */
  readonly window: number;
  busted: boolean;
  /** Who carries the sides that were given up; the others are with the trade's own accounts. */
  carriers?: Carriers;
}

/** Sides of a trade and the accounts they were given up to. */
export interface Carriers {
  readonly buyer?: string;
  readonly seller?: string;
}

export interface GiveUp {
  readonly terms: TradeTerms;
  readonly venue: string;
  readonly side: 'buy' | 'sell';
  readonly from: string;
  readonly to: string;
  /** Window of the trade, and the window in which it was proposed. */
  readonly tradeWindow: number;
  readonly window: number;
}

export type CheckpointSigner = Pick<EventData['CheckpointKeyRotated'], 'keyName' | 'publicKey'>;

export interface Withdrawal {
  readonly withdrawalId: string;
  readonly account: string;
  readonly asset: string;
  readonly amount: bigint;
  readonly destination: string;
  /** Of an asset that has rails: the address to pay, */
  readonly to?: string;
  /** the rail and the window of its reservation, */
  reserved?: { readonly rail: string; readonly window: number };
  /** and the leg that carries it. */
  seq?: number;
}

/**
 * The whole state of the clearing house: integers and strings only. Owned by one writer and mutated by `evolve` alone.
 * `sums` and the indexes are derived; everything else is under `stateHash`.
 */
export interface HouseState {
  openWindow: number;
  /** The window whose wait an operator ended; it is cut at once. */
  waitEnded: { window: number; endsAt: Micros } | undefined;
  readonly assets: Map<string, Asset>;
  readonly members: Map<string, Member>;
  readonly accounts: Map<string, Account>;
  readonly venues: Map<string, Venue>;
  readonly instruments: Map<string, Instrument>;
  /** Key `account|instrument`. */
  readonly positions: Map<string, Position>;
  /** asset -> book -> signed balance, minor units. */
  readonly books: Map<string, Map<string, bigint>>;
  readonly settled: Map<string, SettledPrice>;
  /** Key `venue|topic|key`. */
  readonly streams: Map<string, Stream>;
  /** instrument -> stream -> its latest marks of the open window, oldest first. */
  readonly marks: Map<string, Map<string, Mark[]>>;
  /** instrument -> sum of funding rates of the open window, scale 12. */
  readonly funding: Map<string, bigint>;
  /** window -> venue -> its closing. */
  readonly closings: Map<number, Map<string, Closing>>;
  /** Key `stream/id`. */
  readonly remembered: Map<string, Remembered>;
  /** window -> keys of `remembered` accepted in it. */
  readonly rememberedIn: Map<number, Set<string>>;
  readonly giveUps: Map<string, GiveUp>;
  readonly withdrawals: Map<string, Withdrawal>;
  /** Ids of member and operator requests (`kind:id`) -> window. */
  readonly requests: Map<string, number>;
  /** Factor histories, risk models and requirements. */
  readonly risk: RiskState;
  /** What stands on chains. */
  readonly rails: RailsState;
  /** The key that signs the log's checkpoints. */
  checkpointKey: CheckpointSigner | undefined;
  /** Derived: skeletons of ids per kind, positions per instrument, and every running sum that is not zero just now. */
  readonly skeletons: Set<string>;
  readonly positionsOf: Map<string, Map<string, Position>>;
  readonly sums: { readonly books: Map<string, bigint>; readonly positions: Map<string, bigint> };
  /** Keys of the entries that events since then may have changed, where a `StateTree` stands beside this state. */
  touched?: Set<string>;
}

/** A clearing house with nothing in it, its first window open. */
export function initialState(): HouseState {
  return {
    openWindow: 1,
    waitEnded: undefined,
    assets: new Map(),
    members: new Map(),
    accounts: new Map(),
    venues: new Map(),
    instruments: new Map(),
    positions: new Map(),
    books: new Map(),
    settled: new Map(),
    streams: new Map(),
    marks: new Map(),
    funding: new Map(),
    closings: new Map(),
    remembered: new Map(),
    rememberedIn: new Map(),
    giveUps: new Map(),
    withdrawals: new Map(),
    requests: new Map(),
    risk: initialRisk(),
    rails: initialRails(),
    checkpointKey: undefined,
    skeletons: new Set(),
    positionsOf: new Map(),
    sums: { books: new Map(), positions: new Map() },
  };
}

/** How long ids are remembered, in windows: trades, give-ups and transfers; deposits and withdrawals. */
export const TRADE_HORIZON = 3;
export const DEPOSIT_HORIZON = 1440;

/** Key of a stream in `streams`. */
export function streamKey(stream: StreamId): string {
  if (stream !== lastStream) {
    lastKey = keyText(stream);
    lastStream = stream;
  }
  return lastKey;
}
// One decision asks for its stream's key six times over, and every message brings a new object for the same few streams:
// the very same text again spares building it and hashing it.
let lastStream: StreamId | undefined;
let lastKey = '';
const MOST_TEXTS = 4096;
const keyTexts = new Map<string, (StreamId & { readonly text: string })[]>();

function keyText({ venue, topic, key }: StreamId): string {
  const known = keyTexts.get(key) ?? [];
  for (const each of known) if (each.venue === venue && each.topic === topic) return each.text;
  const text = `${venue}|${topic}|${key}`;
  // Outsiders choose venue and key of a message: what is kept stays small.
  if (keyTexts.size >= MOST_TEXTS || known.length >= MOST_TEXTS) keyTexts.clear();
  keyTexts.set(key, [...known, { venue, topic, key, text }]);
  return text;
}

/** Key of a remembered trade or deposit id. */
export function rememberedKey(stream: string, id: string): string {
  if (id !== lastId || stream !== lastOf) {
    lastRemembered = `${stream}/${id}`;
    [lastOf, lastId] = [stream, id];
  }
  return lastRemembered;
}
// An accepted trade is looked up by it, then kept under it: the same text again is hashed already.
let [lastOf, lastId, lastRemembered] = ['', '', '/'];

/** The position of an account, or undefined where it never had one. */
export function positionOf(
  state: HouseState,
  account: string,
  instrument: string,
): Position | undefined {
  return state.positionsOf.get(instrument)?.get(account);
}

/** Adds to a running sum. Only sums other than zero are kept, so to check that all balance is to look for any. */
export function addToSum(sums: Map<string, bigint>, key: string, amount: bigint): void {
  const sum = (sums.get(key) ?? 0n) + amount;
  if (sum === 0n) sums.delete(key);
  else sums.set(key, sum);
}
