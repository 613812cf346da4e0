import { RiskError } from './risk-error.js';

/**
 * The one place where risk's floats become money. A float64 is taken at its exact binary value, `mantissa x 2^exponent`, so
 * the integer is the true ceiling or floor of it: no epsilon, no decimal text in between. Margin is rounded up, equity down.
 */
export interface Binary {
  readonly mantissa: bigint;
  readonly exponent: number;
}

const bits = new DataView(new ArrayBuffer(8));

/** The exact value of a float64. Throws `not-finite` for NaN and infinities. */
export function binary(value: number, field = 'amount'): Binary {
  if (!Number.isFinite(value)) {
    throw new RiskError('not-finite', field, `${value} is no amount`, 'give a finite number');
  }
  bits.setFloat64(0, value);
  const raw = bits.getBigUint64(0);
  const biased = Number((raw >> 52n) & 0x7ffn);
  const fraction = raw & 0xfffffffffffffn;
  const size = biased === 0 ? fraction : fraction | 0x10000000000000n;
  return {
    mantissa: raw >> 63n === 1n ? -size : size,
    exponent: (biased === 0 ? 1 : biased) - 1075,
  };
}

/** Greatest integer not above `numerator / 2^bits`. BigInt's shift rounds toward minus infinity, which is just that. */
const floorShift = (numerator: bigint, places: number): bigint =>
  places >= 0 ? numerator >> BigInt(places) : numerator << BigInt(-places);

function scaled(value: number, scale: number, field: string): Binary {
  const { mantissa, exponent } = binary(value, field);
  return { mantissa: mantissa * 10n ** BigInt(scale), exponent };
}

/** Minor units at `scale` of an amount in whole units, rounded down: what an account is worth. */
export function roundDown(value: number, scale: number, field = 'amount'): bigint {
  const { mantissa, exponent } = scaled(value, scale, field);
  return floorShift(mantissa, -exponent);
}

/** The same rounded up: what an account must bring. */
export function roundUp(value: number, scale: number, field = 'amount'): bigint {
  const { mantissa, exponent } = scaled(value, scale, field);
  return -floorShift(-mantissa, -exponent);
}

/** Nearest integer to `numerator / 2^places`, halves up. */
const nearest = (numerator: bigint, places: number): bigint =>
  places > 0
    ? floorShift(numerator + (1n << BigInt(places - 1)), places)
    : floorShift(numerator, places);

/** The same to the nearest minor unit, halves up: for parts of an explanation only, never for a requirement. */
export function roundNearest(value: number, scale: number, field = 'amount'): bigint {
  const { mantissa, exponent } = scaled(value, scale, field);
  return nearest(mantissa, -exponent);
}

/**
 * Shares a total of minor units out over amounts that make it up: integers that sum to it exactly, each within a unit of its
 * amount. Running sums are rounded, so no share pays for all. What the amounts' own float sums differ from the total (parts in
 * 10^15) goes to the greatest of them; a difference beyond rounding is an error of the caller and throws.
 * @param slack minor units of rounding the total may carry: each level of a tree above this one adds at most one
 */
export function apportion(
  total: bigint,
  amounts: readonly number[],
  scale: number,
  slack = 1,
): bigint[] {
  if (amounts.length === 0) return [];
  const exact = amounts.map((each) => scaled(each, scale, 'part'));
  const places = exact.reduce((most, { exponent }) => Math.max(most, -exponent), 0);
  const units = exact.map(({ mantissa, exponent }) => mantissa << BigInt(places + exponent));
  const difference = (total << BigInt(places)) - units.reduce((sum, each) => sum + each, 0n);
  assertNoise(difference, units, places, slack);
  const greatest = units.reduce(
    (best, each, index) => (size(each) > size(units[best] ?? 0n) ? index : best),
    0,
  );
  let sum = 0n;
  let before = 0n;
  return units.map((each, index) => {
    sum += index === greatest ? each + difference : each;
    const after = nearest(sum, places);
    const share = after - before;
    before = after;
    return share;
  });
}

const size = (value: bigint): bigint => (value < 0n ? -value : value);

/** At most the minor units of rounding plus 1e-9 of the parts' gross. */
function assertNoise(
  difference: bigint,
  units: readonly bigint[],
  places: number,
  slack: number,
): void {
  const gross = units.reduce((sum, each) => sum + size(each), 0n);
  if (size(difference) <= (BigInt(slack) << BigInt(places)) + gross / 1_000_000_000n) return;
  throw new RiskError(
    'out-of-bounds',
    'explanation',
    `parts differ from their total by ${difference >> BigInt(places)} minor units`,
    'report this: the explanation does not belong to the requirement',
  );
}
