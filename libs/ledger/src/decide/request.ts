import type { AnyNewEvent, EventData } from '#events';
import type { Command } from '../commands.js';
import { abs } from '../decimal.js';
import { checkId } from '../ids.js';
import { missingStreams } from '../barrier.js';
import { reserve } from '../rails/reserve.js';
import { expectedSequence, validStream } from '../readiness.js';
import {
  type HouseState,
  positionOf,
  type Remembered,
  rememberedKey,
  streamKey,
} from '../state.js';
import { tradeDigest } from '../trade-digest.js';
import { settlementOf } from '../value.js';
import {
  amountOf,
  fact,
  known,
  need,
  needStep,
  type Origin,
  positiveOf,
  Refusal,
} from './context.js';
import { needPersonal } from './personal.js';
import { tradeToGiveUp } from './trade.js';

type Of<K extends Command['kind']> = Extract<Command, { kind: K }>;

function needFreshRequest(state: HouseState, kind: string, field: string, id: string): void {
  const malformed = checkId(field, id);
  if (malformed !== undefined) throw new Refusal(malformed);
  need(!state.requests.has(`${kind}:${id}`), 'ALREADY_EXISTS', field, `${kind} ${id} exists`);
}

export function acceptGap(
  state: HouseState,
  command: Of<'accept-gap'>,
  origin: Origin,
): AnyNewEvent[] {
  const { stream, to, reason } = command;
  const invalid = validStream(state, stream);
  if (invalid !== undefined) throw new Refusal(invalid);
  const from = expectedSequence(state, stream);
  const noticed = state.streams.get(streamKey(stream))?.gapAt === from;
  const { venue, topic, key } = stream;
  // The venue's closing names a last sequence: what is missing before it is a gap too, with nothing behind it yet.
  const named = state.closings
    .get(state.openWindow)
    ?.get(venue)
    ?.streams.some((s) => s.topic === topic && s.key === key && s.lastSequence >= from);
  const gap = noticed || named === true;
  need(gap, 'NOTHING_TO_WAIT_FOR', 'stream', 'the stream has no gap');
  need(Number.isSafeInteger(to) && to >= from, 'OUT_OF_RANGE', 'to', `to is ${from} or later`);
  return [fact(origin, 0, 'GapAccepted', { stream, from, to, reason })];
}

export function endWait(state: HouseState, command: Of<'end-wait'>, origin: Origin): AnyNewEvent[] {
  const { window, reason, endsAt } = command;
  const open = state.openWindow;
  need(window === open, 'NOTHING_TO_WAIT_FOR', 'window', `window ${open} is the open one`);
  const missing = missingStreams(state);
  return [fact(origin, 0, 'WaitEnded', { cycle: window, endsAt, missing, reason })];
}

/** How ids of withdrawals begin that serve a forced exit: a member could otherwise take the ids of another's. */
export const EXIT_IDS = 'exit-';

export function requestWithdrawal(
  state: HouseState,
  command: Of<'request-withdrawal'>,
  origin: Origin,
): AnyNewEvent[] {
  const { withdrawalId } = command;
  const isFree = !withdrawalId.startsWith(EXIT_IDS);
  need(isFree, 'INVALID_ID', 'withdrawalId', `ids that begin with ${EXIT_IDS} are the house's`);
  return withdraw(state, command, origin);
}

/** On a rail its money is set aside at once; elsewhere nothing is reserved or promised: the cut pays it after the obligations. */
export function withdraw(
  state: HouseState,
  command: Omit<Of<'request-withdrawal'>, 'kind'>,
  origin: Origin,
): AnyNewEvent[] {
  const { withdrawalId, account, asset, destination } = command;
  needFreshRequest(state, 'withdrawal', 'withdrawalId', withdrawalId);
  const { member } = known(state.accounts.get(account), 'UNKNOWN_ACCOUNT', 'account', account);
  const { scale } = known(state.assets.get(asset), 'UNKNOWN_ASSET', 'asset', asset);
  const amount = positiveOf('amount', command.amount, scale);
  needPersonal('destination', destination, member);
  const to = command.to === undefined ? {} : { to: command.to };
  const asked = { withdrawalId, account, asset, ...to };
  const reserved = reserve(state, { ...asked, amount }, origin);
  const data = { ...asked, amount: amount.toString(), destination };
  return [fact(origin, 0, 'WithdrawalRequested', data), ...reserved];
}

export function transferPosition(
  state: HouseState,
  command: Of<'transfer-position'>,
  origin: Origin,
): AnyNewEvent[] {
  const { transferId, from, to, instrument: id } = command;
  needFreshRequest(state, 'transfer', 'transferId', transferId);
  known(state.accounts.get(from), 'UNKNOWN_ACCOUNT', 'from', from);
  const instrument = known(state.instruments.get(id), 'UNKNOWN_INSTRUMENT', 'instrument', id);
  needReceiver(state, from, to, id);
  const quantity = amountOf('quantity', command.quantity, instrument.spec.quantityScale);
  needStep(quantity, instrument.lot, 'OFF_LOT', 'quantity');
  const held = positionOf(state, from, id)?.cutQuantity ?? 0n;
  const within = quantity !== 0n && quantity * held > 0n && abs(quantity) <= abs(held);
  const carries = settlementOf(instrument.spec) !== 'delivery';
  need(within && carries, 'NOT_TRANSFERABLE', 'quantity', `${from} held ${held} at the last cut`);
  const settled = known(state.settled.get(id), 'NO_SETTLED_MARK', 'instrument', id);
  // Where the premium was paid upfront a price would charge it again: the contract moves free of payment.
  const price = settlementOf(instrument.spec) === 'premium' ? 0n : settled.price;
  const data: EventData['PositionTransferred'] = {
    transferId,
    from,
    to,
    instrument: id,
    quantity: quantity.toString(),
    price: price.toString(),
  };
  return [fact(origin, 0, 'PositionTransferred', data)];
}

function needReceiver(state: HouseState, from: string, to: string, instrument: string): void {
  const account = known(state.accounts.get(to), 'UNKNOWN_ACCOUNT', 'to', to);
  need(from !== to, 'SELF_TRADE', 'to', 'from and to are one account');
  const room = account.margin === 'cross' || account.isolatedInstrument === instrument;
  need(room, 'ISOLATED_ACCOUNT', 'to', `${to} is isolated to another instrument`);
  const member = state.members.get(account.member)!;
  need(!member.suspended, 'MEMBER_SUSPENDED', 'to', `${member.member} is suspended`);
  need(!member.indebted, 'NO_NEW_RISK', 'to', `${member.member} has an unpaid obligation`);
}

/** The executing side asks another account to carry its side of a trade. */
export function proposeGiveUp(
  state: HouseState,
  command: Of<'propose-give-up'>,
  origin: Origin,
): AnyNewEvent[] {
  const { giveUpId, venue, trade, side, to } = command;
  needFreshRequest(state, 'give-up', 'giveUpId', giveUpId);
  known(state.venues.get(venue), 'UNKNOWN_VENUE', 'venue', venue);
  const { terms, remembered } = tradeToGiveUp(state, venue, trade);
  needNotGivenUp(remembered, side);
  needReceiver(state, side === 'buy' ? terms.buyer : terms.seller, to, terms.instrument);
  return [fact(origin, 0, 'GiveUpProposed', { giveUpId, terms, venue, side, to })];
}

/** The carrying account takes it: at the trade's price in its own cycle, at the settled price afterwards. */
export function acceptGiveUp(
  state: HouseState,
  command: Of<'accept-give-up'>,
  origin: Origin,
): AnyNewEvent[] {
  const { giveUpId } = command;
  const giveUp = known(state.giveUps.get(giveUpId), 'UNKNOWN_GIVE_UP', 'giveUpId', giveUpId);
  const { instrument: id } = giveUp.terms;
  const instrument = state.instruments.get(id)!;
  const sameCycle = giveUp.tradeWindow === state.openWindow;
  const delivered = settlementOf(instrument.spec) === 'delivery' && !sameCycle;
  need(!delivered, 'NOT_TRANSFERABLE', 'giveUpId', 'the spot trade was delivered at its cut');
  need(!instrument.expired, 'INSTRUMENT_EXPIRED', 'giveUpId', `${id} has expired`);
  const { tradeId } = giveUp.terms;
  const stream = streamKey({ venue: giveUp.venue, topic: 'trades', key: id });
  const remembered = state.remembered.get(rememberedKey(stream, tradeId));
  const trade = known(remembered, 'UNKNOWN_TRADE', 'tradeId', tradeId);
  // A correction may have put other terms under the same id.
  const same = trade.digest === tradeDigest(giveUp.terms) && trade.window === giveUp.tradeWindow;
  need(same, 'TRADE_TERMS_DIFFER', 'giveUpId', 'the trade has other terms now');
  need(!trade.busted, 'ALREADY_BUSTED', 'giveUpId', 'the trade was busted');
  needNotGivenUp(trade, giveUp.side);
  needReceiver(state, giveUp.from, giveUp.to, id);
  const price = sameCycle
    ? giveUp.terms.price
    : known(state.settled.get(id), 'NO_SETTLED_MARK', 'instrument', id).price.toString();
  return [fact(origin, 0, 'GiveUpAccepted', { giveUpId, price })];
}

function needNotGivenUp({ carriers }: Remembered, side: 'buy' | 'sell'): void {
  const carrier = side === 'buy' ? carriers?.buyer : carriers?.seller;
  need(carrier === undefined, 'NOT_TRANSFERABLE', 'side', `${carrier} carries that side already`);
}

export function rejectGiveUp(
  state: HouseState,
  command: Of<'reject-give-up'>,
  origin: Origin,
): AnyNewEvent[] {
  const { giveUpId, reason } = command;
  known(state.giveUps.get(giveUpId), 'UNKNOWN_GIVE_UP', 'giveUpId', giveUpId);
  return [fact(origin, 0, 'GiveUpRejected', { giveUpId, reason })];
}
