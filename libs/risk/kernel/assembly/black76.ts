import { LN2_HI, LN2_LO, both, exp2, first, mills2, atanhTail2, weightedMills } from './elementary';

/** Exponent field of 1.5: rounds a difference of bit patterns to whole powers of two. */
const HALF_EXPONENT: i64 = 0x0008000000000000;
const TWO_52_BITS: i64 = 0x4330000000000000;
const TWO_52: f64 = 4503599627370496;

/**
 * ln(lo/hi) for hi >= lo > 0, without the rounding of their quotient: the bit patterns' difference tells k with
 * 2^k lo within 2^(+-.59) of hi, then 2 atanh((2^k lo - hi) / (2^k lo + hi)) - k ln 2. Two units in the last place.
 */
export function logRatio2(lo: v128, hi: v128): v128 {
  const k = i64x2.shr_u(i64x2.add(i64x2.sub(hi, lo), i64x2.splat(HALF_EXPONENT)), 52);
  const near = i64x2.add(lo, i64x2.shl(k, 52));
  const n = f64x2.sub(v128.or(k, i64x2.splat(TWO_52_BITS)), both(TWO_52));
  const s = f64x2.div(f64x2.sub(near, hi), f64x2.add(near, hi));
  const u = f64x2.mul(s, s);
  const tail = f64x2.sub(f64x2.mul(f64x2.mul(s, u), atanhTail2(u)), f64x2.mul(n, both(LN2_LO)));
  return f64x2.sub(f64x2.add(f64x2.add(s, s), tail), f64x2.mul(n, both(LN2_HI)));
}

/**
 * Undiscounted Black-76 value of the option that is out of the money, call or put: with lo <= hi the forward and the
 * strike in order, h = ln(lo/hi) / s, s = vol sqrt(years), it is lo N(h + s/2) - hi N(h - s/2) either way. Both
 * densities are one number, lo n(h + s/2) = hi n(h - s/2), so that one exponential and two Mills' ratios do, and the
 * wings keep their digits. Zero where s is zero, or a forward or strike not above zero (a price that cannot move).
 * `lo` at s beyond 200, where nothing is left to a float.
 */
export function timeValue2(forward: v128, strike: v128, years: v128, vol: v128): v128 {
  const lo = f64x2.pmin(forward, strike);
  const s = deviation2(years, vol);
  const half = f64x2.mul(s, both(0.5));
  const h = moneyness2(lo, f64x2.pmax(forward, strike), s);
  const d = f64x2.add(h, half);
  const weight = weight2(lo, d);
  const upper = f64x2.mul(weight, mills2(f64x2.abs(d)));
  const lower = f64x2.mul(weight, mills2(f64x2.sub(half, h)));
  return between2(lo, d, upper, lower);
}

/** s, within what is left to a float. */
function deviation2(years: v128, vol: v128): v128 {
  const s = f64x2.mul(vol, f64x2.sqrt(years));
  return f64x2.pmax(f64x2.pmin(s, both(200)), both(1e-300));
}

/** h = ln(lo/hi) / s. */
function moneyness2(lo: v128, hi: v128, s: v128): v128 {
  return f64x2.pmax(f64x2.div(logRatio2(lo, hi), s), both(-1e3));
}

/** lo exp(-d^2/2). */
function weight2(lo: v128, d: v128): v128 {
  return f64x2.mul(lo, exp2(f64x2.mul(f64x2.mul(d, d), both(-0.5))));
}

/** The value from its two parts, by the side of d. */
function between2(lo: v128, d: v128, upper: v128, lower: v128): v128 {
  const inside = f64x2.sub(f64x2.sub(lo, upper), lower);
  const outside = f64x2.sub(upper, lower);
  const value = v128.bitselect(inside, outside, f64x2.gt(d, both(0)));
  const positive = f64x2.gt(lo, both(0));
  return v128.and(f64x2.pmax(value, both(0)), positive);
}

/** Black-76 of two options. `sign` is 1 for a call, -1 for a put; all else as `black76`. */
export function black76x2(
  sign: v128,
  forward: v128,
  strike: v128,
  years: v128,
  vol: v128,
  discount: v128,
): v128 {
  const gain = f64x2.mul(sign, f64x2.sub(forward, strike));
  const intrinsic = f64x2.pmax(gain, both(0));
  return f64x2.mul(discount, f64x2.add(intrinsic, timeValue2(forward, strike, years, vol)));
}

/**
 * Black-76 (Black 1976), in the forward's unit: discount x (F N(d1) - K N(d2)) for a call, as intrinsic plus time value,
 * so that call minus put is discount x (F - K) to the last rounding. `years` >= 0, `vol` >= 0 per square root of a
 * year, `discount` > 0. Where a lognormal price cannot be (forward or strike not above zero), vol or years are zero:
 * the discounted intrinsic value. Finite input gives a finite, never negative price.
 */
export function black76(
  call: bool,
  forward: f64,
  strike: f64,
  years: f64,
  vol: f64,
  discount: f64,
): f64 {
  const sign: f64 = call ? 1 : -1;
  return first(
    black76x2(both(sign), both(forward), both(strike), both(years), both(vol), both(discount)),
  );
}

/** Undiscounted time value of one option: what its price is above intrinsic value, call and put alike. */
export function timeValue(forward: f64, strike: f64, years: f64, vol: f64): f64 {
  return first(timeValue2(both(forward), both(strike), both(years), both(vol)));
}

/**
 * Prices of `count` options from columns in memory (pointers to float64; `call` to bytes, 1 or 0) into `out`. Columns
 * have room for an even number of options: the last pair may reach one past the end.
 */
export function black76Batch(
  count: i32,
  call: usize,
  forward: usize,
  strike: usize,
  years: usize,
  vol: usize,
  discount: usize,
  out: usize,
): void {
  for (let i = 0; i < count; i += BLOCK) {
    const at = (<usize>i) << 3;
    const bytes = (<usize>min(count - i, BLOCK)) << 3;
    values(bytes, forward + at, strike + at, years + at, vol + at);
    for (let k: usize = 0; k < bytes; k += 16) {
      const move = f64x2.sub(v128.load(forward + at + k), v128.load(strike + at + k));
      const gain = f64x2.mul(signs(call + <usize>i + (k >> 3)), move);
      const value = f64x2.add(f64x2.pmax(gain, both(0)), v128.load(VALUE + k));
      v128.store(out + at + k, f64x2.mul(v128.load(discount + at + k), value));
    }
  }
}

/**
 * Options of one block, taken through `timeValue2` step by step: a step's options do not wait for one another, so that a
 * processor works on several at a time, where one option from end to end is a chain in which each number waits for the last.
 */
const BLOCK: i32 = 64;
const COLUMN: usize = 512;
const SCRATCH = memory.data(6 * 512, 16);
const VALUE = SCRATCH;
const MONEYNESS = SCRATCH + COLUMN;
const HALF = SCRATCH + 2 * COLUMN;
const WEIGHT = SCRATCH + 3 * COLUMN;
/** Upper and lower part, pair by pair. */
const PARTS = SCRATCH + 4 * COLUMN;

/** Undiscounted time values of `bytes` / 8 options into VALUE. */
function values(bytes: usize, forward: usize, strike: usize, years: usize, vol: usize): void {
  for (let k: usize = 0; k < bytes; k += 16) {
    const f = v128.load(forward + k);
    const x = v128.load(strike + k);
    const s = deviation2(v128.load(years + k), v128.load(vol + k));
    v128.store(HALF + k, f64x2.mul(s, both(0.5)));
    v128.store(MONEYNESS + k, moneyness2(f64x2.pmin(f, x), f64x2.pmax(f, x), s));
  }
  for (let k: usize = 0; k < bytes; k += 16) {
    const lo = f64x2.pmin(v128.load(forward + k), v128.load(strike + k));
    v128.store(WEIGHT + k, weight2(lo, f64x2.add(v128.load(MONEYNESS + k), v128.load(HALF + k))));
  }
  for (let k: usize = 0; k < bytes; k += 16) {
    const h = v128.load(MONEYNESS + k);
    const half = v128.load(HALF + k);
    const d = f64x2.abs(f64x2.add(h, half));
    weightedMills(v128.load(WEIGHT + k), d, f64x2.sub(half, h), PARTS + 2 * k);
  }
  for (let k: usize = 0; k < bytes; k += 16) {
    const lo = f64x2.pmin(v128.load(forward + k), v128.load(strike + k));
    const d = f64x2.add(v128.load(MONEYNESS + k), v128.load(HALF + k));
    const upper = v128.load(PARTS + 2 * k);
    v128.store(VALUE + k, between2(lo, d, upper, v128.load(PARTS + 2 * k, 16)));
  }
}

/** Two bytes, 1 or 0, as 1 or -1 each. */
function signs(call: usize): v128 {
  const flags = i32x4.splat((<i32>load<u8>(call)) | ((<i32>load<u8>(call + 1)) << 16));
  const pair = i32x4.extend_low_i16x8_u(flags);
  const ones = f64x2.convert_low_i32x4_u(pair);
  return f64x2.sub(f64x2.add(ones, ones), both(1));
}
