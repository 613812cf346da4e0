import { LN2_HI, LN2_LO, both, exp2, first, mills2, atanhTail2 } from './elementary';

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
  const half = halfDeviation2(years, vol);
  const h = distance2(lo, f64x2.pmax(forward, strike), half);
  return fromParts2(lo, half, h, weight2(lo, f64x2.add(h, half)));
}

/** s/2, kept where it can be divided by and its square is a float. */
function halfDeviation2(years: v128, vol: v128): v128 {
  const s = f64x2.mul(vol, f64x2.sqrt(years));
  return f64x2.mul(f64x2.pmax(f64x2.pmin(s, both(200)), both(1e-300)), both(0.5));
}

/** h = ln(lo/hi) / s, never above zero. */
function distance2(lo: v128, hi: v128, half: v128): v128 {
  return f64x2.pmax(f64x2.div(logRatio2(lo, hi), f64x2.add(half, half)), both(-1e3));
}

/** lo exp(-d^2/2). */
function weight2(lo: v128, d: v128): v128 {
  return f64x2.mul(lo, exp2(f64x2.mul(f64x2.mul(d, d), both(-0.5))));
}

function fromParts2(lo: v128, half: v128, h: v128, weight: v128): v128 {
  const d = f64x2.add(h, half);
  const upper = f64x2.mul(weight, mills2(f64x2.abs(d)));
  const lower = f64x2.mul(weight, mills2(f64x2.sub(half, h)));
  const inside = f64x2.sub(f64x2.sub(lo, upper), lower);
  const outside = f64x2.sub(upper, lower);
  const value = v128.bitselect(inside, outside, f64x2.gt(d, both(0)));
  return v128.and(f64x2.pmax(value, both(0)), f64x2.gt(lo, both(0)));
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
  const value = timeValue2(forward, strike, years, vol);
  return withIntrinsic2(sign, forward, strike, discount, value);
}

function withIntrinsic2(
  sign: v128,
  forward: v128,
  strike: v128,
  discount: v128,
  value: v128,
): v128 {
  const gain = f64x2.mul(sign, f64x2.sub(forward, strike));
  return f64x2.mul(discount, f64x2.add(f64x2.pmax(gain, both(0)), value));
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

/** Options of one block, and what its loops hand on: s/2, h and weight of each. */
const BLOCK: usize = 64;
const HALVES = memory.data(64 << 3, 16);
const DISTANCES = memory.data(64 << 3, 16);
const WEIGHTS = memory.data(64 << 3, 16);

/**
 * Prices of `count` options from columns in memory (pointers to float64; `call` to bytes, 1 or 0) into `out`. Columns
 * have room for an even number of options: the last pair may reach one past the end. One price is a long chain of
 * operations that wait for each other; three short loops over a block let a processor work on several at a time. The
 * operations, and so the bits, are those of one price alone.
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
  for (let from: usize = 0; from < <usize>count; from += BLOCK) {
    const at = from << 3;
    const bytes = min(<usize>count - from, BLOCK) << 3;
    distances(bytes, forward + at, strike + at, years + at, vol + at);
    weights(bytes, forward + at, strike + at);
    prices(bytes, call + from, forward + at, strike + at, discount + at, out + at);
  }
}

function distances(bytes: usize, forward: usize, strike: usize, years: usize, vol: usize): void {
  for (let at: usize = 0; at < bytes; at += 16) {
    const f = v128.load(forward + at);
    const k = v128.load(strike + at);
    const half = halfDeviation2(v128.load(years + at), v128.load(vol + at));
    v128.store(HALVES + at, half);
    v128.store(DISTANCES + at, distance2(f64x2.pmin(f, k), f64x2.pmax(f, k), half));
  }
}

function weights(bytes: usize, forward: usize, strike: usize): void {
  for (let at: usize = 0; at < bytes; at += 16) {
    const lo = f64x2.pmin(v128.load(forward + at), v128.load(strike + at));
    const d = f64x2.add(v128.load(DISTANCES + at), v128.load(HALVES + at));
    v128.store(WEIGHTS + at, weight2(lo, d));
  }
}

function prices(
  bytes: usize,
  call: usize,
  forward: usize,
  strike: usize,
  discount: usize,
  out: usize,
): void {
  for (let at: usize = 0; at < bytes; at += 16) {
    const f = v128.load(forward + at);
    const k = v128.load(strike + at);
    const half = v128.load(HALVES + at);
    const h = v128.load(DISTANCES + at);
    const value = fromParts2(f64x2.pmin(f, k), half, h, v128.load(WEIGHTS + at));
    const sign = signs(call + (at >> 3));
    v128.store(out + at, withIntrinsic2(sign, f, k, v128.load(discount + at), value));
  }
}

/** 1 for a call and -1 for a put, of the four pairs there can be. */
const SIGNS = memory.data<f64>([-1, -1, 1, -1, -1, 1, 1, 1], 16);

/** Two bytes, 1 or 0, as 1 or -1 each. */
function signs(call: usize): v128 {
  const pair = ((<usize>load<u8>(call)) & 1) | (((<usize>load<u8>(call, 1)) & 1) << 1);
  return v128.load(SIGNS + (pair << 4));
}
