import type {
  AnyNewEvent,
  EventData,
  EventType,
  ObligationEventType,
  ObligationsData,
  StreamId,
  StreamPosition,
  TradeTerms,
} from '#events';
import { accountBook, house } from '../books.js';
import { touchedByRails, touchDeposit } from '../rails/touched.js';
import {
  type HouseState,
  rememberedKey,
  streamKey,
  DEPOSIT_HORIZON,
  TRADE_HORIZON,
} from '../state.js';
import { type Of as OfState, type Touch, touchPostings } from './touch.js';

/**
 * Which entries of the state an event may change, read from the event and the state before it. One function per event
 * type, so that a new type does not compile until somebody says what it changes. Naming an entry that stays as it is
 * costs a hash; missing one makes a wrong root, which the property test and `StateTree.check` are there to find.
 */
type Of<D> = OfState<D, HouseState>;

/** Kind and id in one text that sorts as the entries do: no kind and no id holds U+0000. */
export function entryKey(kind: string, id: string | number): string {
  return `${kind}\0${id}`;
}

/** Adds the keys of all entries `event` may change to `into`. To be called before the event is applied. */
export function noteTouched(state: HouseState, event: AnyNewEvent, into: Set<string>): void {
  const of = touched[event.type] as Of<unknown>;
  of((kind, id) => into.add(entryKey(kind, id)), event.data, state);
}

const nothing = (): void => undefined;

function stream(touch: Touch, at: { readonly stream: StreamId }): void {
  touch('stream', streamKey(at.stream));
}

function positions(touch: Touch, instrument: string, ...accounts: readonly string[]): void {
  for (const account of accounts) touch('position', `${account}|${instrument}`);
}

/** An id that is remembered moves from the window it was remembered in to the open one. */
function remembered(
  touch: Touch,
  at: { readonly stream: StreamId },
  id: string,
  state: HouseState,
) {
  const key = streamKey(at.stream);
  touch('remembered', `${state.openWindow}|${key}`);
  const before = state.remembered.get(rememberedKey(key, id));
  if (before !== undefined) touch('remembered', `${before.window}|${key}`);
}

function trade(touch: Touch, at: StreamPosition, terms: TradeTerms, state: HouseState): void {
  positions(touch, terms.instrument, terms.buyer, terms.seller);
  remembered(touch, at, terms.tradeId, state);
}

/** The sides are undone with whoever carries them, the fees with those who traded. */
function reversal(touch: Touch, data: StreamPosition & TradeTerms, state: HouseState): void {
  trade(touch, data, data, state);
  const key = rememberedKey(streamKey(data.stream), data.tradeId);
  const { buyer = data.buyer, seller = data.seller } = state.remembered.get(key)?.carriers ?? {};
  positions(touch, data.instrument, buyer, seller);
}

const obligations: Of<ObligationsData> = (touch, { asset, instrument, entries }) => {
  for (const [account] of entries) {
    touch('book', `${asset}|${accountBook(account, 'due')}`);
    touch('position', `${account}|${instrument}`);
  }
  for (const book of [house.clearing, house.rounding, house.fees])
    touch('book', `${asset}|${book}`);
};
const obligationTypes: { readonly [T in ObligationEventType]: Of<ObligationsData> } = {
  VariationMarginCalculated: obligations,
  PremiumCalculated: obligations,
  DeliveryCalculated: obligations,
  ExerciseCalculated: obligations,
  FundingCalculated: obligations,
  FeesCalculated: obligations,
};

function giveUp(touch: Touch, { giveUpId }: { readonly giveUpId: string }, state: HouseState) {
  touch('give-up', giveUpId);
  const known = state.giveUps.get(giveUpId);
  if (known === undefined) return;
  const { terms, venue, from, to } = known;
  positions(touch, terms.instrument, from, to);
  const trades = { venue, topic: 'trades', key: terms.instrument } as const;
  remembered(touch, { stream: trades }, terms.tradeId, state);
}

/** What belonged to the window goes, every position gets its new base, and what is past its horizon is forgotten. */
const cycle: Of<EventData['CycleCompleted']> = (touch, { cycle: window }, state) => {
  touch('house', 'house');
  for (const id of state.members.keys()) touch('member', id);
  for (const [instrument, streams] of state.marks) {
    for (const id of streams.keys()) touch('mark', `${instrument}|${id}`);
  }
  for (const instrument of state.funding.keys()) touch('funding', instrument);
  for (const venue of state.closings.get(window)?.keys() ?? []) {
    touch('closing', `${window}|${venue}`);
  }
  for (const [id, { windows }] of state.streams) if (windows.has(window)) touch('stream', id);
  for (const [id, { cutQuantity, quantity, deltas }] of state.positions) {
    if (cutQuantity !== quantity || deltas.size > 0) touch('position', id);
  }
  forgotten(touch, window + 1, state);
};

function forgotten(touch: Touch, open: number, state: HouseState): void {
  for (const window of [open - TRADE_HORIZON, open - DEPOSIT_HORIZON]) {
    for (const key of state.rememberedIn.get(window) ?? []) {
      touch('remembered', `${window}|${key.slice(0, key.indexOf('/'))}`);
    }
  }
  const last = open - TRADE_HORIZON;
  for (const [id, window] of state.requests) if (window <= last) touch('request', id);
  for (const [id, { window }] of state.giveUps) if (window <= last) touch('give-up', id);
}

const touched: { readonly [T in EventType]: Of<EventData[T]> } = {
  AssetRegistered: (touch, { asset }) => touch('asset', asset),
  MemberRegistered: (touch, { member }) => touch('member', member),
  ErasureRequested: (touch, { member }) => touch('member', member),
  ErasureWithdrawn: (touch, { member }) => touch('member', member),
  SubjectKeyDestroyed: (touch, { member }) => touch('member', member),
  AccountOpened: (touch, { account }) => touch('account', account),
  VenueRegistered: (touch, { venue }) => touch('venue', venue),
  InstrumentListed: (touch, { spec }) => touch('instrument', spec.instrument),
  InstrumentLimitsChanged: (touch, { instrument }) => touch('instrument', instrument),
  SuspensionChanged: (touch, { scope, id }) => touch(scope, id),
  TradeNovated: (touch, data, state) => {
    stream(touch, data);
    trade(touch, data, data, state);
  },
  TradeBusted: (touch, data, state) => {
    stream(touch, data);
    reversal(touch, data, state);
  },
  TradeCorrected: (touch, data, state) => {
    stream(touch, data);
    reversal(touch, data, state);
    trade(touch, data, data.replacement, state);
  },
  DepositRecorded: (touch, data, state) => {
    stream(touch, data);
    touchPostings(touch, data);
    touchDeposit(touch, data);
    remembered(touch, data, data.depositId, state);
  },
  MarkRecorded: (touch, data) => {
    stream(touch, data);
    touch('mark', `${data.instrument}|${streamKey(data.stream)}`);
  },
  FundingRateRecorded: (touch, data) => {
    stream(touch, data);
    touch('funding', data.instrument);
  },
  WindowClosed: (touch, data) => {
    stream(touch, data);
    touch('closing', `${data.window}|${data.stream.venue}`);
  },
  InputDuplicated: stream,
  InputRejected: (touch, { at }) => {
    if (at !== undefined) stream(touch, at);
  },
  GapDetected: stream,
  GapAccepted: stream,
  WithdrawalRequested: (touch, { withdrawalId }) => {
    touch('request', `withdrawal:${withdrawalId}`);
    touch('withdrawal', withdrawalId);
  },
  WithdrawalCompleted: (touch, data) => {
    touchPostings(touch, data);
    touch('withdrawal', data.withdrawalId);
  },
  WithdrawalRejected: (touch, { withdrawalId }) => touch('withdrawal', withdrawalId),
  PositionTransferred: (touch, { transferId, from, to, instrument }) => {
    touch('request', `transfer:${transferId}`);
    positions(touch, instrument, from, to);
  },
  GiveUpProposed: (touch, { giveUpId }) => {
    touch('request', `give-up:${giveUpId}`);
    touch('give-up', giveUpId);
  },
  GiveUpAccepted: giveUp,
  GiveUpRejected: giveUp,
  WaitEnded: (touch) => touch('house', 'house'),
  WindowReconciled: nothing,
  SettlementPriceSet: (touch, { instrument }) => touch('settled', instrument),
  ...obligationTypes,
  InstrumentExpired: (touch, { instrument }, state) => {
    touch('instrument', instrument);
    positions(touch, instrument, ...(state.positionsOf.get(instrument)?.keys() ?? []));
  },
  DebtRecovered: touchPostings,
  ShortfallRecorded: touchPostings,
  ShortfallCovered: touchPostings,
  ObligationsSettled: (touch, { asset, entries }) => {
    for (const [account] of entries) {
      for (const book of ['due', 'cash', 'claim'] as const) {
        touch('book', `${asset}|${accountBook(account, book)}`);
      }
    }
  },
  PositionLimitBreached: nothing,
  FactorHistoryRecorded: (touch, { history }) => touch('factor-history', history),
  FactorDayRecorded: (touch, { history }) => touch('factor-history', history),
  RiskModelProposed: (touch, { proposal }) => touch('risk-model', proposal),
  RiskModelApproved: (touch, { proposal }) => touch('risk-model', proposal),
  RiskModelWithdrawn: (touch, { proposal }) => touch('risk-model', proposal),
  RiskModelActivated: (touch, { proposal }, { risk }) => {
    touch('risk-model', proposal);
    if (risk.active !== undefined) touch('risk-model', risk.active);
  },
  MarginAssessed: (touch, { account }) => touch('requirement', account),
  ...touchedByRails,
  CycleCompleted: cycle,
  CheckpointKeyRotated: (touch) => touch('checkpoint-key', 'log'),
};
