import type { RiskFactor } from '#events';
import { reject } from '../codes.js';
import { need, Refusal } from '../decide/context.js';
import { divCeil, pow10 } from '../decimal.js';
import type { FactorHistory } from '../risk/state.js';
import type { HouseState, SettledPrice } from '../state.js';

/** Windows without a fresh mark after which a price yields to one that is fresh, as in the assessor. */
const STALE_AFTER = 3;

interface FreeMargin {
  readonly history: FactorHistory;
  /** Minor units of the history's numeraire; below zero where more is asked than there is. */
  readonly free: bigint;
}

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
  const margin = freeMargin(state, account);
  if (margin === undefined) return;
  const { history, free } = margin;
  const taken = valueOf(state, history, asset, amount);
  const units = `minor units of ${history.numeraire}`;
  need(taken <= free, 'INSUFFICIENT_MARGIN', 'amount', `${free} ${units} are free, not ${taken}`);
}

/**
 * The most of an asset that `needFreeMargin` lets go, minor units; undefined where it sets no bound.
 * @throws Refusal where the account was not assessed, or the asset has no price
 */
export function mostFree(state: HouseState, account: string, asset: string): bigint | undefined {
  const margin = freeMargin(state, account);
  if (margin === undefined) return undefined;
  const { history, free } = margin;
  if (free < 0n) return 0n;
  const rate = rateOf(state, history, asset);
  if (rate === undefined || rate.numerator <= 0n) return undefined;
  return (free * rate.denominator) / rate.numerator;
}

function freeMargin(state: HouseState, account: string): FreeMargin | undefined {
  const { active, models, histories, requirements } = state.risk;
  if (active === undefined || !holdsAnything(state, account)) return undefined;
  const requirement = requirements.get(account);
  if (requirement === undefined) {
    throw new Refusal(reject('INSUFFICIENT_MARGIN', 'amount', `${account} was not assessed yet`));
  }
  const history = histories.get(models.get(active)!.history)!;
  let free = requirement.equity - requirement.initialMargin;
  for (const each of state.withdrawals.values()) {
    const since = each.reserved !== undefined && each.reserved.window > requirement.cycle;
    if (each.account !== account || !since) continue;
    free -= valueOf(state, history, each.asset, each.amount);
  }
  return { history, free };
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
  const rate = rateOf(state, history, asset);
  if (rate === undefined) return 0n;
  const value = divCeil(amount * rate.numerator, rate.denominator);
  return value > 0n ? value : 0n;
}

/** Minor units of the numeraire for one of the asset; undefined where no factor prices it. */
function rateOf(
  state: HouseState,
  { factors, numeraire }: FactorHistory,
  asset: string,
): { readonly numerator: bigint; readonly denominator: bigint } | undefined {
  if (asset === numeraire) return { numerator: 1n, denominator: 1n };
  const factor = factors.find(({ kind, assets }) => kind === 'price' && assets.includes(asset));
  if (factor === undefined) return undefined;
  const { price, scale } = priceOf(state, factor, numeraire, asset);
  const [own, theirs] = [state.assets.get(asset)!.scale, state.assets.get(numeraire)!.scale];
  return { numerator: price * pow10(theirs), denominator: pow10(own + scale) };
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
