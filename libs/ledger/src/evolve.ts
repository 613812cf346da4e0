import type {
  AnyNewEvent,
  EventData,
  EventType,
  ObligationEventType,
  ObligationsData,
  StreamPosition,
  TradeTerms,
} from '#events';
import { accountBook, balance, house, post, transfer } from './books.js';
import { LedgerBroken } from './broken.js';
import { expire, openNextWindow } from './cycle.js';
import { pow10 } from './decimal.js';
import { skeleton } from './ids.js';
import { creditDeposit, railAppliers } from './rails/evolve.js';
import { riskAppliers } from './risk/evolve.js';
import { addTrade, ensurePosition, moveQuantity, reverseTrade } from './positions.js';
import { type GiveUp, type HouseState, rememberedKey, streamKey } from './state.js';
import { noteTouched } from './state-tree/touched.js';
import { consume, ensureStream, remember } from './streams.js';
import { tradeDigest } from './trade-digest.js';

type Appliers = {
  readonly [T in EventType]: (state: HouseState, data: EventData[T]) => void;
};

/**
 * Applies one fact to the state, in place. No decision is taken here: a fact that was recorded always applies, and the
 * same facts in the same order give the same state on every machine.
 */
export function evolve(state: HouseState, event: AnyNewEvent): void {
  const apply = appliers[event.type] as (s: HouseState, data: unknown) => void;
  if (apply === undefined) throw new LedgerBroken(`unknown event type ${String(event.type)}`);
  if (state.touched !== undefined) noteTouched(state, event, state.touched);
  apply(state, event.data);
}

// ------------------------------------------------------------------ trades

function novate(state: HouseState, at: StreamPosition, terms: TradeTerms): void {
  addTrade(state, terms, at.stream.venue);
  remember(state, at, terms.tradeId, tradeDigest(terms));
}

function bust(
  state: HouseState,
  data: StreamPosition & TradeTerms & { readonly reversalPrice: string },
): void {
  const remembered = state.remembered.get(rememberedKey(streamKey(data.stream), data.tradeId));
  if (remembered === undefined) throw new LedgerBroken(`bust of unknown trade ${data.tradeId}`);
  remembered.busted = true;
  const sameCycle = remembered.window === state.openWindow;
  const price = BigInt(data.reversalPrice);
  reverseTrade(state, data, price, data.stream.venue, sameCycle, remembered.carriers);
}

// ------------------------------------------------------------------ obligations

/** Moves each amount between the account's due book and `through`; what rounding leaves goes to H/rounding. */
function oblige(state: HouseState, data: ObligationsData, through: string): void {
  for (const [account, , amount] of data.entries) {
    transfer(state, data.asset, through, accountBook(account, 'due'), BigInt(amount));
  }
  if (through === house.clearing) {
    transfer(state, data.asset, house.clearing, house.rounding, BigInt(data.rounding));
    if (balance(state, data.asset, house.clearing) !== 0n) {
      throw new LedgerBroken(`clearing book of ${data.asset} is not flat in cycle ${data.cycle}`);
    }
  }
}

function settleValue(state: HouseState, data: ObligationsData): void {
  oblige(state, data, house.clearing);
  for (const [account, cumulative] of data.entries) {
    ensurePosition(state, account, data.instrument).settledValue = BigInt(cumulative);
  }
}

function deliver(state: HouseState, data: ObligationsData): void {
  const instrument = state.instruments.get(data.instrument)!;
  if (data.asset === instrument.spec.settlementAsset) {
    settleValue(state, data);
    return;
  }
  oblige(state, data, house.clearing);
  const { quantityScale, contractSizeScale } = instrument.spec;
  const up = state.assets.get(data.asset)!.scale - quantityScale - contractSizeScale;
  for (const [account, , amount] of data.entries) {
    const quantity = BigInt(amount) / (pow10(up) * instrument.contractSize);
    moveQuantity(state, ensurePosition(state, account, data.instrument), -quantity);
  }
}

function chargeFees(state: HouseState, data: ObligationsData): void {
  oblige(state, data, house.fees);
  for (const [account, cumulative] of data.entries) {
    ensurePosition(state, account, data.instrument).feeCharged = BigInt(cumulative);
  }
}

const obligationAppliers: {
  readonly [T in ObligationEventType]: (state: HouseState, data: ObligationsData) => void;
} = {
  VariationMarginCalculated: settleValue,
  PremiumCalculated: settleValue,
  ExerciseCalculated: settleValue,
  DeliveryCalculated: deliver,
  FundingCalculated: (state, data) => oblige(state, data, house.clearing),
  FeesCalculated: chargeFees,
};

function settleObligations(state: HouseState, data: EventData['ObligationsSettled']): void {
  for (const [account, cash, claim] of data.entries) {
    const due = accountBook(account, 'due');
    transfer(state, data.asset, due, accountBook(account, 'cash'), BigInt(cash));
    transfer(state, data.asset, due, accountBook(account, 'claim'), BigInt(claim));
  }
}

function claimId(state: HouseState, kind: string, id: string): void {
  state.skeletons.add(`${kind}:${skeleton(id)}`);
}

function request(state: HouseState, kind: string, id: string): void {
  state.requests.set(`${kind}:${id}`, state.openWindow);
}

function acceptGiveUp(state: HouseState, data: EventData['GiveUpAccepted']): void {
  const giveUp = state.giveUps.get(data.giveUpId)!;
  const { terms } = giveUp;
  const signed = giveUp.side === 'buy' ? BigInt(terms.quantity) : -BigInt(terms.quantity);
  const price = BigInt(data.price);
  const sameCycle = giveUp.tradeWindow === state.openWindow;
  const venue = sameCycle ? giveUp.venue : undefined;
  transferQuantity(state, giveUp.from, giveUp.to, terms.instrument, signed, price, venue);
  moveTraded(state, giveUp, sameCycle);
  const stream = streamKey({ venue: giveUp.venue, topic: 'trades', key: terms.instrument });
  const trade = state.remembered.get(rememberedKey(stream, terms.tradeId));
  if (trade === undefined) throw new LedgerBroken(`give-up of unknown trade ${terms.tradeId}`);
  const side = giveUp.side === 'buy' ? 'buyer' : 'seller';
  trade.carriers = { ...trade.carriers, [side]: giveUp.to };
  state.giveUps.delete(data.giveUpId);
}

/** Ever bought and ever sold follow the side: as if the carrier had traded, or after the cycle as a trade between the two. */
function moveTraded(
  state: HouseState,
  { terms, side, from, to }: GiveUp,
  sameCycle: boolean,
): void {
  const quantity = BigInt(terms.quantity);
  const [own, other] =
    side === 'buy' ? (['bought', 'sold'] as const) : (['sold', 'bought'] as const);
  const giver = ensurePosition(state, from, terms.instrument);
  if (sameCycle) giver[own] -= quantity;
  else giver[other] += quantity;
  ensurePosition(state, to, terms.instrument)[own] += quantity;
}

/** Moves signed quantity at a price from one account to another: no cash, no fee, costs stay opposite. */
function transferQuantity(
  state: HouseState,
  from: string,
  to: string,
  instrument: string,
  quantity: bigint,
  price: bigint,
  venue: string | undefined,
): void {
  const listed = state.instruments.get(instrument)!;
  for (const [account, signed] of [
    [from, -quantity],
    [to, quantity],
  ] as const) {
    const position = ensurePosition(state, account, instrument);
    moveQuantity(state, position, signed, { instrument: listed, price });
    if (venue === undefined) position.cutQuantity += signed;
    else position.deltas.set(venue, (position.deltas.get(venue) ?? 0n) + signed);
  }
}

// ------------------------------------------------------------------ one applier per event type

const appliers: Appliers = {
  AssetRegistered(state, data) {
    claimId(state, 'asset', data.asset);
    state.assets.set(data.asset, data);
  },
  MemberRegistered(state, data) {
    claimId(state, 'member', data.member);
    // Its name decides nothing, so it stays in the journal: a state and a snapshot hold no name, sealed or not.
    const { member } = data;
    state.members.set(member, { member, suspended: false, indebted: false });
  },
  ErasureRequested(state, data) {
    state.members.get(data.member)!.erasure = data.by;
  },
  ErasureWithdrawn(state, data) {
    delete state.members.get(data.member)!.erasure;
  },
  SubjectKeyDestroyed(state, data) {
    delete state.members.get(data.member)!.erasure;
  },
  AccountOpened(state, data) {
    claimId(state, 'account', data.account);
    state.accounts.set(data.account, data);
  },
  VenueRegistered(state, data) {
    claimId(state, 'venue', data.venue);
    state.venues.set(data.venue, { ...data, suspended: false });
  },
  InstrumentListed(state, { spec }) {
    claimId(state, 'instrument', spec.instrument);
    state.instruments.set(spec.instrument, {
      spec,
      suspended: false,
      expired: false,
      contractSize: BigInt(spec.contractSize),
      tick: BigInt(spec.tick),
      lot: BigInt(spec.lot),
      maxOrderQuantity: BigInt(spec.maxOrderQuantity),
      positionLimit: BigInt(spec.positionLimit),
    });
  },
  InstrumentLimitsChanged(state, data) {
    const instrument = state.instruments.get(data.instrument)!;
    instrument.maxOrderQuantity = BigInt(data.maxOrderQuantity);
    instrument.positionLimit = BigInt(data.positionLimit);
    const { maxOrderQuantity, positionLimit } = data;
    instrument.spec = { ...instrument.spec, maxOrderQuantity, positionLimit };
  },
  SuspensionChanged(state, data) {
    const target = {
      venue: state.venues,
      member: state.members,
      instrument: state.instruments,
    }[data.scope].get(data.id)!;
    target.suspended = data.suspended;
  },
  TradeNovated(state, data) {
    consume(state, data, BigInt(data.quantity));
    novate(state, data, data);
  },
  TradeBusted(state, data) {
    consume(state, data, BigInt(data.quantity));
    bust(state, data);
  },
  TradeCorrected(state, data) {
    consume(state, data, BigInt(data.quantity));
    bust(state, data);
    novate(state, data, data.replacement);
  },
  DepositRecorded(state, data) {
    consume(state, data, BigInt(data.amount));
    post(state, data.postings);
    creditDeposit(state, data);
    remember(state, data, data.depositId, `${data.account}|${data.asset}|${data.amount}`);
  },
  MarkRecorded(state, data) {
    consume(state, data, BigInt(data.price));
    const streams = state.marks.get(data.instrument) ?? new Map();
    state.marks.set(data.instrument, streams);
    const stream = streamKey(data.stream);
    const marks = streams.get(stream) ?? [];
    streams.set(stream, marks);
    const { sequence, at } = data;
    marks.push({ stream, sequence, price: BigInt(data.price), at });
    const keep = state.instruments.get(data.instrument)!.spec.settlementRule.marks;
    if (marks.length > keep) marks.shift();
  },
  FundingRateRecorded(state, data) {
    consume(state, data, BigInt(data.rate));
    const before = state.funding.get(data.instrument) ?? 0n;
    state.funding.set(data.instrument, before + BigInt(data.rate));
  },
  WindowClosed(state, data) {
    consume(state, data, 0n);
    const venues = state.closings.get(data.window) ?? new Map();
    venues.set(data.stream.venue, { endsAt: data.endsAt, streams: data.streams });
    // A closing that comes after its window was cut has nothing left to close.
    if (data.window >= state.openWindow) state.closings.set(data.window, venues);
  },
  InputDuplicated(state, data) {
    const stream = ensureStream(state, data);
    if (data.sequence === stream.lastSequence + 1) consume(state, data, BigInt(data.controlTotal));
  },
  InputRejected(state, data) {
    if (data.consumed && data.at !== undefined) consume(state, data.at, BigInt(data.controlTotal));
  },
  GapDetected(state, data) {
    const stream = ensureStream(state, { stream: data.stream, sequence: 0, window: 0 });
    stream.gapAt = data.expected;
  },
  GapAccepted(state, data) {
    const stream = ensureStream(state, { stream: data.stream, sequence: 0, window: 0 });
    stream.lastSequence = data.to;
    delete stream.gapAt;
  },
  WithdrawalRequested(state, data) {
    request(state, 'withdrawal', data.withdrawalId);
    state.withdrawals.set(data.withdrawalId, { ...data, amount: BigInt(data.amount) });
  },
  WithdrawalCompleted(state, data) {
    post(state, data.postings);
    state.withdrawals.delete(data.withdrawalId);
  },
  WithdrawalRejected(state, data) {
    state.withdrawals.delete(data.withdrawalId);
  },
  PositionTransferred(state, data) {
    request(state, 'transfer', data.transferId);
    const { from, to, instrument } = data;
    const [quantity, price] = [BigInt(data.quantity), BigInt(data.price)];
    transferQuantity(state, from, to, instrument, quantity, price, undefined);
  },
  GiveUpProposed(state, data) {
    request(state, 'give-up', data.giveUpId);
    const stream = streamKey({ venue: data.venue, topic: 'trades', key: data.terms.instrument });
    const trade = state.remembered.get(rememberedKey(stream, data.terms.tradeId))!;
    state.giveUps.set(data.giveUpId, {
      terms: data.terms,
      venue: data.venue,
      side: data.side,
      from: data.side === 'buy' ? data.terms.buyer : data.terms.seller,
      to: data.to,
      tradeWindow: trade.window,
      window: state.openWindow,
    });
  },
  GiveUpAccepted: acceptGiveUp,
  GiveUpRejected(state, data) {
    state.giveUps.delete(data.giveUpId);
  },
  WaitEnded(state, data) {
    state.waitEnded = { window: data.cycle, endsAt: data.endsAt };
  },
  WindowReconciled() {},
  SettlementPriceSet(state, data) {
    const { cycle, freshCycle, stale } = data;
    state.settled.set(data.instrument, { price: BigInt(data.price), cycle, freshCycle, stale });
  },
  ...obligationAppliers,
  InstrumentExpired: expire,
  DebtRecovered(state, data) {
    post(state, data.postings);
  },
  ShortfallRecorded(state, data) {
    post(state, data.postings);
  },
  ShortfallCovered(state, data) {
    post(state, data.postings);
  },
  ObligationsSettled: settleObligations,
  PositionLimitBreached() {},
  ...riskAppliers,
  ...railAppliers,
  CheckpointKeyRotated(state, { keyName, publicKey }) {
    state.checkpointKey = { keyName, publicKey };
  },
  CycleCompleted(state, data) {
    openNextWindow(state, data.cycle);
  },
};
