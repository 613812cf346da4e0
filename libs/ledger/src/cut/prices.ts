import { byCode, type HouseState, type Instrument, type Mark } from '../state.js';
import { payoff } from '../value.js';
import type { Cut } from './facts.js';

/** What an instrument settles at in this cycle. */
export interface CyclePrice {
  readonly price: bigint | undefined;
  /** Cycle whose marks the price came from. */
  readonly freshCycle: number | undefined;
  /** True where this cycle is its last. */
  readonly expires: boolean;
  readonly underlyingPrice?: bigint;
}

/**
 * Settlement prices by each instrument's stated rule. An underlying comes before what settles on it, so that an expiring
 * contract finds the price of this cut, whatever their names.
 */
export function settlementPrices(cut: Cut): Map<string, CyclePrice> {
  const { state } = cut;
  const prices = new Map<string, CyclePrice>();
  const live = [...state.instruments.values()]
    .filter((i) => !i.expired)
    .map((instrument) => ({ instrument, depth: depthOf(state, instrument) }))
    .sort((a, b) => a.depth - b.depth || byCode(idOf(a.instrument), idOf(b.instrument)));
  for (const { instrument } of live) {
    const over = isOver(cut, instrument);
    const final = over && instrument.spec.underlying !== undefined;
    const cyclePrice = final
      ? finalPrice(cut, instrument, prices)
      : priceFromMarks(cut, instrument, over);
    prices.set(idOf(instrument), cyclePrice);
  }
  return prices;
}

function idOf({ spec }: Instrument): string {
  return spec.instrument;
}

/** Length of the chain of underlyings; an underlying is listed before what settles on it, so it ends. */
function depthOf(state: HouseState, { spec }: Instrument): number {
  const { underlying } = spec;
  return underlying === undefined ? 0 : 1 + depthOf(state, state.instruments.get(underlying)!);
}

function isOver(cut: Cut, { spec }: Instrument): boolean {
  return spec.expiry !== undefined && cut.endsAt >= spec.expiry;
}

/** Final settlement: the payoff of the underlying's settlement price. Without one yet, expiry waits for it. */
function finalPrice(
  cut: Cut,
  instrument: Instrument,
  prices: ReadonlyMap<string, CyclePrice>,
): CyclePrice {
  const { spec } = instrument;
  const underlying = spec.underlying!;
  // An underlying that expired earlier is remembered at its final price.
  const { price: now, freshCycle } = prices.get(underlying) ?? cut.state.settled.get(underlying)!;
  if (now === undefined || freshCycle === undefined) return priceFromMarks(cut, instrument, false);
  const price = payoff(spec, now);
  cut.add('SettlementPriceSet', {
    cycle: cut.cycle,
    instrument: spec.instrument,
    price: price.toString(),
    rule: spec.settlementRule,
    stale: freshCycle !== cut.cycle,
    evidence: [[`settlement|${underlying}`, cut.cycle, now.toString()]],
    freshCycle,
  });
  return { price, freshCycle, expires: true, underlyingPrice: now };
}

/** Without a mark ever there is no price, and a contract that is over waits for one. */
function priceFromMarks(cut: Cut, { spec }: Instrument, over: boolean): CyclePrice {
  const { state, cycle } = cut;
  const { instrument, settlementRule: rule } = spec;
  const used = lastMarks(state.marks.get(instrument), rule.marks);
  const before = state.settled.get(instrument);
  if (used.length === 0 && before === undefined) {
    return { price: undefined, freshCycle: undefined, expires: false };
  }
  const stale = used.length === 0;
  const price = stale ? before!.price : rulePrice(rule.kind, used);
  const freshCycle = stale ? before!.freshCycle : cycle;
  cut.add('SettlementPriceSet', {
    cycle,
    instrument,
    price: price.toString(),
    rule,
    stale,
    evidence: used.map((m) => [m.stream, m.sequence, m.price.toString()] as const),
    freshCycle,
  });
  return { price, freshCycle, expires: over };
}

/** The last `n` marks of the window over all streams, by time, then stream, then sequence: arrival does not matter. */
function lastMarks(streams: ReadonlyMap<string, Mark[]> | undefined, n: number): Mark[] {
  const marks = [...(streams?.values() ?? [])].flat();
  marks.sort((a, b) => a.at - b.at || byCode(a.stream, b.stream) || a.sequence - b.sequence);
  return marks.slice(-n);
}

function rulePrice(kind: 'last' | 'median', marks: readonly Mark[]): bigint {
  if (kind === 'last') return marks[marks.length - 1]!.price;
  const sorted = marks.map((m) => m.price).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  return sorted[Math.floor((sorted.length - 1) / 2)]!;
}
