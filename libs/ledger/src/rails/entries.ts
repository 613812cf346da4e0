import type { EntryValue, StateEntry } from '../canonical-entry.js';
import type { OpenLeg, Rail, RailsState, SettlementAccount } from './state.js';

/** As `valueOf` of the rest of the state. */
export const railValueOf = {
  rail: (rail: Rail): EntryValue => ({ ...rail }),
  account: ({ index, owner, credited, committed, posted }: SettlementAccount): EntryValue => ({
    ...{ index, owner },
    credited: `${credited}`,
    committed: `${committed}`,
    posted: `${posted}`,
  }),
  leg: ({ cycle, entries, withdrawals }: OpenLeg): EntryValue => ({
    cycle,
    entries: entries.map(([index, delta]) => [index, `${delta}`] as const),
    withdrawals,
  }),
};

export function railEntries({ rails, accounts, legs }: RailsState, out: StateEntry[]): void {
  for (const [id, rail] of rails) out.push(['rail', id, railValueOf.rail(rail)]);
  for (const [id, account] of accounts) {
    out.push(['settlement-account', id, railValueOf.account(account)]);
  }
  for (const [id, leg] of legs) out.push(['settlement-leg', id, railValueOf.leg(leg)]);
}
