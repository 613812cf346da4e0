import type { HouseState } from '#ledger';
import type { RailTerms } from '#events';

export type Rail = RailTerms;

/** The house's own index on every rail. */
export const HOUSE_INDEX = 0;

/** Approved rails of a chain, in order of id: every account and leg is of one of them. */
export function railsOfChain(state: HouseState, chainId: number): Rail[] {
  return [...state.rails.rails.values()]
    .filter((rail) => rail.chainId === chainId && rail.status === 'approved')
    .sort((a, b) => (a.rail < b.rail ? -1 : 1));
}
