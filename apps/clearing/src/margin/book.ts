import { accountBook, balance } from '#ledger';
import type { HouseState } from '#ledger';
import { byCodeUnits } from '#risk';
import type { Book, Holding, RiskPosition } from '#risk';

/**
 * An account as a model sees it. Cash less debt is collateral; what is due was settled by the cut, and a claim is a promise of
 * others, which secures nothing. Positions are settled at the marks, so none has unrealised profit or loss.
 */
export function bookOf(
  state: HouseState,
  account: string,
  index = positionsByAccount(state),
): Book {
  const collateral: Holding[] = [];
  for (const [asset, { scale: quantityScale }] of state.assets) {
    const cash = balance(state, asset, accountBook(account, 'cash'));
    const quantity = cash + balance(state, asset, accountBook(account, 'debt'));
    if (quantity !== 0n) collateral.push({ asset, quantity, quantityScale });
  }
  collateral.sort((a, b) => byCodeUnits(a.asset, b.asset));
  return { account, positions: index.get(account) ?? [], collateral };
}

/** Open positions of every account, each account's in order of instrument. */
export function positionsByAccount(state: HouseState): ReadonlyMap<string, RiskPosition[]> {
  const index = new Map<string, RiskPosition[]>();
  for (const { account, instrument, quantity } of state.positions.values()) {
    if (quantity === 0n) continue;
    const { quantityScale } = state.instruments.get(instrument)!.spec;
    const held = index.get(account) ?? [];
    index.set(account, held);
    held.push({ instrument, quantity, quantityScale });
  }
  for (const held of index.values()) {
    held.sort((a, b) => byCodeUnits(a.instrument, b.instrument));
  }
  return index;
}
