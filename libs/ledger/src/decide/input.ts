import type { AnyNewEvent, EventData, InputSource, StreamPosition, Units } from '#events';
import { accountBook, house, posting } from '../books.js';
import { type Rejection, reject } from '../codes.js';
import type { Command, Decision, InputBody } from '../commands.js';
import { parseDecimal } from '../decimal.js';
import { needCredible } from '../rails/deposit.js';
import { readiness, validStream } from '../readiness.js';
import { type HouseState, type Instrument, rememberedKey, streamKey } from '../state.js';
import { RATE_SCALE } from '../value.js';
import { amountOf, fact, known, need, type Origin, positiveOf, Refusal } from './context.js';
import { decideBust, decideCorrection, decideTrade, knownTrade, needPrice } from './trade.js';

export type InputCommand = Extract<Command, { kind: 'input' }>;

/** A sequenced input: accepted, known already, refused, or not yet its turn. */
export function decideInput(state: HouseState, command: InputCommand): Decision {
  const { at, body } = command;
  const origin = originOf(command);
  const invalid = validStream(state, at.stream);
  if (invalid !== undefined) return refused(state, command, origin, invalid, false);
  const turn = readiness(state, at);
  if (turn === 'wait-gap') return detectGap(state, at, origin);
  if (turn === 'wait-window') {
    const reason = `window ${at.window} opens after the cut of window ${state.openWindow}`;
    return { events: [], rejection: reject('WINDOW_NOT_OPEN', 'window', reason) };
  }
  const repeat = knownBefore(state, at, body);
  if (repeat === 'same') return duplicated(state, command, origin);
  if (repeat !== undefined) return refused(state, command, origin, repeat, turn === 'ready');
  if (turn === 'old') {
    const reason = `sequence ${at.sequence} was taken by another message`;
    const rejection = reject('SEQUENCE_REUSED', 'sequence', reason);
    if (body.type === 'trade' || body.type === 'deposit') {
      return refused(state, command, origin, rejection, false);
    }
    return duplicated(state, command, origin);
  }
  try {
    return { events: [accept(state, at, body, origin)] };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return refused(state, command, origin, error.rejection, true);
  }
}

function originOf(command: InputCommand): Origin {
  const { at, body } = command;
  const occurredAt =
    body.type === 'window-closed' ? body.endsAt : 'trade' in body ? body.trade.executedAt : body.at;
  const source = `${streamKey(at.stream)}|${at.sequence}`;
  const base = { source, actor: command.actor, occurredAt };
  return command.traceparent === undefined ? base : { ...base, traceparent: command.traceparent };
}

/** `same`: accepted before with the same content; a rejection: its id was used for other content. */
function knownBefore(
  state: HouseState,
  at: StreamPosition,
  body: InputBody,
): 'same' | Rejection | undefined {
  if (body.type === 'trade') return knownTrade(state, at, body.trade);
  if (body.type !== 'deposit') return undefined;
  const key = rememberedKey(streamKey(at.stream), body.depositId);
  const remembered = state.remembered.get(key);
  if (remembered === undefined) return undefined;
  const scale = state.assets.get(body.asset)?.scale ?? 0;
  const amount = parseDecimal(body.amount, scale);
  const digest = amount.ok ? `${body.account}|${body.asset}|${amount.units}` : '';
  if (digest === remembered.digest) return 'same';
  const reason = `deposit id ${body.depositId} was used for another deposit`;
  return reject('TRADE_ID_CONFLICT', 'depositId', reason);
}

function duplicated(state: HouseState, command: InputCommand, origin: Origin): Decision {
  const { body } = command;
  const rejection = reject('DUPLICATE', 'sequence', 'accepted before with the same content');
  const data = {
    ...command.at,
    ...('trade' in body ? { tradeId: body.trade.tradeId } : {}),
    reason: rejection.code,
    controlTotal: controlTotal(state, command.at, body),
  };
  // A re-sent message has the id of its first acceptance; the mark keeps the two facts apart.
  const again = {
    ...origin,
    source: `${origin.source}|again|${place(command.source(), command.delivery)}`,
  };
  return { events: [fact(again, 0, 'InputDuplicated', data)], rejection };
}

function refused(
  state: HouseState,
  command: InputCommand,
  origin: Origin,
  rejection: Rejection,
  consumed: boolean,
): Decision {
  const source = command.source();
  const data: EventData['InputRejected'] = {
    ...rejection,
    at: command.at,
    consumed,
    controlTotal: consumed ? controlTotal(state, command.at, command.body) : '0',
    source,
  };
  const id = `${origin.source}|refused|${place(source, command.delivery)}`;
  const event = fact({ ...origin, source: id }, 0, 'InputRejected', data);
  return { events: [event], rejection };
}

/** Tells two deliveries of one message apart. */
export function place(source: InputSource, delivery?: string): string {
  const { channel, topic, partition, offset, sha256 } = source;
  const at = `${channel}|${topic ?? ''}|${partition ?? ''}|${offset ?? ''}|${sha256}`;
  return delivery === undefined ? at : `${at}|${delivery}`;
}

/** What the venue counted for this message, as far as it can be read. */
function controlTotal(state: HouseState, at: StreamPosition, body: InputBody): Units {
  const [text, scale] = summed(state, at, body);
  if (text === undefined || scale === undefined) return '0';
  const parsed = parseDecimal(text, scale);
  return parsed.ok ? parsed.units.toString() : '0';
}

function summed(
  state: HouseState,
  at: StreamPosition,
  body: InputBody,
): readonly [text: string | undefined, scale: number | undefined] {
  const scale = controlScale(state, at.stream.topic, at.stream.key);
  switch (body.type) {
    case 'trade':
    case 'trade-bust':
    case 'trade-correction':
      return [body.trade.quantity, scale];
    case 'deposit':
      return [body.amount, scale];
    case 'mark':
      return [body.price, scale];
    case 'funding':
      return [body.rate, scale];
    case 'window-closed':
      return [undefined, undefined];
  }
}

/** Scale in which a stream's control total is stated. */
function controlScale(state: HouseState, topic: string, key: string): number | undefined {
  if (topic === 'deposits') return state.assets.get(key)?.scale;
  if (topic === 'funding') return RATE_SCALE;
  const spec = state.instruments.get(key)?.spec;
  return topic === 'marks' ? spec?.priceScale : spec?.quantityScale;
}

function detectGap(state: HouseState, at: StreamPosition, origin: Origin): Decision {
  const stream = state.streams.get(streamKey(at.stream));
  const expected = (stream?.lastSequence ?? 0) + 1;
  const reason = `stream expects sequence ${expected}, got ${at.sequence}`;
  const rejection = reject('SEQUENCE_GAP', 'sequence', reason);
  if (stream?.gapAt === expected) return { events: [], rejection };
  const source = `${streamKey(at.stream)}|gap|${expected}`;
  const data = { stream: at.stream, expected, got: at.sequence };
  return { events: [fact({ ...origin, source }, 0, 'GapDetected', data)], rejection };
}

function accept(
  state: HouseState,
  at: StreamPosition,
  body: InputBody,
  origin: Origin,
): AnyNewEvent {
  switch (body.type) {
    case 'trade':
      return fact(origin, 0, 'TradeNovated', decideTrade(state, at, body.trade));
    case 'trade-bust':
      return fact(origin, 0, 'TradeBusted', decideBust(state, at, body.trade));
    case 'trade-correction': {
      const data = decideCorrection(state, at, body.trade, body.replacement);
      return fact(origin, 0, 'TradeCorrected', data);
    }
    case 'deposit':
      return fact(origin, 0, 'DepositRecorded', deposit(state, at, body));
    case 'mark':
      return fact(origin, 0, 'MarkRecorded', mark(state, at, body));
    case 'funding':
      return fact(origin, 0, 'FundingRateRecorded', funding(state, at, body));
    case 'window-closed':
      return fact(origin, 0, 'WindowClosed', closing(state, at, body));
  }
}

/** Credits cash from outside. `account` may be `guarantee`: the house's prefunded guarantee account. */
function deposit(
  state: HouseState,
  at: StreamPosition,
  body: Extract<InputBody, { type: 'deposit' }>,
): EventData['DepositRecorded'] {
  const asset = known(state.assets.get(body.asset), 'UNKNOWN_ASSET', 'asset', body.asset);
  need(body.asset === at.stream.key, 'KEY_MISMATCH', 'asset', 'asset differs from the stream key');
  const guarantee = body.account === 'guarantee';
  if (!guarantee) {
    known(state.accounts.get(body.account), 'UNKNOWN_ACCOUNT', 'account', body.account);
  }
  const amount = positiveOf('amount', body.amount, asset.scale);
  needCredible(state, at, body, amount);
  const to = guarantee ? house.guarantee : accountBook(body.account, 'cash');
  return {
    ...at,
    depositId: body.depositId,
    account: body.account,
    asset: body.asset,
    amount: amount.toString(),
    ...(body.chain === undefined ? {} : { chain: body.chain }),
    postings: [posting(house.external, to, body.asset, amount)],
  };
}

function mark(
  state: HouseState,
  at: StreamPosition,
  body: Extract<InputBody, { type: 'mark' }>,
): EventData['MarkRecorded'] {
  sameKey(at, body.instrument);
  const { spec } = needLive(state, body.instrument);
  const price = amountOf('price', body.price, spec.priceScale);
  needPrice(spec, price);
  return { ...at, instrument: body.instrument, price: price.toString(), at: body.at };
}

function needLive(state: HouseState, id: string): Instrument {
  const instrument = state.instruments.get(id)!;
  need(!instrument.expired, 'INSTRUMENT_EXPIRED', 'instrument', `${id} has expired`);
  return instrument;
}

function funding(
  state: HouseState,
  at: StreamPosition,
  body: Extract<InputBody, { type: 'funding' }>,
): EventData['FundingRateRecorded'] {
  sameKey(at, body.instrument);
  needLive(state, body.instrument);
  const rate = amountOf('rate', body.rate, RATE_SCALE);
  return { ...at, instrument: body.instrument, rate: rate.toString(), at: body.at };
}

function closing(
  state: HouseState,
  at: StreamPosition,
  body: Extract<InputBody, { type: 'window-closed' }>,
): EventData['WindowClosed'] {
  const { venue } = at.stream;
  // The first one counts: whether a second one came before the cut would depend on who else had closed by then.
  const closed = state.closings.get(at.window)?.has(venue) === true;
  need(!closed, 'WINDOW_CLOSED', 'window', `${venue} closed window ${at.window} before`);
  const streams = body.streams.map((s) => {
    const invalid = validStream(state, { venue, topic: s.topic, key: s.key });
    if (invalid !== undefined) throw new Refusal(invalid);
    const scale = known(controlScale(state, s.topic, s.key), 'KEY_MISMATCH', 'streams.key', s.key);
    const controlTotal = amountOf('streams.controlTotal', s.controlTotal, scale).toString();
    return { ...s, controlTotal };
  });
  return { ...at, endsAt: body.endsAt, streams };
}

function sameKey(at: StreamPosition, instrument: string): void {
  need(
    instrument === at.stream.key,
    'KEY_MISMATCH',
    'instrument',
    `instrument ${instrument} differs from the stream key ${at.stream.key}`,
  );
}
