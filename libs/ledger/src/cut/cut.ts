import type { AnyNewEvent } from '#events';
import { cutDue, missingStreams } from '../barrier.js';
import { accountBook, house, posting } from '../books.js';
import { reject } from '../codes.js';
import { abs } from '../decimal.js';
import { fact, type Origin } from '../decide/context.js';
import { byCode, type HouseState } from '../state.js';
import { LedgerBroken } from '../broken.js';
import { emitLegs } from '../rails/legs.js';
import { Reserves } from '../rails/reserves.js';
import { railsOf } from '../rails/state.js';
import { activateModels } from '../risk/activate.js';
import type { Cut } from './facts.js';
import { calculateObligations } from './obligations.js';
import { type CyclePrice, settlementPrices } from './prices.js';
import { reconcile } from './reconcile.js';
import { CashView, settleAsset } from './settlement.js';

/**
 * The settlement cycle of the open window, as facts. Pure: it reads the state and computes what follows from it, so each step sees
 * the result of the earlier ones through the values it is handed, never through a changed state.
 */
export function decideCut(state: HouseState): AnyNewEvent[] {
  if (!cutDue(state)) throw new LedgerBroken(`window ${state.openWindow} is not complete`);
  const cycle = state.openWindow;
  const endsAt = endOf(state);
  const origin: Origin = { source: `cut|${cycle}`, actor: 'novate', occurredAt: endsAt };
  const events: AnyNewEvent[] = [];
  const add: Cut['add'] = (type, data) => {
    events.push(fact(origin, events.length, type, data));
  };
  const cut: Cut = { state, cycle, endsAt, add };
  reconcile(cut);
  const prices = settlementPrices(cut);
  const dues = calculateObligations(cut, prices);
  const cash = new CashView(state);
  const assets = [...state.assets.keys()].sort(byCode);
  const reserves = new Reserves(cut, cash);
  for (const asset of assets) settleAsset(cut, asset, dues, cash, reserves);
  payWithdrawals(cut, cash);
  reserves.releaseIndebted();
  emitLegs(cut, cash, reserves);
  checkLimits(cut, prices);
  activateModels(cut);
  const complete = missingStreams(state).length === 0;
  add('CycleCompleted', { cycle, endsAt, complete });
  return events;
}

/** The earliest end any venue stated, so that no venue alone can bring an expiry forward; an operator's where the wait was ended. */
function endOf(state: HouseState): number {
  if (state.waitEnded !== undefined) return state.waitEnded.endsAt;
  const closings = [...(state.closings.get(state.openWindow)?.values() ?? [])];
  return closings.reduce((earliest, c) => Math.min(earliest, c.endsAt), Number.MAX_SAFE_INTEGER);
}

/** Of assets without a rail: paid in order of id, in full or not at all. What was reserved leaves with a leg. */
function payWithdrawals(cut: Cut, cash: CashView): void {
  const ids = [...cut.state.withdrawals.keys()].sort(byCode);
  for (const withdrawalId of ids) {
    const { account, asset, amount, reserved } = cut.state.withdrawals.get(withdrawalId)!;
    if (reserved !== undefined) continue;
    const { cycle } = cut;
    // Asked for before the asset had its first rail: what it held is on no chain.
    const railed = railsOf(cut.state, asset).length > 0;
    if (railed || cash.indebted(account) || cash.of(asset, account) < amount) {
      const { code } = reject('INSUFFICIENT_CASH', 'amount', 'not in cash at the cut');
      cut.add('WithdrawalRejected', { withdrawalId, cycle, code });
      continue;
    }
    cash.add(asset, account, -amount);
    const postings = [posting(accountBook(account, 'cash'), house.external, asset, amount)];
    cut.add('WithdrawalCompleted', { withdrawalId, cycle, postings });
  }
}

/** Two venues may together have passed a limit that neither saw: it is found here. */
function checkLimits(cut: Cut, prices: ReadonlyMap<string, CyclePrice>): void {
  const { state, cycle } = cut;
  for (const instrument of [...state.positionsOf.keys()].sort(byCode)) {
    const { spec, positionLimit } = state.instruments.get(instrument)!;
    // Spot positions return to zero at the cut; what expires does too.
    if (spec.kind === 'spot' || prices.get(instrument)?.expires === true) continue;
    const positions = state.positionsOf.get(instrument)!;
    for (const account of [...positions.keys()].sort(byCode)) {
      const { quantity } = positions.get(account)!;
      if (abs(quantity) <= positionLimit) continue;
      const data = { cycle, account, instrument };
      cut.add('PositionLimitBreached', {
        ...data,
        quantity: quantity.toString(),
        limit: positionLimit.toString(),
      });
    }
  }
}
