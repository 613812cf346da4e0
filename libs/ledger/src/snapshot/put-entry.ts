import type { EventData, InstrumentSpec, StreamTopic, TradeTerms } from '#events';
import { skeleton } from '../ids.js';
import { putAccount } from '../rails/evolve.js';
import type { OpenLeg, Rail, SettlementAccount } from '../rails/state.js';
import type { RiskModel, Requirement } from '../risk/state.js';
import {
  type Account,
  addToSum,
  type Carriers,
  type CheckpointSigner,
  type Closing,
  type GiveUp,
  type HouseState,
  type Member,
  rememberedKey,
  type Venue,
  type Withdrawal,
} from '../state.js';
import { type EntryKind, splitId } from '../state-tree/entry-of.js';

/** Entries as `entry-values.ts` writes them, read back. */
interface Written {
  house: { openWindow: number; waitEnded?: { window: number; endsAt: number } };
  'checkpoint-key': CheckpointSigner;
  asset: { scale: number };
  member: Omit<Member, 'member'>;
  account: Account;
  venue: Omit<Venue, 'venue'>;
  instrument: { spec: InstrumentSpec; suspended: boolean; expired: boolean };
  position: Record<PositionNumber, string> & { deltas: [venue: string, units: string][] };
  book: string;
  settled: { price: string; cycle: number; freshCycle: number; stale: boolean };
  stream: {
    lastSequence: number;
    windows: [window: number, count: number, total: string][];
    gapAt?: number;
  };
  mark: [sequence: number, price: string, at: number][];
  funding: string;
  closing: Closing;
  remembered: [id: string, digest: string, busted: boolean, carriers?: Carriers][];
  'give-up': GiveUp & { terms: TradeTerms };
  withdrawal: EventData['WithdrawalRequested'] & Pick<Withdrawal, 'reserved' | 'seq'>;
  request: number;
  'factor-history': { root: string; days: number; last: string };
  'risk-model': Omit<RiskModel, 'proposal' | 'parameters'>;
  requirement: Omit<Requirement, Margin> & Record<Margin, string>;
  rail: Rail;
  'settlement-account': Pick<SettlementAccount, 'index' | 'owner'> & Record<Balance, string>;
  'settlement-leg': Pick<OpenLeg, 'cycle' | 'withdrawals'> & {
    entries: [index: number, delta: string][];
  };
}
type PositionNumber =
  | 'quantity'
  | 'cost'
  | 'settledValue'
  | 'feeExact'
  | 'feeCharged'
  | 'bought'
  | 'sold'
  | 'cutQuantity';
type Balance = 'credited' | 'committed' | 'posted';
type Margin = 'equity' | 'initialMargin' | 'maintenanceMargin';
type Put<V> = (state: HouseState, id: string, value: V) => void;

/** The map under a key, made on first use. */
function within<K, L, V>(outer: Map<K, Map<L, V>>, key: K): Map<L, V> {
  let inner = outer.get(key);
  if (inner === undefined) {
    inner = new Map();
    outer.set(key, inner);
  }
  return inner;
}

function named(state: HouseState, kind: string, id: string): void {
  state.skeletons.add(`${kind}:${skeleton(id)}`);
}

function putInstrument(state: HouseState, id: string, written: Written['instrument']): void {
  const { spec, suspended, expired } = written;
  named(state, 'instrument', id);
  state.instruments.set(id, {
    ...{ spec, suspended, expired },
    contractSize: BigInt(spec.contractSize),
    tick: BigInt(spec.tick),
    lot: BigInt(spec.lot),
    maxOrderQuantity: BigInt(spec.maxOrderQuantity),
    positionLimit: BigInt(spec.positionLimit),
  });
}

function putPosition(state: HouseState, id: string, p: Written['position']): void {
  const [account, instrument] = splitId(id);
  const position = {
    ...{ account, instrument },
    quantity: BigInt(p.quantity),
    cost: BigInt(p.cost),
    settledValue: BigInt(p.settledValue),
    feeExact: BigInt(p.feeExact),
    feeCharged: BigInt(p.feeCharged),
    bought: BigInt(p.bought),
    sold: BigInt(p.sold),
    cutQuantity: BigInt(p.cutQuantity),
    deltas: new Map(p.deltas.map(([venue, units]) => [venue, BigInt(units)])),
  };
  state.positions.set(id, position);
  within(state.positionsOf, instrument).set(account, position);
  addToSum(state.sums.positions, instrument, position.quantity);
}

function putStream(state: HouseState, id: string, written: Written['stream']): void {
  const [venue, rest] = splitId(id);
  const [topic, key] = splitId(rest);
  const { lastSequence, windows, gapAt } = written;
  state.streams.set(id, {
    id: { venue, topic: topic as StreamTopic, key },
    lastSequence,
    windows: new Map(windows.map(([w, count, total]) => [w, { count, total: BigInt(total) }])),
    ...(gapAt === undefined ? {} : { gapAt }),
  });
}

function putRemembered(state: HouseState, at: string, written: Written['remembered']): void {
  const [text, stream] = splitId(at);
  const window = Number(text);
  const keys = state.rememberedIn.get(window) ?? new Set<string>();
  state.rememberedIn.set(window, keys);
  for (const [id, digest, busted, carriers] of written) {
    const key = rememberedKey(stream, id);
    keys.add(key);
    state.remembered.set(key, { digest, window, busted, ...(carriers && { carriers }) });
  }
}

const puts: { readonly [K in EntryKind]: Put<Written[K]> } = {
  house: (state, _, { openWindow, waitEnded }) => {
    state.openWindow = openWindow;
    state.waitEnded = waitEnded;
  },
  'checkpoint-key': (state, _, key) => {
    state.checkpointKey = key;
  },
  asset: (state, asset, { scale }) => {
    named(state, 'asset', asset);
    state.assets.set(asset, { asset, scale });
  },
  member: (state, member, written) => {
    named(state, 'member', member);
    state.members.set(member, { member, ...written });
  },
  account: (state, id, account) => {
    named(state, 'account', id);
    state.accounts.set(id, account);
  },
  venue: (state, venue, written) => {
    named(state, 'venue', venue);
    state.venues.set(venue, { venue, ...written });
  },
  instrument: putInstrument,
  position: putPosition,
  book: (state, id, amount) => {
    const [asset, book] = splitId(id);
    within(state.books, asset).set(book, BigInt(amount));
    addToSum(state.sums.books, asset, BigInt(amount));
  },
  settled: (state, id, s) => void state.settled.set(id, { ...s, price: BigInt(s.price) }),
  stream: putStream,
  mark: (state, id, marks) => {
    const [instrument, stream] = splitId(id);
    const kept = marks.map(([sequence, price, at]) => ({
      ...{ stream, sequence, at },
      price: BigInt(price),
    }));
    within(state.marks, instrument).set(stream, kept);
  },
  funding: (state, id, rate) => void state.funding.set(id, BigInt(rate)),
  closing: (state, id, closing) => {
    const [window, venue] = splitId(id);
    within(state.closings, Number(window)).set(venue, closing);
  },
  remembered: putRemembered,
  'give-up': (state, id, giveUp) => void state.giveUps.set(id, giveUp),
  withdrawal: (state, id, w) => void state.withdrawals.set(id, { ...w, amount: BigInt(w.amount) }),
  request: (state, id, window) => void state.requests.set(id, window),
  'factor-history': ({ risk }, history, { root }) => {
    const empty = { numeraire: '', factors: [], dates: [], values: [] };
    risk.histories.set(history, { history, ...empty, root });
  },
  'risk-model': ({ risk }, proposal, model) => {
    risk.models.set(proposal, { ...model, proposal, parameters: '' });
    if (model.status === 'active') risk.active = proposal;
  },
  requirement: ({ risk }, account, r) => {
    risk.requirements.set(account, {
      ...r,
      equity: BigInt(r.equity),
      initialMargin: BigInt(r.initialMargin),
      maintenanceMargin: BigInt(r.maintenanceMargin),
    });
  },
  rail: ({ rails }, id, rail) => void rails.rails.set(id, rail),
  'settlement-account': ({ rails }, id, { index, owner, credited, committed, posted }) => {
    const [account, rail] = splitId(id);
    putAccount(rails, {
      ...{ account, rail, index, owner },
      ...{ credited: BigInt(credited), committed: BigInt(committed), posted: BigInt(posted) },
    });
  },
  'settlement-leg': ({ rails }, id, { cycle, entries, withdrawals }) => {
    const [rail, seq] = splitId(id);
    const leg = { rail, seq: Number(seq), cycle, withdrawals };
    const moved = entries.map(([index, delta]) => [index, BigInt(delta)] as const);
    rails.legs.set(id, { ...leg, entries: moved });
  },
};

/** Puts one entry into a state, with everything that is derived from it; false where there is no such kind. */
export function putEntry(state: HouseState, kind: string, id: string, value: unknown): boolean {
  if (!Object.hasOwn(puts, kind)) return false;
  (puts[kind as EntryKind] as Put<unknown>)(state, id, value);
  return true;
}
