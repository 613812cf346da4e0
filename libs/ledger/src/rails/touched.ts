import type { EventData, SettlementEventData } from '#events';
import type { HouseState } from '../state.js';
import { type Of as OfState, type Touch, touchPostings } from '../state-tree/touch.js';
import { HOUSE_ACCOUNT, legKey, settlementKey } from './state.js';

type Of<D> = OfState<D, HouseState>;

/** A chain deposit changes the balance of an account on its rail too. */
export function touchDeposit(touch: Touch, data: EventData['DepositRecorded']): void {
  const { account, chain } = data;
  if (chain !== undefined) touch('settlement-account', settlementKey(account, chain.rail));
}

function indexes(
  touch: Touch,
  { rails }: HouseState,
  rail: string,
  moved: readonly (readonly [index: number, ...rest: unknown[]])[],
): void {
  for (const [index] of moved) {
    const account = rails.byIndex.get(rail)?.get(index)?.account;
    if (account !== undefined) touch('settlement-account', settlementKey(account, rail));
  }
}

const rail = (touch: Touch, { rail: id }: { readonly rail: string }): void => touch('rail', id);
/** The rail and the house's own account on it. */
function withHouse(touch: Touch, { rail: id }: { readonly rail: string }): void {
  touch('rail', id);
  touch('settlement-account', settlementKey(HOUSE_ACCOUNT, id));
}
const withdrawal: Of<EventData['WithdrawalReserved']> = (touch, data) => {
  touchPostings(touch, data);
  touch('withdrawal', data.withdrawalId);
};

export const touchedByRails: { readonly [T in keyof SettlementEventData]: Of<EventData[T]> } = {
  RailProposed: rail,
  RailApproved: withHouse,
  RailWithdrawn: withHouse,
  SettlementAccountOpened: (touch, { account, rail: id }) =>
    touch('settlement-account', settlementKey(account, id)),
  WithdrawalReserved: withdrawal,
  WithdrawalReleased: withdrawal,
  WithdrawalSettled: withdrawal,
  SettlementLegDue: (touch, data, state) => {
    touch('rail', data.rail);
    touch('settlement-leg', legKey(data.rail, data.seq));
    indexes(touch, state, data.rail, data.entries);
    for (const { index, withdrawalId } of data.withdrawals) {
      indexes(touch, state, data.rail, [[index]]);
      touch('withdrawal', withdrawalId);
    }
  },
  SettlementLegFinalized: (touch, { rail: id, seq }, state) => {
    touch('rail', id);
    const key = legKey(id, seq);
    touch('settlement-leg', key);
    const leg = state.rails.legs.get(key);
    indexes(touch, state, id, leg?.entries ?? []);
    for (const withdrawalId of leg?.withdrawals ?? []) {
      const { account } = state.withdrawals.get(withdrawalId)!;
      touch('settlement-account', settlementKey(account, id));
    }
  },
  FinalityViolated: rail,
  RailResumed: rail,
};
