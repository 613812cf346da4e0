import { byCode, type Instrument, type Mark } from '../state.js';
import { payoff } from '../value.js';
import type { Cut } from './cut.js';

/** What an instrument settles at in this cycle. */
export interface CyclePrice {
  readonly price: bigint | undefined;
  /** True where this cycle is its last. */
  readonly expires: boolean;
  readonly underlyingPrice?: bigint;
}

/**
 * Settlement prices by each instrument's stated rule. Contracts that settle on their own marks come first, so that an
 * expiring one finds the price of its underlying, whatever their names.
 */
export function settlementPrices(cut: Cut): Map<string, CyclePrice> {
  const { state } = cut;
  const prices = new Map<string, CyclePrice>();
  const live = [...state.instruments.values()]
    .filter((i) => !i.expired)
    .sort((a, b) => byCode(a.spec.instrument, b.spec.instrument));
  for (const instrument of live) {
    if (!expiresOnUnderlying(cut, instrument)) {
      const price = priceFromMarks(cut, instrument);
      const expires = isOver(cut, instrument) && price !== undefined;
      prices.set(instrument.spec.instrument, { price, expires });
    }
  }
  for (const instrument of live) {
    if (!expiresOnUnderlying(cut, instrument)) continue;
    prices.set(instrument.spec.instrument, finalPrice(cut, instrument, prices));
  }
  return prices;
}

function isOver(cut: Cut, { spec }: Instrument): boolean {
  return spec.expiry !== undefined && cut.endsAt >= spec.expiry;
}

function expiresOnUnderlying(cut: Cut, instrument: Instrument): boolean {
  return isOver(cut, instrument) && instrument.spec.underlying !== undefined;
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
  const before = cut.state.settled.get(underlying);
  const now = prices.get(underlying)?.price ?? before?.price;
  if (now === undefined) return { price: priceFromMarks(cut, instrument), expires: false };
  const price = payoff(spec, now);
  const fresh = cut.state.marks.has(underlying);
  cut.add('SettlementPriceSet', {
    cycle: cut.cycle,
    instrument: spec.instrument,
    price: price.toString(),
    rule: spec.settlementRule,
    stale: !fresh,
    evidence: [[`settlement|${underlying}`, cut.cycle, now.toString()]],
    freshCycle: fresh ? cut.cycle : (before?.freshCycle ?? cut.cycle),
  });
  return { price, expires: true, underlyingPrice: now };
}

function priceFromMarks(cut: Cut, { spec }: Instrument): bigint | undefined {
  const { state, cycle } = cut;
  const { instrument, settlementRule: rule } = spec;
  const used = lastMarks(state.marks.get(instrument), rule.marks);
  const before = state.settled.get(instrument);
  if (used.length === 0 && before === undefined) return undefined;
  const stale = used.length === 0;
  const price = stale ? before!.price : rulePrice(rule.kind, used);
  cut.add('SettlementPriceSet', {
    cycle,
    instrument,
    price: price.toString(),
    rule,
    stale,
    evidence: used.map((m) => [m.stream, m.sequence, m.price.toString()] as const),
    freshCycle: stale ? before!.freshCycle : cycle,
  });
  return price;
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
