import type { EventData } from '#events';
import { LedgerBroken } from './broken.js';
import { moveQuantity } from './positions.js';
import { DEPOSIT_HORIZON, type HouseState, TRADE_HORIZON } from './state.js';

/** An expired contract is gone: its final value is settled already. */
export function expire(state: HouseState, data: EventData['InstrumentExpired']): void {
  state.instruments.get(data.instrument)!.expired = true;
  for (const position of state.positionsOf.get(data.instrument)?.values() ?? []) {
    moveQuantity(state, position, -position.quantity);
    state.positions.delete(`${position.account}|${position.instrument}`);
  }
  state.positionsOf.delete(data.instrument);
}

/** Closes a cycle: what belonged to its window is dropped, the next one opens. */
export function openNextWindow(state: HouseState, cycle: number): void {
  if (cycle !== state.openWindow) throw new LedgerBroken(`cycle ${cycle} is not the open one`);
  state.openWindow = cycle + 1;
  state.waitEnded = undefined;
  state.marks.clear();
  state.funding.clear();
  state.closings.delete(cycle);
  for (const stream of state.streams.values()) stream.windows.delete(cycle);
  for (const position of state.positions.values()) {
    position.cutQuantity = position.quantity;
    position.deltas.clear();
  }
  forget(state, cycle);
  for (const member of state.members.values()) member.indebted = false;
  for (const books of state.books.values()) {
    for (const [book, amount] of books) {
      if (amount < 0n && book.endsWith('/debt')) debtor(state, book.slice(2, -5));
    }
  }
}

function debtor(state: HouseState, account: string): void {
  state.members.get(state.accounts.get(account)!.member)!.indebted = true;
}

/** Windows pass their horizon one by one, so each is looked at when it does and not again. */
function forgetIds(state: HouseState, window: number, gone: (key: string) => boolean): void {
  const keys = state.rememberedIn.get(window);
  if (keys === undefined) return;
  for (const key of keys) {
    if (!gone(key)) continue;
    keys.delete(key);
    state.remembered.delete(key);
  }
  if (keys.size === 0) state.rememberedIn.delete(window);
}

/** Drops what lies beyond its horizon, so that the state stays bounded. */
function forget(state: HouseState, cycle: number): void {
  forgetIds(state, cycle + 1 - TRADE_HORIZON, (key) => !key.includes('|deposits|'));
  forgetIds(state, cycle + 1 - DEPOSIT_HORIZON, () => true);
  for (const [id, window] of state.requests) {
    const horizon = id.startsWith('withdrawal:') ? DEPOSIT_HORIZON : TRADE_HORIZON;
    if (window <= cycle + 1 - horizon) state.requests.delete(id);
  }
  for (const [id, giveUp] of state.giveUps) {
    if (giveUp.window <= cycle + 1 - TRADE_HORIZON) state.giveUps.delete(id);
  }
}
