import { type HouseState, inForce, type Rail } from '#ledger';

export { HOUSE_INDEX, type Rail } from '#ledger';

/** Rails of a chain that are in force, in order of id: every account and leg is of one of them. */
export function railsOfChain(state: HouseState, chainId: number): Rail[] {
  return [...state.rails.rails.values()]
    .filter((rail) => rail.chainId === chainId && inForce(state, rail))
    .sort((a, b) => (a.rail < b.rail ? -1 : 1));
}

/** Custodians of a chain. The house waits for the end of their windows before their rails are in force, too. */
export function custodiansOfChain(state: HouseState, chainId: number): string[] {
  const own = [...state.rails.rails.values()].filter(
    (rail) => rail.chainId === chainId && rail.status !== 'withdrawn',
  );
  return [...new Set(own.map(({ custodian }) => custodian))].sort();
}
