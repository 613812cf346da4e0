import type { Book, OpenOrder, Quantity, RiskPosition } from '../../book.js';
import { byCodeUnits, sumOf, toFloat } from '../../exact.js';
import type { ScenarioArray } from '../../kernel/port.js';
import type { Fallback } from '../../requirement.js';
import { finite, within } from '../../risk-error.js';
import type { Scenarios } from '../../scenarios/scenarios.js';
import type { Part } from '../../explain.js';
import { assetWorth } from './instrument-risk.js';
import { notPositive } from './instrument-check.js';
import type { Arrays, MarketRisk } from './market-risk.js';

/** Collateral stands among what moves under its asset's id after this. */
export const ASSET = 'asset:';

/** One netted position of the account, in order of instrument id. */
export interface Leg extends Arrays {
  readonly id: string;
  readonly quantity: number;
}

/** What moves in the scenarios: positions and collateral alike, each with the set it moves in. */
export interface Moving {
  readonly id: string;
  readonly set: Scenarios;
  readonly array: ScenarioArray;
  readonly quantity: number;
  readonly factor: number;
  /** First derivative: numeraire per unit of quantity and 1.00 of the factor's shock. */
  readonly slope: number;
}

/** An account as the model sees it: netted, sorted, in floats. */
export interface Account {
  readonly legs: readonly Leg[];
  readonly moving: readonly Moving[];
  /** Equity after haircuts, with what makes it up; and before them. */
  readonly equity: Part;
  readonly equityBeforeHaircuts: number;
  /** Net unrealised profit since the last settlement. */
  readonly unrealised: number;
  readonly fallbacks: readonly Fallback[];
}

/** Contracts or coins beyond which a quantity is a mistake, and sums would leave float64. */
const MOST = 1e24;

/** Quantities of one id summed exactly, zeros dropped, in code-unit order of id: the order of the book's entries is gone. */
export function netted(
  entries: readonly (Quantity & { readonly id: string })[],
): readonly { readonly id: string; readonly quantity: number }[] {
  const byId = new Map<string, Quantity[]>();
  for (const entry of entries) {
    const kept = byId.get(entry.id);
    if (kept) kept.push(entry);
    else byId.set(entry.id, [entry]);
  }
  const out: { readonly id: string; readonly quantity: number }[] = [];
  for (const id of [...byId.keys()].sort(byCodeUnits)) {
    const same = byId.get(id) ?? [];
    const { quantity, quantityScale } = (same.length === 1 && same[0]) || sumOf(same);
    if (quantity === 0n) continue;
    const units = within(toFloat(quantity, quantityScale, id), -MOST, MOST, `${id} quantity`);
    out.push({ id, quantity: units });
  }
  return out;
}

/** The account of a book in a market. Throws `RiskError` as the reader of instruments does. */
export function accountOf(book: Book, risk: MarketRisk): Account {
  const legs = legsOf(book.positions, risk);
  const holdings = netted(book.collateral.map((each) => ({ ...each, id: each.asset })));
  const worths = holdings.map((each) => holdingWorth(each, risk));
  const options = legs.flatMap((leg) => upFrontWorth(leg));
  const unrealised = unrealisedOf(book.positions, risk);
  const parts: Part[] = [
    ...worths.map(({ part }) => part),
    ...options,
    { name: 'unrealised', value: unrealised },
  ];
  return {
    legs,
    moving: [...legs.flatMap(movingLeg), ...holdings.flatMap((each) => movingAsset(each, risk))],
    equity: { name: 'equity', value: total(parts), parts },
    equityBeforeHaircuts: total([
      ...worths.map(({ full }) => ({ name: '', value: full })),
      ...options,
      { name: '', value: unrealised },
    ]),
    unrealised,
    fallbacks: [
      ...legs.flatMap(({ risk: { fallbacks } }) => fallbacks),
      ...worths.flatMap(({ fallbacks }) => fallbacks),
    ],
  };
}

/** Positions as legs, netted. */
export function legsOf(
  positions: readonly (Quantity & { readonly instrument: string })[],
  risk: MarketRisk,
): readonly Leg[] {
  const entries = positions.map(({ instrument: id, quantity, quantityScale }) => ({
    id,
    quantity,
    quantityScale,
  }));
  return netted(entries).map(({ id, quantity }) => {
    const { terms, array, grid, risk: own } = risk.instrument(id);
    return { id, quantity, terms, risk: own, ...(array && { array }), ...(grid && { grid }) };
  });
}

/** What an account holds: the part of it that orders change. */
export type Held = Pick<Account, 'legs' | 'moving'>;

/** The account with some orders filled at the mark. */
export function withFilled(account: Held, orders: readonly OpenOrder[], risk: MarketRisk): Held {
  const filled = new Map(account.legs.map((leg) => [leg.id, leg]));
  for (const order of legsOf(orders, risk)) {
    const held = filled.get(order.id)?.quantity ?? 0;
    filled.set(order.id, { ...order, quantity: held + order.quantity });
  }
  const legs = [...filled.values()].toSorted((a, b) => byCodeUnits(a.id, b.id));
  const collateral = account.moving.filter(({ id }) => id.startsWith(ASSET));
  return { legs, moving: [...legs.flatMap(movingLeg), ...collateral] };
}

/** Orders as an account may meet them: all its bids filled, or all its asks. Sides without an order are left out. */
export function orderSides(orders: readonly OpenOrder[] = []): readonly (readonly OpenOrder[])[] {
  const bids = orders.filter(({ quantity }) => quantity > 0n);
  const asks = orders.filter(({ quantity }) => quantity <= 0n);
  return [bids, asks].filter(({ length }) => length > 0);
}

export function movingLeg({ id, quantity, array, risk }: Leg): Moving[] {
  const { set, valuation, delta, underlying } = risk;
  if (!array || !set || !valuation) return [];
  const isAbsolute = 'move' in valuation && valuation.move === 'absolute';
  const slope = isAbsolute ? delta : delta * (underlying?.price ?? 0);
  return [{ id, set, array, quantity, factor: valuation.factor, slope }];
}

function movingAsset(
  { id, quantity }: { readonly id: string; readonly quantity: number },
  risk: MarketRisk,
): Moving[] {
  if (id === risk.market.numeraire.asset) return [];
  const asset = risk.asset(id);
  return asset ? [{ id: `${ASSET}${id}`, quantity, ...asset }] : [];
}

/** What an asset counts for: a holding is cut by its haircut, a debt grows by it. */
function holdingWorth(
  { id, quantity }: { readonly id: string; readonly quantity: number },
  { market, reader }: MarketRisk,
): { readonly part: Part; readonly full: number; readonly fallbacks: readonly Fallback[] } {
  if (id === market.numeraire.asset) {
    return { part: { name: id, value: quantity }, full: quantity, fallbacks: [] };
  }
  const { price, haircut, fallbacks } = assetWorth(reader, market, id);
  const full = quantity * price;
  const cut = Math.abs(full) * haircut;
  const parts = [
    { name: 'worth', value: full },
    { name: 'haircut', value: -cut },
  ];
  return { part: { name: id, value: full - cut, parts }, full, fallbacks };
}

/** Premium paid up front, spot not yet delivered: its worth is equity. */
function upFrontWorth({ id, quantity, risk: { upFront, size, mark } }: Leg): Part[] {
  return upFront ? [{ name: id, value: quantity * size * mark }] : [];
}

/** Gains and losses since the last settlement, of what is settled daily. Positions in order of instrument, then of price. */
function unrealisedOf(positions: readonly RiskPosition[], market: MarketRisk): number {
  const open = positions
    .filter(({ settledPrice }) => settledPrice !== undefined)
    .toSorted(
      (a, b) =>
        byCodeUnits(a.instrument, b.instrument) ||
        (a.settledPrice ?? 0) - (b.settledPrice ?? 0) ||
        Number(a.quantity - b.quantity),
    );
  let sum = 0;
  for (const { instrument, quantity, quantityScale, settledPrice } of open) {
    const { risk } = market.instrument(instrument);
    if (risk.upFront) continue;
    const from = finite(settledPrice ?? risk.mark, `${instrument} settledPrice`);
    const units = toFloat(quantity, quantityScale, instrument) * risk.size;
    const inverse = risk.instrument.settlement === 'inverse';
    if (inverse && !(from > 0)) throw notPositive(`${instrument} settledPrice`, from);
    sum += inverse ? units * (risk.mark / from - 1) : units * (risk.mark - from);
  }
  return sum;
}

function total(parts: readonly Part[]): number {
  return parts.reduce((sum, { value }) => sum + value, 0);
}
