import type { Cut } from '../cut/facts.js';
import type { CashView } from '../cut/settlement.js';
import { divFloor } from '../decimal.js';
import { byCode, type HouseState } from '../state.js';
import { planLegs, type RailMember } from './plan-legs.js';
import type { Reserves } from './reserves.js';
import { HOUSE_ACCOUNT, HOUSE_INDEX, inForce, RAIL_LIMITS, type Rail } from './state.js';
import { settlementKey, type SettlementAccount, unitOf } from './state.js';

/** What each chain has to do after this cycle, rail by rail in order of id; nothing for a rail on which nothing changes. */
export function emitLegs(cut: Cut, cash: CashView, reserves: Reserves): void {
  const { state, cycle } = cut;
  const { rails } = state.rails;
  for (const id of [...rails.keys()].sort(byCode)) {
    const rail = rails.get(id)!;
    if (!inForce(state, rail)) continue;
    const house = state.rails.accounts.get(settlementKey(HOUSE_ACCOUNT, id))!.committed;
    const legs = planLegs(house, membersOf(state, rail, cash, reserves), RAIL_LIMITS);
    legs.forEach(({ entries, withdrawals, houseDelta }, i) => {
      cut.add('SettlementLegDue', {
        ...{ cycle, rail: id, seq: rail.seq + i + 1, leg: i + 1, legs: legs.length },
        entries: entries.map(([index, delta]) => [index, `${delta}`] as const),
        withdrawals: withdrawals.map(({ withdrawalId, index, to, amount }) => ({
          ...{ withdrawalId, index, to },
          amount: `${amount}`,
        })),
        houseDelta: `${houseDelta}`,
      });
    });
  }
}

/** Dust below a rail unit stays in the ledger: a floor of what is owned in all, so it comes back by itself. */
function membersOf(
  state: HouseState,
  rail: Rail,
  cash: CashView,
  reserves: Reserves,
): RailMember[] {
  const unit = unitOf(state, rail);
  const member = ({ account, index, committed }: SettlementAccount): RailMember => {
    const open = reserves.of(rail.asset, account);
    const asked = open.map(({ withdrawalId, to, amount }) => ({
      ...{ withdrawalId, to: to! },
      amount: amount / unit,
    }));
    const reserved = asked.reduce((sum, { amount }) => sum + amount, 0n);
    const target = divFloor(cash.of(rail.asset, account), unit) + reserved;
    // Of a rail whose finality was violated nothing is carried out; it stays reserved.
    return { index, committed, target, asked: rail.frozen ? [] : asked };
  };
  return [...(state.rails.byIndex.get(rail.rail)?.values() ?? [])]
    .filter(({ index }) => index !== HOUSE_INDEX)
    .map(member);
}
