import type { EventData, SettlementEventData } from '#events';
import { post } from '../books.js';
import { LedgerBroken } from '../broken.js';
import type { HouseState, Withdrawal } from '../state.js';
import {
  HOUSE_ACCOUNT,
  HOUSE_INDEX,
  homeOf,
  legKey,
  type OpenLeg,
  type Rail,
  type RailsState,
  type SettlementAccount,
  settlementKey,
  unitOf,
} from './state.js';

type Appliers = {
  readonly [T in keyof SettlementEventData]: (state: HouseState, data: EventData[T]) => void;
};

/** What the facts of settlement do to the state. */
export const railAppliers: Appliers = {
  RailProposed({ rails }, data) {
    rails.rails.set(data.rail, { ...data, status: 'proposed', frozen: false, seq: 0, finalSeq: 0 });
  },
  RailApproved({ rails }, { rail: id, approver, fromWindow }) {
    const rail = railNamed(rails, id);
    Object.assign(rail, { status: 'approved', approver, fromWindow });
    openAccount(rails, {
      account: HOUSE_ACCOUNT,
      rail: id,
      index: HOUSE_INDEX,
      owner: rail.treasury,
    });
  },
  RailWithdrawn({ rails }, { rail: id }) {
    railNamed(rails, id).status = 'withdrawn';
    rails.accounts.delete(settlementKey(HOUSE_ACCOUNT, id));
    rails.byIndex.delete(id);
  },
  SettlementAccountOpened({ rails }, data) {
    openAccount(rails, data);
  },
  WithdrawalReserved(state, { withdrawalId, postings }) {
    post(state, postings);
    const withdrawal = withdrawalNamed(state, withdrawalId);
    const home = homeOf(state, withdrawal.account, withdrawal.asset);
    if (home === undefined) throw new LedgerBroken(`withdrawal ${withdrawalId} has no rail`);
    withdrawal.reserved = { rail: home.rail, window: state.openWindow };
  },
  WithdrawalReleased: endWithdrawal,
  WithdrawalSettled: endWithdrawal,
  SettlementLegDue: legDue,
  SettlementLegFinalized: legFinal,
  FinalityViolated({ rails }, { rail }) {
    railNamed(rails, rail).frozen = true;
  },
  RailResumed({ rails }, { rail }) {
    railNamed(rails, rail).frozen = false;
  },
};

/** A deposit is on its chain for good when it is recorded, so it is posted at once. */
export function creditDeposit(state: HouseState, data: EventData['DepositRecorded']): void {
  if (data.chain === undefined) return;
  const rail = railNamed(state.rails, data.chain.rail);
  const account = state.rails.accounts.get(settlementKey(data.account, rail.rail));
  if (account === undefined) throw new LedgerBroken(`${data.account} is not on ${rail.rail}`);
  const amount = BigInt(data.amount) / unitOf(state, rail);
  account.credited += amount;
  account.committed += amount;
  account.posted += amount;
}

type Opened = EventData['SettlementAccountOpened'];

function openAccount(rails: RailsState, { account, rail, index, owner }: Opened): void {
  putAccount(rails, {
    ...{ account, rail, index, owner },
    ...{ credited: 0n, committed: 0n, posted: 0n },
  });
}

/** Puts an account where it is found by its id and by its index. */
export function putAccount(rails: RailsState, opened: SettlementAccount): void {
  const { account, rail, index } = opened;
  rails.accounts.set(settlementKey(account, rail), opened);
  const indexes = rails.byIndex.get(rail) ?? new Map<number, SettlementAccount>();
  rails.byIndex.set(rail, indexes);
  indexes.set(index, opened);
}

function legDue(state: HouseState, data: EventData['SettlementLegDue']): void {
  const { cycle, rail: id, seq } = data;
  const rail = railNamed(state.rails, id);
  if (seq !== rail.seq + 1) throw new LedgerBroken(`leg ${seq} of ${id} after ${rail.seq}`);
  rail.seq = seq;
  const leg: OpenLeg = {
    ...{ rail: id, seq, cycle },
    entries: data.entries.map(([index, delta]) => [index, BigInt(delta)] as const),
    withdrawals: data.withdrawals.map(({ withdrawalId }) => withdrawalId),
  };
  state.rails.legs.set(legKey(id, seq), leg);
  for (const withdrawalId of leg.withdrawals) withdrawalNamed(state, withdrawalId).seq = seq;
  move(state, rail, leg, 'committed');
}

function legFinal(state: HouseState, { rail: id, seq }: EventData['SettlementLegFinalized']): void {
  const rail = railNamed(state.rails, id);
  const leg = state.rails.legs.get(legKey(id, seq));
  if (leg === undefined || seq !== rail.finalSeq + 1) {
    throw new LedgerBroken(`leg ${seq} of ${id} is final after ${rail.finalSeq}`);
  }
  rail.finalSeq = seq;
  state.rails.legs.delete(legKey(id, seq));
  move(state, rail, leg, 'posted');
}

/** Moves the balances of a leg: they sum to zero but for what leaves the rail, and nobody's goes below it. */
function move(state: HouseState, rail: Rail, leg: OpenLeg, kind: 'committed' | 'posted'): void {
  const place = `${rail.rail} leg ${leg.seq}`;
  const sum = leg.entries.reduce((total, [, delta]) => total + delta, 0n);
  if (sum !== 0n) throw new LedgerBroken(`${place} sums to ${sum}`);
  const unit = unitOf(state, rail);
  const moves = [...leg.entries];
  for (const id of leg.withdrawals) {
    const { account, amount } = withdrawalNamed(state, id);
    const { index } = state.rails.accounts.get(settlementKey(account, rail.rail))!;
    moves.push([index, -amount / unit]);
  }
  const accounts = state.rails.byIndex.get(rail.rail);
  for (const [index, delta] of moves) {
    const account = accounts?.get(index);
    if (account === undefined) throw new LedgerBroken(`${place} names the unknown index ${index}`);
    account[kind] += delta;
    if (account[kind] < 0n) {
      throw new LedgerBroken(`${place} leaves ${account.account} ${account[kind]} ${kind}`);
    }
  }
}

function endWithdrawal(
  state: HouseState,
  { withdrawalId, postings }: EventData['WithdrawalReleased' | 'WithdrawalSettled'],
): void {
  post(state, postings);
  state.withdrawals.delete(withdrawalId);
}

function railNamed(rails: RailsState, id: string): Rail {
  const rail = rails.rails.get(id);
  if (rail === undefined) throw new LedgerBroken(`rail ${id} is not known`);
  return rail;
}

function withdrawalNamed(state: HouseState, id: string): Withdrawal {
  const withdrawal = state.withdrawals.get(id);
  if (withdrawal === undefined) throw new LedgerBroken(`withdrawal ${id} is not known`);
  return withdrawal;
}
