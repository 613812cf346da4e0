import type { RecordedEvent } from '#events';
import { homeOf, type HouseState, legKey } from '#ledger';
import type { RowBuffer } from './tables.js';

type Types =
  | 'WithdrawalRequested'
  | 'WithdrawalCompleted'
  | 'WithdrawalRejected'
  | 'WithdrawalReserved'
  | 'WithdrawalReleased'
  | 'SettlementLegDue'
  | 'SettlementLegFinalized';
type Of<T> = T extends Types ? RecordedEvent<T> : never;

/** Where a withdrawal stands after an event. */
interface Standing {
  readonly status: string;
  readonly cycle?: number;
  readonly code?: string;
  readonly seq?: number;
}

/** The rows of all withdrawals an event moves on. `state` is the state before it. */
export function upsertWithdrawals(rows: RowBuffer, state: HouseState, event: Of<Types>): void {
  for (const [id, standing] of standings(state, event)) upsert(rows, state, event, id, standing);
}

function standings(state: HouseState, event: Of<Types>): (readonly [id: string, Standing])[] {
  switch (event.type) {
    case 'WithdrawalRequested':
      return [[event.data.withdrawalId, { status: 'pending' }]];
    case 'WithdrawalReserved':
      return [[event.data.withdrawalId, { status: 'reserved' }]];
    case 'WithdrawalCompleted':
      return [[event.data.withdrawalId, { status: 'completed', cycle: event.data.cycle }]];
    case 'WithdrawalRejected':
    case 'WithdrawalReleased': {
      const { withdrawalId, cycle, code } = event.data;
      const status = event.type === 'WithdrawalRejected' ? 'rejected' : 'released';
      return [[withdrawalId, { status, cycle, code }]];
    }
    case 'SettlementLegDue': {
      const { cycle, seq, withdrawals } = event.data;
      const settling = { status: 'settling', cycle, seq };
      return withdrawals.map(({ withdrawalId }) => [withdrawalId, settling] as const);
    }
    case 'SettlementLegFinalized': {
      const { rail, seq } = event.data;
      const { cycle, withdrawals } = state.rails.legs.get(legKey(rail, seq))!;
      return withdrawals.map((id) => [id, { status: 'settled', cycle, seq }] as const);
    }
  }
}

function upsert(
  rows: RowBuffer,
  state: HouseState,
  event: Of<Types>,
  id: string,
  { status, cycle, code, seq }: Standing,
): void {
  const known = state.withdrawals.get(id);
  const request = event.type === 'WithdrawalRequested' ? event.data : known!;
  const { account, asset, amount, destination, to } = request;
  const { member } = state.accounts.get(account)!;
  const rail =
    event.type === 'WithdrawalReserved'
      ? homeOf(state, account, asset)!.rail
      : known?.reserved?.rail;
  rows.upsert('withdrawal', id, [
    ...[id, account, member, asset, amount, destination, status, cycle, code, to, rail, seq],
    event.position,
  ]);
}
