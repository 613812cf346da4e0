import type {
  AnyRecordedEvent,
  ObligationsData,
  RecordedEvent,
  StreamPosition,
  TradeTerms,
} from '#events';
import type { HouseState } from '#ledger';
import { movementsOf, obligationReason } from './movements.js';
import type { RowBuffer } from './tables.js';
import { upsertWithdrawals } from './withdrawal-rows.js';

/** Appends the rows that are facts of this one event. `state` is the state before it. */
export function appendFacts(
  rows: RowBuffer,
  state: HouseState,
  event: AnyRecordedEvent,
  waits: Map<number, string[]>,
): void {
  appendMovements(rows, state, event);
  if (obligationReason(event.type)) appendObligation(rows, event);
  switch (event.type) {
    case 'TradeNovated':
      return appendTrade(rows, state, event, event.data, event.data.mode);
    case 'TradeBusted':
      return closeTrade(rows, event, 'busted');
    case 'TradeCorrected': {
      closeTrade(rows, event, 'corrected');
      const mode = state.venues.get(event.data.stream.venue)!.mode;
      return appendTrade(rows, state, event, event.data.replacement, mode);
    }
    case 'InputRejected':
      return appendReject(rows, event);
    case 'WithdrawalRequested':
    case 'WithdrawalCompleted':
    case 'WithdrawalRejected':
    case 'WithdrawalReserved':
    case 'WithdrawalReleased':
    case 'SettlementLegDue':
    case 'SettlementLegFinalized':
      return upsertWithdrawals(rows, state, event);
    case 'WaitEnded': {
      const { cycle, missing } = event.data;
      return void waits.set(cycle, [...(waits.get(cycle) ?? []), ...missing]);
    }
    default:
      appendCycleFacts(rows, event, waits);
  }
}

function appendCycleFacts(
  rows: RowBuffer,
  event: AnyRecordedEvent,
  waits: Map<number, string[]>,
): void {
  const at = event.position;
  switch (event.type) {
    case 'WindowReconciled':
      return appendReconciliation(rows, event);
    case 'SettlementPriceSet': {
      const { cycle, instrument, price, stale, freshCycle, rule, evidence } = event.data;
      const json = [{ json: rule }, { json: evidence }];
      const row = [cycle, instrument, price, stale, freshCycle, ...json, at];
      return rows.append('settlementPrice', row);
    }
    case 'ShortfallRecorded': {
      const { cycle, account, asset, member, owed, shortfall } = event.data;
      return rows.append('shortfall', [cycle, account, asset, member, owed, shortfall, at]);
    }
    case 'CycleCompleted': {
      const { cycle, endsAt, complete } = event.data;
      rows.append('cycle', [cycle, endsAt, complete, { json: waits.get(cycle) ?? [] }, at]);
      waits.delete(cycle);
    }
  }
}

function appendMovements(rows: RowBuffer, state: HouseState, event: AnyRecordedEvent): void {
  movementsOf(event).forEach((movement, ordinal) => {
    const { account, asset, book, amount, reason, reference, cycle, instrument } = movement;
    const member = state.accounts.get(account)!.member;
    rows.append('movement', [
      ...[event.position, ordinal, account, member, asset, book, amount, reason],
      ...[reference, cycle, instrument, event.occurredAt],
    ]);
  });
}

function appendTrade(
  rows: RowBuffer,
  state: HouseState,
  event: { readonly position: number; readonly data: StreamPosition },
  terms: TradeTerms,
  mode: string,
): void {
  const { stream, window, sequence } = event.data;
  const { instrument, tradeId, buyer, seller, quantity, price, executedAt } = terms;
  const members = [state.accounts.get(buyer)!.member, state.accounts.get(seller)!.member];
  rows.append('trade', [
    ...[event.position, stream.venue, instrument, tradeId, window, sequence, mode],
    ...[buyer, seller, ...members, quantity, price, executedAt, 'novated', undefined, undefined],
  ]);
}

function closeTrade(
  rows: RowBuffer,
  event: RecordedEvent<'TradeBusted'> | RecordedEvent<'TradeCorrected'>,
  status: 'busted' | 'corrected',
): void {
  const { stream, instrument, tradeId, reversalPrice } = event.data;
  const closedPosition = event.position;
  const { venue } = stream;
  rows.closings.push({ venue, instrument, tradeId, status, reversalPrice, closedPosition });
}

function appendReject(rows: RowBuffer, event: RecordedEvent<'InputRejected'>): void {
  const { code, field, reason, fix, at, consumed, source } = event.data;
  const stream = at?.stream;
  rows.append('rejectedInput', [
    ...[event.position, code, field, reason, fix],
    ...[stream?.venue, stream?.topic, stream?.key, at?.sequence, at?.window],
    ...[consumed, source.channel, source.sha256, source.bytes, event.occurredAt],
  ]);
}

function appendObligation(rows: RowBuffer, event: AnyRecordedEvent): void {
  const data = event.data as ObligationsData & { readonly rate?: string };
  const { cycle, instrument, asset, price, rate, paid, received, rounding } = data;
  const reason = obligationReason(event.type);
  rows.append('obligationTotal', [
    ...[cycle, instrument, asset, reason, price, rate, paid, received, rounding, event.position],
  ]);
}

function appendReconciliation(rows: RowBuffer, event: RecordedEvent<'WindowReconciled'>): void {
  const { venue, window, streams } = event.data;
  for (const stream of streams) {
    const { topic, key, lastSequence, count, controlTotal, ourCount, ourControlTotal } = stream;
    rows.append('windowReconciliation', [
      ...[venue, window, topic, key, lastSequence, count, controlTotal],
      ...[ourCount, ourControlTotal, stream.matched, event.position],
    ]);
  }
}
