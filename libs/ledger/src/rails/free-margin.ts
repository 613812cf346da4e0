import type { RiskFactor } from '#events';
import { reject } from '../codes.js';
import { need, Refusal } from '../decide/context.js';
import { divCeil, pow10 } from '../decimal.js';
import type { FactorHistory } from '../risk/state.js';
import type { HouseState, SettledPrice } from '../state.js';

/** Windows without a fresh mark after which a price yields to one that is fresh, as in the assessor. */
const STALE_AFTER = 3;

/**
 * Refuses a withdrawal above what the account's last assessment leaves free: equity less initial margin, less what was reserved
 * since. An account without a position is free to take its cash, and a house without a model asks for none.
 */
export function needFreeMargin(
  state: HouseState,
  account: string,
  asset: string,
  amount: bigint,
): void {
  const { active, models, histories, requirements } = state.risk;
  if (active === undefined || !holdsAnything(state, account)) return;
  const requirement = requirements.get(account);
  const refused = (reason: string): never => {
    throw new Refusal(reject('INSUFFICIENT_MARGIN', 'amount', reason));
  };
  if (requirement === undefined) return refused(`${account} was not assessed yet`);
  const history = histories.get(models.get(active)!.history)!;
  let taken = valueOf(state, history, asset, amount);
  for (const each of state.withdrawals.values()) {
    const since = each.reserved !== undefined && each.reserved.window > requirement.cycle;
    if (each.account !== account || !since) continue;
    taken += valueOf(state, history, each.asset, each.amount);
  }
  const free = requirement.equity - requirement.initialMargin;
  const units = `minor units of ${history.numeraire}`;
  need(taken <= free, 'INSUFFICIENT_MARGIN', 'amount', `${free} ${units} are free, not ${taken}`);
}

/** A position now, at the last cut or in between: what was closed since may still owe. */
function holdsAnything(state: HouseState, account: string): boolean {
  for (const positions of state.positionsOf.values()) {
    const position = positions.get(account);
    if (position === undefined) continue;
    const { quantity, cutQuantity, deltas } = position;
    if (quantity !== 0n || cutQuantity !== 0n || deltas.size > 0) return true;
  }
  return false;
}

/** Value in the numeraire, rounded up. What no factor prices counts for nothing in equity, so nothing is lost with it. */
function valueOf(state: HouseState, history: FactorHistory, asset: string, amount: bigint): bigint {
  const { factors, numeraire } = history;
  if (asset === numeraire) return amount;
  const factor = factors.find(({ kind, assets }) => kind === 'price' && assets.includes(asset));
  if (factor === undefined) return 0n;
  const { price, scale } = priceOf(state, factor, numeraire, asset);
  const [own, theirs] = [state.assets.get(asset)!.scale, state.assets.get(numeraire)!.scale];
  const value = divCeil(amount * price * pow10(theirs), pow10(own + scale));
  return value > 0n ? value : 0n;
}

/** The settled price of the first of the factor's linear instruments in the numeraire that has a fresh one, else any. */
function priceOf(
  state: HouseState,
  { instruments }: RiskFactor,
  numeraire: string,
  asset: string,
): { readonly price: bigint; readonly scale: number } {
  const settled = instruments.flatMap((id) => {
    const [spec, price] = [state.instruments.get(id)?.spec, state.settled.get(id)];
    if (spec === undefined || price === undefined) return [];
    const linear = spec.payoff === 'linear' && spec.option === undefined && !spec.custom;
    return linear && spec.settlementAsset === numeraire
      ? [{ price: price.price, scale: spec.priceScale, fresh: isFresh(price) }]
      : [];
  });
  const first = settled.find(({ fresh }) => fresh) ?? settled[0];
  if (first !== undefined) return first;
  throw new Refusal(reject('NO_SETTLED_MARK', 'asset', `${asset} has no settled price`));
}

const isFresh = ({ cycle, freshCycle }: SettledPrice): boolean => cycle - freshCycle < STALE_AFTER;
