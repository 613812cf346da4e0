import type { ObligationEventType, ObligationsData } from '#events';
import { pow10 } from '../decimal.js';
import { byCode, type HouseState, type Instrument, type Position } from '../state.js';
import { cumulativeFee, cumulativeValue, fundingAmount, settlementOf } from '../value.js';
import type { Cut } from './facts.js';
import type { CyclePrice } from './prices.js';

/** asset -> account -> net due of this cycle; plus the fees the house earned per asset. */
export class Dues {
  readonly accounts = new Map<string, Map<string, bigint>>();
  readonly fees = new Map<string, bigint>();

  add(asset: string, account: string, amount: bigint): void {
    const accounts = this.accounts.get(asset) ?? new Map<string, bigint>();
    accounts.set(account, (accounts.get(account) ?? 0n) + amount);
    this.accounts.set(asset, accounts);
  }
}

type Entry = readonly [account: string, cumulative: bigint, amount: bigint];

/** Everything instruments owe and pay in this cycle, instrument by instrument, each account apart. */
export function calculateObligations(cut: Cut, prices: ReadonlyMap<string, CyclePrice>): Dues {
  const dues = new Dues();
  for (const id of [...prices.keys()].sort(byCode)) {
    const instrument = cut.state.instruments.get(id)!;
    const cyclePrice = prices.get(id)!;
    const positions = sortedPositions(cut.state, id);
    settleValues(cut, dues, instrument, positions, cyclePrice);
    payFunding(cut, dues, instrument, positions, cyclePrice);
    chargeFees(cut, dues, instrument, positions);
    if (cyclePrice.expires) expire(cut, instrument, cyclePrice);
  }
  return dues;
}

function sortedPositions(state: HouseState, instrument: string): Position[] {
  const positions = [...(state.positionsOf.get(instrument)?.values() ?? [])];
  return positions.sort((a, b) => byCode(a.account, b.account));
}

function settleValues(
  cut: Cut,
  dues: Dues,
  instrument: Instrument,
  positions: readonly Position[],
  { price, expires }: CyclePrice,
): void {
  const settlement = settlementOf(instrument.spec);
  const marked = settlement === 'variation-margin' || (settlement === 'premium' && expires);
  if (settlement === 'variation-margin' && price === undefined) return;
  const entries: Entry[] = [];
  for (const position of positions) {
    const value = cumulativeValue(cut.state, instrument, position, marked ? price : undefined);
    const amount = value - position.settledValue;
    if (amount !== 0n) entries.push([position.account, value, amount]);
  }
  const type = {
    'variation-margin': 'VariationMarginCalculated',
    premium: expires ? 'ExerciseCalculated' : 'PremiumCalculated',
    delivery: 'DeliveryCalculated',
  } as const;
  const asset = instrument.spec.settlementAsset;
  oblige(cut, dues, type[settlement], instrument, asset, entries, marked ? price : undefined);
  if (settlement === 'delivery') deliverBase(cut, dues, instrument, positions);
}

/** Spot: the base quantity itself changes hands. Exact, so nothing is left to round. */
function deliverBase(
  cut: Cut,
  dues: Dues,
  instrument: Instrument,
  positions: readonly Position[],
): void {
  const { quantityScale, contractSizeScale, baseAsset } = instrument.spec;
  const asset = baseAsset!;
  const up = pow10(cut.state.assets.get(asset)!.scale - quantityScale - contractSizeScale);
  const unit = instrument.contractSize * up;
  const entries = positions
    .filter((p) => p.quantity !== 0n)
    .map((p): Entry => [p.account, (p.bought - p.sold) * unit, p.quantity * unit]);
  oblige(cut, dues, 'DeliveryCalculated', instrument, asset, entries, undefined);
}

function payFunding(
  cut: Cut,
  dues: Dues,
  instrument: Instrument,
  positions: readonly Position[],
  { price }: CyclePrice,
): void {
  const rate = cut.state.funding.get(instrument.spec.instrument);
  const margined = settlementOf(instrument.spec) === 'variation-margin';
  if (rate === undefined || rate === 0n || price === undefined || !margined) return;
  const entries: Entry[] = [];
  for (const position of positions) {
    const amount = fundingAmount(cut.state, instrument, position, price, rate);
    if (amount !== 0n) entries.push([position.account, amount, amount]);
  }
  const asset = instrument.spec.settlementAsset;
  const data = summarise(cut, dues, instrument, asset, entries, price);
  if (data !== undefined) cut.add('FundingCalculated', { ...data, rate: rate.toString() });
}

function chargeFees(
  cut: Cut,
  dues: Dues,
  instrument: Instrument,
  positions: readonly Position[],
): void {
  const asset = instrument.spec.settlementAsset;
  const entries: Entry[] = [];
  let earned = 0n;
  for (const position of positions) {
    const fee = cumulativeFee(cut.state, instrument, position);
    const amount = position.feeCharged - fee;
    if (amount === 0n) continue;
    entries.push([position.account, fee, amount]);
    earned -= amount;
  }
  if (entries.length === 0) return;
  dues.fees.set(asset, (dues.fees.get(asset) ?? 0n) + earned);
  for (const [account, , amount] of entries) dues.add(asset, account, amount);
  cut.add('FeesCalculated', {
    ...totals(cut, instrument, asset, entries),
    rounding: '0',
  });
}

function oblige(
  cut: Cut,
  dues: Dues,
  type: Exclude<ObligationEventType, 'FundingCalculated' | 'FeesCalculated'>,
  instrument: Instrument,
  asset: string,
  entries: readonly Entry[],
  price: bigint | undefined,
): void {
  const data = summarise(cut, dues, instrument, asset, entries, price);
  if (data !== undefined) cut.add(type, data);
}

/** Adds entries to the dues; what they do not sum to is the house's rounding. */
function summarise(
  cut: Cut,
  dues: Dues,
  instrument: Instrument,
  asset: string,
  entries: readonly Entry[],
  price: bigint | undefined,
): ObligationsData | undefined {
  if (entries.length === 0) return undefined;
  for (const [account, , amount] of entries) dues.add(asset, account, amount);
  const data = totals(cut, instrument, asset, entries);
  return price === undefined ? data : { ...data, price: price.toString() };
}

function totals(
  cut: Cut,
  instrument: Instrument,
  asset: string,
  entries: readonly Entry[],
): ObligationsData {
  let paid = 0n;
  let received = 0n;
  for (const [, , amount] of entries) {
    if (amount < 0n) paid -= amount;
    else received += amount;
  }
  return {
    cycle: cut.cycle,
    instrument: instrument.spec.instrument,
    asset,
    entries: entries.map(([account, cumulative, amount]) => [
      account,
      cumulative.toString(),
      amount.toString(),
    ]),
    paid: paid.toString(),
    received: received.toString(),
    rounding: (paid - received).toString(),
  };
}

function expire(cut: Cut, { spec }: Instrument, { price, underlyingPrice }: CyclePrice): void {
  cut.add('InstrumentExpired', {
    cycle: cut.cycle,
    instrument: spec.instrument,
    price: price!.toString(),
    ...(underlyingPrice === undefined ? {} : { underlyingPrice: underlyingPrice.toString() }),
    exercised: spec.option !== undefined && price! > 0n,
  });
}
