import { createHash } from 'node:crypto';
import type { RiskFactor } from '#events';
import { canonical } from '#ledger';
import type { FactorHistory, HouseState, Instrument, SettledPrice } from '#ledger';
import { byCodeUnits, toFloat } from '#risk';
import type { AssetMark, Mark, Market, RiskInstrument, Underlying } from '#risk';
import { FactorMap } from './factors.js';
import { riskInstrument } from './instruments.js';

/** Windows without a fresh mark after which a settlement price is no longer trusted. */
export const STALE_AFTER = 3;

/** What the house assumes of an instrument that no factor prices: it is hard to sell. */
const UNMAPPED: Omit<Underlying, 'price' | 'source'> = {
  ...{ group: 'crypto', tier: 'tail', spread: 0.02, adv: 1_000_000, openInterest: 0 },
  ...{ oracleConfidence: 0, crowding: 0 },
};

/** A market, and what in it is assumed because the house does not know it: by instrument or asset. */
export interface HouseMarket extends Market {
  readonly assumed: ReadonlyMap<string, string>;
}

/**
 * The market as the state's settlement prices show it, for every live instrument. A function of the state and the time alone, in
 * sorted order, so that nothing depends on arrival. Options' volatilities are not in it: they need a kernel, see `vols.ts`.
 */
export function houseMarket(state: HouseState, time: number, history: FactorHistory): HouseMarket {
  const { numeraire } = history;
  const scale = state.assets.get(numeraire)!.scale;
  const map = new FactorMap(history);
  const assumed = new Map<string, string>();
  const instruments = new Map<string, RiskInstrument>();
  const marks = new Map<string, Mark>();
  const underlyings = new Map<string, Underlying>();
  const live = [...state.instruments.values()]
    .filter(({ expired }) => !expired)
    .sort((a, b) => byCodeUnits(a.spec.instrument, b.spec.instrument));
  for (const { spec } of live) {
    const id = spec.instrument;
    const factor = map.price(state, id);
    const [vol, basis] = [map.vol(state, id), map.basis(id)];
    const underlying = factor?.factor ?? `instrument:${id}`;
    if (factor === undefined) assumed.set(id, `no factor prices ${id}`);
    instruments.set(
      id,
      riskInstrument(spec, numeraire, {
        underlying,
        ...(vol === undefined ? {} : { volFactor: vol.factor }),
        ...(basis === undefined ? {} : { basisFactor: basis.factor }),
      }),
    );
    const settled = state.settled.get(id);
    const mark = settled && markOf(state, spec.underlying, settled, spec.priceScale);
    if (mark !== undefined) marks.set(id, mark);
    if (factor !== undefined || mark === undefined) continue;
    const { price, source, stale } = mark;
    const own = { ...UNMAPPED, price, source };
    underlyings.set(underlying, stale === undefined ? own : { ...own, stale });
  }
  const interest = openInterest(state, live, instruments, marks);
  for (const factor of map.prices) {
    underlyings.set(factor.factor, underlyingOf(history, factor, instruments, marks, interest));
  }
  const assets = new Map<string, AssetMark>();
  for (const asset of [...state.assets.keys()].sort(byCodeUnits)) {
    if (asset === numeraire) continue;
    const factor = map.asset(asset);
    const priced = factor && underlyings.get(factor.factor)!;
    if (priced === undefined) assumed.set(asset, `no factor prices ${asset}`);
    assets.set(asset, assetMark(factor?.factor, priced));
  }
  return {
    ...{ markSetId: markSetId(state, numeraire), time, numeraire: { asset: numeraire, scale } },
    ...{ instruments, marks, underlyings, assets, pegs: new Map(), assumed },
  };
}

/** Hash of every settlement price with its age: what was known at the cut. */
function markSetId(state: HouseState, numeraire: string): string {
  const prices = [...state.settled]
    .sort(([a], [b]) => byCodeUnits(a, b))
    .map(([id, { price, cycle, freshCycle }]) => [id, `${price}`, cycle, freshCycle]);
  return createHash('sha256')
    .update(`novate/marks|${canonical([numeraire, prices])}`)
    .digest('hex');
}

function markOf(
  state: HouseState,
  underlying: string | undefined,
  settled: SettledPrice,
  priceScale: number,
): Mark {
  const forward = underlying === undefined ? undefined : state.settled.get(underlying);
  return {
    price: toFloat(settled.price, priceScale, 'price'),
    source: 'settlement',
    ...(isStale(settled) ? { stale: true } : {}),
    // An underlying has the price scale of what settles on it.
    ...(forward === undefined ? {} : { forward: toFloat(forward.price, priceScale, 'forward') }),
  };
}

const isStale = ({ cycle, freshCycle }: SettledPrice): boolean => cycle - freshCycle >= STALE_AFTER;

/**
 * Price of the first of a factor's instruments that has a fresh one, else of the first that has any; else the last day of its
 * history, which is old by then.
 */
function underlyingOf(
  history: FactorHistory,
  factor: RiskFactor,
  instruments: ReadonlyMap<string, RiskInstrument>,
  marks: ReadonlyMap<string, Mark>,
  interest: ReadonlyMap<string, number>,
): Underlying {
  const { group, tier, spread, adv } = factor.market!;
  const quality = {
    ...{ group, tier, spread: Number(spread), adv: Number(adv) },
    openInterest: interest.get(factor.factor) ?? 0,
    ...{ oracleConfidence: 1, crowding: 0 },
  };
  const priced = factor.instruments.flatMap((id) => {
    const [instrument, mark] = [instruments.get(id), marks.get(id)];
    if (instrument === undefined || mark === undefined) return [];
    const isLinear = instrument.kind !== 'option' && instrument.kind !== 'payoff';
    return isLinear && instrument.quote === history.numeraire ? [{ id, ...mark }] : [];
  });
  const first = priced.find(({ stale }) => stale !== true) ?? priced[0];
  if (first !== undefined) {
    const { id, price, stale } = first;
    return { ...quality, price, source: id, ...(stale === undefined ? {} : { stale }) };
  }
  const column = history.factors.findIndex((each) => each.factor === factor.factor);
  const price = Number(history.values.at(-1)![column]);
  return { ...quality, price, source: 'history', stale: true };
}

/** Long quantity times size, in the numeraire, summed over a factor's instruments in order of id. */
function openInterest(
  state: HouseState,
  live: readonly Instrument[],
  instruments: ReadonlyMap<string, RiskInstrument>,
  marks: ReadonlyMap<string, Mark>,
): Map<string, number> {
  const interest = new Map<string, number>();
  for (const { spec } of live) {
    const { underlying, contractSize, settlement } = instruments.get(spec.instrument)!;
    let long = 0n;
    for (const { quantity } of state.positionsOf.get(spec.instrument)?.values() ?? []) {
      if (quantity > 0n) long += quantity;
    }
    const price = marks.get(spec.instrument)?.price ?? 0;
    const worth = settlement === 'inverse' ? contractSize : contractSize * Math.abs(price);
    const notional = toFloat(long, spec.quantityScale) * worth;
    interest.set(underlying, (interest.get(underlying) ?? 0) + notional);
  }
  return interest;
}

/** What nobody prices counts for nothing, and twice where it is owed. */
function assetMark(factor: string | undefined, priced: Underlying | undefined): AssetMark {
  if (factor === undefined || priced === undefined) {
    return { price: 1, source: 'none', stale: true, haircut: 1 };
  }
  const { price, source, stale } = priced;
  return { price, source, factor, haircut: 0, ...(stale === undefined ? {} : { stale }) };
}
