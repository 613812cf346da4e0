import type { HouseState, SettlementAccount } from '#ledger';
import { decimal } from '../format.js';
import type { Statement } from './statement.js';

/** An account's balance on a chain, at the rail's scale. */
export interface StatementRail {
  readonly rail: string;
  readonly index: number;
  readonly owner: string;
  /** Once every leg is final, by the legs that are, and the difference of the two. */
  readonly committed: string;
  readonly posted: string;
  readonly inFlight: string;
}

export function railsOf(
  { rails }: HouseState,
  account: string,
): { settlement?: readonly StatementRail[] } {
  const own = [...rails.accounts.values()].filter((each) => each.account === account);
  if (own.length === 0) return {};
  own.sort((a, b) => (a.rail < b.rail ? -1 : 1));
  const shown = ({ rail, index, owner, committed, posted }: SettlementAccount): StatementRail => {
    const scale = rails.rails.get(rail)!.railScale;
    return {
      ...{ rail, index, owner },
      committed: decimal(committed, scale),
      posted: decimal(posted, scale),
      inFlight: decimal(committed - posted, scale),
    };
  };
  return { settlement: own.map(shown) };
}

export function withdrawalsOf(state: HouseState, account: string): Statement['pendingWithdrawals'] {
  return [...state.withdrawals.values()]
    .filter((withdrawal) => withdrawal.account === account)
    .sort((a, b) => (a.withdrawalId < b.withdrawalId ? -1 : 1))
    .map(({ withdrawalId, asset, amount, destination, to, reserved, seq }) => {
      const { scale } = state.assets.get(asset)!;
      const status = seq !== undefined ? 'settling' : reserved ? 'reserved' : 'pending';
      const paid = to === undefined ? {} : { to };
      return { withdrawalId, asset, amount: decimal(amount, scale), destination, ...paid, status };
    });
}
