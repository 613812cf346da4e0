import { accountBook, balance } from '../books.js';
import { LedgerBroken } from '../broken.js';
import { divFloor } from '../decimal.js';
import type { HouseState } from '../state.js';
import { HOUSE_INDEX, unitOf } from './state.js';

/**
 * After a cycle no member has more on its chain, once all legs are final, than the ledger says: its cash in whole rail units and
 * what is reserved and in no leg. It has less only where the house was short there. Zero sums and floors are checked leg by leg.
 */
export function assertRails(state: HouseState): void {
  const reserved = reservedOf(state);
  for (const [key, { account, rail: id, index, committed }] of state.rails.accounts) {
    if (index === HOUSE_INDEX) continue;
    const rail = state.rails.rails.get(id)!;
    const unit = unitOf(state, rail);
    const cash = balance(state, rail.asset, accountBook(account, 'cash'));
    const most = divFloor(cash, unit) + (reserved.get(key) ?? 0n) / unit;
    if (committed <= most) continue;
    throw new LedgerBroken(`${account} has ${committed} of ${most} on ${id}`);
  }
}

/** `account|rail` -> reserved and in no leg, minor units. */
function reservedOf({ withdrawals }: HouseState): Map<string, bigint> {
  const sums = new Map<string, bigint>();
  for (const { account, amount, reserved, seq } of withdrawals.values()) {
    if (reserved === undefined || seq !== undefined) continue;
    const key = `${account}|${reserved.rail}`;
    sums.set(key, (sums.get(key) ?? 0n) + amount);
  }
  return sums;
}
