import type { EventData, InstrumentSpec, StreamPosition, TradeTerms } from '#events';
import { type Rejection, reject } from '../codes.js';
import type { WireTrade } from '../commands.js';
import { abs, parseDecimal } from '../decimal.js';
import {
  type Account,
  type HouseState,
  type Instrument,
  positionOf,
  type Remembered,
  rememberedKey,
  streamKey,
} from '../state.js';
import { tradeDigest } from '../trade-digest.js';
import { amountOf, known, need, needStep, positiveOf, refuse } from './context.js';

/** Was this trade id accepted on this stream before? Same terms: a duplicate; other terms: a conflict. */
export function knownTrade(
  state: HouseState,
  at: StreamPosition,
  trade: WireTrade,
): 'same' | Rejection | undefined {
  const key = rememberedKey(streamKey(at.stream), trade.tradeId);
  const remembered = state.remembered.get(key);
  if (remembered === undefined) return undefined;
  const terms = tryTerms(state, trade);
  if (terms !== undefined && tradeDigest(terms) === remembered.digest) return 'same';
  const reason = `trade id ${trade.tradeId} was used for other terms`;
  return reject('TRADE_ID_CONFLICT', 'tradeId', reason);
}

function tryTerms(state: HouseState, trade: WireTrade): TradeTerms | undefined {
  const spec = state.instruments.get(trade.instrument)?.spec;
  if (spec === undefined) return undefined;
  const quantity = parseDecimal(trade.quantity, spec.quantityScale);
  const price = parseDecimal(trade.price, spec.priceScale);
  if (!quantity.ok || !price.ok) return undefined;
  return termsOf(trade, quantity.units, price.units);
}

function termsOf(trade: WireTrade, quantity: bigint, price: bigint): TradeTerms {
  const { tradeId, instrument, buyer, seller, executedAt } = trade;
  return {
    tradeId,
    instrument,
    buyer,
    seller,
    quantity: quantity.toString(),
    price: price.toString(),
    executedAt,
  };
}

/** Checks a trade's terms: ids, scales, steps, sizes, accounts. Not yet its effect on limits. */
function readTerms(
  state: HouseState,
  key: string,
  trade: WireTrade,
): { readonly terms: TradeTerms; readonly instrument: Instrument } {
  const { instrument: id } = trade;
  const instrument = known(state.instruments.get(id), 'UNKNOWN_INSTRUMENT', 'instrument', id);
  if (id !== key) {
    refuse('KEY_MISMATCH', 'instrument', `instrument ${id} differs from the key ${key}`);
  }
  const { spec } = instrument;
  if (instrument.expired) refuse('INSTRUMENT_EXPIRED', 'instrument', `${id} has expired`);
  const buyer = known(state.accounts.get(trade.buyer), 'UNKNOWN_ACCOUNT', 'buyer', trade.buyer);
  const seller = known(state.accounts.get(trade.seller), 'UNKNOWN_ACCOUNT', 'seller', trade.seller);
  need(buyer !== seller, 'SELF_TRADE', 'seller', 'buyer and seller are one account');
  needRoom(buyer, id, 'buyer');
  needRoom(seller, id, 'seller');
  const quantity = positiveOf('quantity', trade.quantity, spec.quantityScale);
  needStep(quantity, instrument.lot, 'OFF_LOT', 'quantity');
  const price = amountOf('price', trade.price, spec.priceScale);
  needPrice(spec, price);
  needStep(price, instrument.tick, 'OFF_TICK', 'price');
  return { terms: termsOf(trade, quantity, price), instrument };
}

/** Options may be worth nothing; other prices are above zero unless the instrument says otherwise. */
export function needPrice({ kind, allowsNegativePrice }: InstrumentSpec, price: bigint): void {
  const floor = kind === 'option' || kind === 'custom' ? price >= 0n : price > 0n;
  const reason = 'price is at or below zero';
  need(allowsNegativePrice || floor, 'NEGATIVE_PRICE', 'price', reason);
}

function needRoom(account: Account, instrument: string, field: string): void {
  if (account.margin === 'cross' || account.isolatedInstrument === instrument) return;
  const only = account.isolatedInstrument ?? 'another instrument';
  refuse('ISOLATED_ACCOUNT', field, `${account.account} is isolated to ${only}`);
}

/** A new trade: both legs against the house in one fact. */
export function decideTrade(
  state: HouseState,
  at: StreamPosition,
  trade: WireTrade,
): EventData['TradeNovated'] {
  const { terms, instrument } = readTerms(state, at.stream.key, trade);
  needAdmission(state, at.stream.venue, terms, instrument, undefined);
  // Written out, not spread: this is the hottest line of the house, and spreads showed in its profile.
  return {
    stream: at.stream,
    sequence: at.sequence,
    window: at.window,
    tradeId: terms.tradeId,
    instrument: terms.instrument,
    buyer: terms.buyer,
    seller: terms.seller,
    quantity: terms.quantity,
    price: terms.price,
    executedAt: terms.executedAt,
    mode: state.venues.get(at.stream.venue)!.mode,
  };
}

/**
 * Limits and suspensions, per side. The base is the position at the last cut plus this venue's trades since: nothing
 * another stream did meanwhile enters, so inputs of different streams commute between cuts.
 */
function needAdmission(
  state: HouseState,
  venueId: string,
  terms: TradeTerms,
  instrument: Instrument,
  undone: TradeTerms | undefined,
): void {
  const quantity = BigInt(terms.quantity);
  if (quantity > instrument.maxOrderQuantity) {
    const reason = `quantity is above the maximum order quantity of ${terms.instrument}`;
    refuse('ORDER_SIZE_LIMIT', 'quantity', reason);
  }
  needSideAdmission(state, venueId, terms, instrument, undone, 'buyer', quantity);
  needSideAdmission(state, venueId, terms, instrument, undone, 'seller', -quantity);
}

function needSideAdmission(
  state: HouseState,
  venueId: string,
  terms: TradeTerms,
  instrument: Instrument,
  undone: TradeTerms | undefined,
  side: 'buyer' | 'seller',
  signed: bigint,
): void {
  const account = terms[side];
  const position = positionOf(state, account, terms.instrument);
  const traded = position?.deltas.get(venueId) ?? 0n;
  const before = (position?.cutQuantity ?? 0n) + traded;
  const after = before - undoneBy(undone, account) + signed;
  const [size, sizeBefore] = [abs(after), abs(before)];
  if (size > sizeBefore && size > instrument.positionLimit) {
    const reason = `${account} would exceed its position limit in ${terms.instrument}`;
    refuse('POSITION_LIMIT', side, reason);
  }
  // A correction that leaves the quantity as it is takes no new risk either.
  const reduces = size <= sizeBefore && after * before >= 0n;
  if (!reduces) needNewRisk(state, venueId, account, instrument, side);
}

/** What a corrected trade gave this account. */
function undoneBy(undone: TradeTerms | undefined, account: string): bigint {
  if (undone === undefined) return 0n;
  const quantity = BigInt(undone.quantity);
  return (undone.buyer === account ? quantity : 0n) - (undone.seller === account ? quantity : 0n);
}

/** The kill switch: a suspension stops new risk, never a reduction. */
function needNewRisk(
  state: HouseState,
  venueId: string,
  accountId: string,
  instrument: Instrument,
  field: string,
): void {
  const member = state.members.get(state.accounts.get(accountId)!.member)!;
  const venue = state.venues.get(venueId)!;
  // The reasons below are texts to be built, and nearly always nobody needs one.
  if (!venue.suspended && !instrument.suspended && !member.suspended && !member.indebted) return;
  const id = instrument.spec.instrument;
  need(!venue.suspended, 'VENUE_SUSPENDED', 'source', `${venueId} is suspended`);
  need(!instrument.suspended, 'INSTRUMENT_SUSPENDED', 'instrument', `${id} is suspended`);
  need(!member.suspended, 'MEMBER_SUSPENDED', field, `${member.member} is suspended`);
  need(!member.indebted, 'NO_NEW_RISK', field, `${member.member} has an unpaid obligation`);
}

/** The remembered trade these terms repeat exactly, and the price at which it is reversed now. */
function original(
  state: HouseState,
  stream: string,
  instrument: Instrument,
  terms: TradeTerms,
): { readonly remembered: Remembered; readonly reversalPrice: bigint } {
  const key = rememberedKey(stream, terms.tradeId);
  const remembered = known(state.remembered.get(key), 'UNKNOWN_TRADE', 'tradeId', terms.tradeId);
  need(
    remembered.digest === tradeDigest(terms),
    'TRADE_TERMS_DIFFER',
    'tradeId',
    'the terms are not those of the original trade',
  );
  need(!remembered.busted, 'ALREADY_BUSTED', 'tradeId', `${terms.tradeId} was busted before`);
  if (remembered.window === state.openWindow) {
    return { remembered, reversalPrice: BigInt(terms.price) };
  }
  const settled = state.settled.get(instrument.spec.instrument);
  const { price } = known(settled, 'NO_SETTLED_MARK', 'instrument', terms.instrument);
  return { remembered, reversalPrice: price };
}

export function decideBust(
  state: HouseState,
  at: StreamPosition,
  trade: WireTrade,
): EventData['TradeBusted'] {
  const { terms, instrument } = readTerms(state, at.stream.key, trade);
  const { reversalPrice } = original(state, streamKey(at.stream), instrument, terms);
  return { ...at, ...terms, reversalPrice: reversalPrice.toString() };
}

export function decideCorrection(
  state: HouseState,
  at: StreamPosition,
  trade: WireTrade,
  replacement: WireTrade,
): EventData['TradeCorrected'] {
  const { terms, instrument } = readTerms(state, at.stream.key, trade);
  const stream = streamKey(at.stream);
  const { reversalPrice, remembered } = original(state, stream, instrument, terms);
  const next = readTerms(state, at.stream.key, replacement).terms;
  const taken = state.remembered.has(rememberedKey(stream, next.tradeId));
  need(
    next.tradeId === terms.tradeId || !taken,
    'TRADE_ID_CONFLICT',
    'replacement.tradeId',
    `trade id ${next.tradeId} was used before`,
  );
  needAdmission(state, at.stream.venue, next, instrument, {
    ...terms,
    ...remembered.carriers,
  });
  return { ...at, ...terms, reversalPrice: reversalPrice.toString(), replacement: next };
}

/** For give-ups: the remembered trade they are about. */
export function tradeToGiveUp(
  state: HouseState,
  venue: string,
  trade: WireTrade,
): { readonly terms: TradeTerms; readonly remembered: Remembered } {
  const { terms, instrument } = readTerms(state, trade.instrument, trade);
  const stream = streamKey({ venue, topic: 'trades', key: trade.instrument });
  const { remembered } = original(state, stream, instrument, terms);
  return { terms, remembered };
}
