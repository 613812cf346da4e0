import type { InstrumentSpec } from '#events';
import { checkId } from '../ids.js';
import type { HouseState } from '../state.js';
import { known, need, Refusal } from './context.js';

function check(ok: boolean, field: string, reason: string): void {
  need(ok, 'INVALID_SPECIFICATION', `spec.${field}`, reason);
}

const POSITIVE = /^[1-9]\d{0,37}$/;
const INTEGER = /^-?\d{1,38}$/;

/** Checks a contract specification completely: an instrument that lists can be traded, settled and expired. */
export function checkSpec(state: HouseState, spec: InstrumentSpec): void {
  for (const field of ['priceScale', 'quantityScale', 'contractSizeScale'] as const) {
    const scale = spec[field];
    check(Number.isInteger(scale) && scale >= 0 && scale <= 18, field, 'a scale is 0 to 18');
  }
  for (const field of [
    'contractSize',
    'tick',
    'lot',
    'maxOrderQuantity',
    'positionLimit',
  ] as const) {
    check(POSITIVE.test(spec[field]), field, 'a positive integer of minor units');
  }
  const fee = spec.feePpm;
  check(Number.isInteger(fee) && fee >= 0 && fee <= 100_000, 'feePpm', '0 to 100,000');
  const { settlementAsset, settlementRule, venues } = spec;
  const field = 'spec.settlementAsset';
  known(state.assets.get(settlementAsset), 'UNKNOWN_ASSET', field, settlementAsset);
  check(venues.length >= 1 && venues.length <= 64, 'venues', '1 to 64 venues');
  check(new Set(venues).size === venues.length, 'venues', 'each venue once');
  for (const id of venues) {
    const venue = known(state.venues.get(id), 'UNKNOWN_VENUE', 'spec.venues', id);
    check(venue.kind === 'trading', 'venues', `${id} is not a trading venue`);
  }
  const marks = settlementRule.marks;
  check(
    Number.isInteger(marks) && marks >= 1 && marks <= 1000,
    'settlementRule',
    '1 to 1,000 marks',
  );
  check(settlementRule.kind !== 'last' || marks === 1, 'settlementRule', 'last looks at one mark');
  checkKind(state, spec);
  checkUnderlying(state, spec);
}

function checkKind(state: HouseState, spec: InstrumentSpec): void {
  const { kind, payoff } = spec;
  const inverse = payoff === 'inverse';
  check(!inverse || kind === 'perpetual' || kind === 'future', 'payoff', `a ${kind} is linear`);
  check(!inverse || !spec.allowsNegativePrice, 'allowsNegativePrice', 'not with an inverse payoff');
  check((kind === 'spot') === (spec.baseAsset !== undefined), 'baseAsset', 'spot, and only spot');
  check((kind === 'option') === (spec.option !== undefined), 'option', 'options, and only options');
  check((kind === 'custom') === (spec.custom !== undefined), 'custom', 'custom, and only custom');
  const dated = kind === 'future' || kind === 'option' || kind === 'custom';
  check(dated === (spec.expiry !== undefined), 'expiry', 'dated contracts, and only they');
  if (spec.expiry !== undefined) {
    check(Number.isSafeInteger(spec.expiry) && spec.expiry > 0, 'expiry', 'microseconds UTC');
  }
  if (spec.baseAsset !== undefined) checkSpot(state, spec, spec.baseAsset);
  if (spec.option !== undefined) {
    check(INTEGER.test(spec.option.strike), 'option.strike', 'an integer of minor units');
  }
  if (spec.custom !== undefined) checkKnots(spec.custom.knots);
}

function checkSpot(state: HouseState, spec: InstrumentSpec, base: string): void {
  const asset = known(state.assets.get(base), 'UNKNOWN_ASSET', 'spec.baseAsset', base);
  check(base !== spec.settlementAsset, 'baseAsset', 'base and quote asset differ');
  const decimals = spec.quantityScale + spec.contractSizeScale;
  check(decimals <= asset.scale, 'quantityScale', 'the base asset must hold every decimal');
}

function checkKnots(knots: NonNullable<InstrumentSpec['custom']>['knots']): void {
  check(knots.length >= 2 && knots.length <= 256, 'custom.knots', '2 to 256 knots');
  let before: bigint | undefined;
  for (const knot of knots) {
    const whole = INTEGER.test(knot.underlying) && INTEGER.test(knot.value);
    check(whole, 'custom.knots', 'integers of minor units');
    const x = BigInt(knot.underlying);
    check(before === undefined || x > before, 'custom.knots', 'strictly rising underlyings');
    before = x;
  }
}

function checkUnderlying(state: HouseState, spec: InstrumentSpec): void {
  const { underlying, kind } = spec;
  const derived = kind === 'option' || kind === 'custom';
  check(!derived || underlying !== undefined, 'underlying', `a ${kind} names its underlying`);
  if (underlying === undefined) return;
  const malformed = checkId('spec.underlying', underlying);
  if (malformed !== undefined) throw new Refusal(malformed);
  const listed = state.instruments.get(underlying);
  const base = known(listed, 'UNKNOWN_INSTRUMENT', 'spec.underlying', underlying).spec;
  check(base.priceScale === spec.priceScale, 'underlying', 'both have one price scale');
  check(kind === 'future' || derived, 'underlying', `a ${kind} settles on its own marks`);
  // A future expires at its underlying's price, and an inverse one divides by it.
  const positive = !base.allowsNegativePrice && base.kind !== 'option' && base.kind !== 'custom';
  const fits = derived || spec.allowsNegativePrice || positive;
  check(
    fits,
    'underlying',
    'its price may be zero or negative, which this contract does not allow',
  );
}
