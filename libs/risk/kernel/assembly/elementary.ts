/**
 * exp, log, erf and the normal distribution, from + - * / and square roots alone: every WebAssembly engine gives the
 * same bits. Coefficients are our own minimax fits (Remez exchange in 60-digit arithmetic); the error of each fit,
 * before rounding, stands beside it. What prices need runs on two numbers at a time; a single number is the same code
 * with both lanes alike, so that one and two cannot differ.
 */

/** Both lanes alike. */
export function both(x: f64): v128 {
  return f64x2.splat(x);
}

/**
 * A constant of a table, in both lanes. One instruction, where a constant written into the code of two lanes takes
 * three or four: a tenth of a price's time.
 */
export function constant(table: usize, i: usize): v128 {
  return v128.load64_splat(table + (i << 3));
}

export function first(x: v128): f64 {
  return f64x2.extract_lane(x, 0);
}

/** Adding 1.5 x 2^52 rounds to a whole number, ties to even, and leaves it in the low bits. */
const ROUND_BITS: i64 = 0x4338000000000000;
/** ln 2 in two parts: the first has 33 bits, so that its product with an exponent is exact. */
export const LN2_HI: f64 = 6.9314718036912381649e-1;
export const LN2_LO: f64 = 1.90821492927058770002e-10;

const EXP = memory.data<f64>([
  710, -746, 1.4426950408889634, 6755399441055744, 6.9314718036912381649e-1,
  1.90821492927058770002e-10, 2.0921625276615325e-9, 2.5105260922590062e-8, 2.755725280625021e-7,
  2.755725529422524e-6, 2.480158734744942e-5, 1.9841269874904636e-4, 1.3888888888874352e-3,
  8.333333333326112e-3, 4.1666666666666685e-2, 1.666666666666667e-1, 0.5, 1,
]);

/**
 * exp. x = n ln 2 + r with |r| <= ln(2)/2; exp r = 1 + r + r^2 p(r), the fit within 1.4e-18 of (exp r - 1 - r) / r^2.
 * Above 709.78 infinite, below -745.13 zero, subnormal results rounded once.
 */
export function exp2(x: v128): v128 {
  const a = f64x2.pmax(f64x2.pmin(x, constant(EXP, 0)), constant(EXP, 1));
  const whole = f64x2.add(f64x2.mul(a, constant(EXP, 2)), constant(EXP, 3));
  const n = f64x2.sub(whole, constant(EXP, 3));
  const hi = f64x2.sub(a, f64x2.mul(n, constant(EXP, 4)));
  const lo = f64x2.mul(n, constant(EXP, 5));
  const r = f64x2.sub(hi, lo);
  const lost = f64x2.sub(f64x2.sub(hi, r), lo);
  const rr = f64x2.mul(r, r);
  let even = constant(EXP, 6);
  let odd = constant(EXP, 7);
  even = f64x2.add(f64x2.mul(even, rr), constant(EXP, 8));
  odd = f64x2.add(f64x2.mul(odd, rr), constant(EXP, 9));
  even = f64x2.add(f64x2.mul(even, rr), constant(EXP, 10));
  odd = f64x2.add(f64x2.mul(odd, rr), constant(EXP, 11));
  even = f64x2.add(f64x2.mul(even, rr), constant(EXP, 12));
  odd = f64x2.add(f64x2.mul(odd, rr), constant(EXP, 13));
  even = f64x2.add(f64x2.mul(even, rr), constant(EXP, 14));
  odd = f64x2.add(f64x2.mul(odd, rr), constant(EXP, 15));
  even = f64x2.add(f64x2.mul(even, rr), constant(EXP, 16));
  const p = f64x2.add(even, f64x2.mul(odd, r));
  const small = f64x2.add(f64x2.mul(rr, p), lost);
  const e = f64x2.add(constant(EXP, 17), f64x2.add(r, small));
  // 2^n as a product of two, each of them a normal number: the exponents n + 2046 = h + (n + 2046 - h).
  const biased = i64x2.add(whole, i64x2.splat(2046 - ROUND_BITS));
  const half = i64x2.shr_u(biased, 1);
  const scaled = f64x2.mul(e, i64x2.shl(half, 52));
  return f64x2.mul(scaled, i64x2.shl(i64x2.sub(biased, half), 52));
}

export function exp(x: f64): f64 {
  return first(exp2(both(x)));
}

const ATANH = memory.data<f64>([
  0.1361637754947379, 0.1320872652260551, 0.15388919198374346, 0.1818173629626948,
  0.2222222306596062, 0.28571428567165347, 0.400000000000082, 0.6666666666666666,
]);

/** atanh series: ln((1+s)/(1-s)) = 2 s + s^3 q(s^2) for |s| <= .2, the fit of q within 2.6e-17. */
export function atanhTail2(u: v128): v128 {
  const uu = f64x2.mul(u, u);
  let odd = constant(ATANH, 0);
  let even = constant(ATANH, 1);
  odd = f64x2.add(f64x2.mul(odd, uu), constant(ATANH, 2));
  even = f64x2.add(f64x2.mul(even, uu), constant(ATANH, 3));
  odd = f64x2.add(f64x2.mul(odd, uu), constant(ATANH, 4));
  even = f64x2.add(f64x2.mul(even, uu), constant(ATANH, 5));
  odd = f64x2.add(f64x2.mul(odd, uu), constant(ATANH, 6));
  even = f64x2.add(f64x2.mul(even, uu), constant(ATANH, 7));
  return f64x2.add(even, f64x2.mul(odd, u));
}

const SQRT_HALF_BITS: i64 = 0x3fe6a09e667f3bcd;
const ONE_BITS: i64 = 0x3ff0000000000000;
const MANTISSA: i64 = 0x000fffffffffffff;

/**
 * log. x = 2^k (1+f) with 1+f from sqrt(1/2) to sqrt 2; s = f/(2+f), ln(1+f) = f - (f^2/2 - s (f^2/2 + s^2 q(s^2))).
 * Zero gives -Infinity, below zero NaN.
 */
export function log(x: f64): f64 {
  if (x !== x || x < 0) return NaN;
  if (x === 0) return -Infinity;
  if (x === Infinity) return Infinity;
  const subnormal = x < 2.2250738585072014e-308;
  const bits =
    reinterpret<i64>(subnormal ? x * 18014398509481984 : x) + (ONE_BITS - SQRT_HALF_BITS);
  const k = <f64>((bits >> 52) - 1023 - (subnormal ? 54 : 0));
  const f = reinterpret<f64>((bits & MANTISSA) + SQRT_HALF_BITS) - 1;
  const s = f / (2 + f);
  const u = s * s;
  const r = u * first(atanhTail2(both(u)));
  const h = 0.5 * f * f;
  return k * LN2_HI - (h - (s * (h + r) + k * LN2_LO) - f);
}

const MILLS = memory.data<f64>([
  5.631505324055476e-7, 1.7519763748548806e-5, 2.2466455760719884e-7, 6.9893745019289945e-6,
  2.681549528197134e-4, 2.6275565366492273e-3, 1.0675368382244694e-4, 1.0412540220334737e-3,
  1.814348427233364e-2, 9.207557445876707e-2, 7.131898638841641e-3, 3.570556425651198e-2,
  3.4862115820904316e-1, 9.807725139427835e-1, 1.3215908477222021e-1, 3.575786179175377e-1,
  2.002449081139084, 2.81794807347724, 6.799162734841021e-1, 8.281246555339508e-1,
  2.4541338718707673, 1, 0.5,
]);

/**
 * Mills' ratio of the normal distribution, m(z) = N(-z) / (sqrt(2 pi) n(z)) = N(-z) exp(z^2/2), for z >= 0: a rational
 * fit with positive coefficients, relative error 9.8e-19 up to z = 39.6, beyond which N(-z) is no float any more.
 * m(0) is one half to the last bit.
 */
export function mills2(z: v128): v128 {
  const zz = f64x2.mul(z, z);
  let qOdd = constant(MILLS, 0);
  let qEven = constant(MILLS, 1);
  let pEven = constant(MILLS, 2);
  let pOdd = constant(MILLS, 3);
  qOdd = f64x2.add(f64x2.mul(qOdd, zz), constant(MILLS, 4));
  qEven = f64x2.add(f64x2.mul(qEven, zz), constant(MILLS, 5));
  pEven = f64x2.add(f64x2.mul(pEven, zz), constant(MILLS, 6));
  pOdd = f64x2.add(f64x2.mul(pOdd, zz), constant(MILLS, 7));
  qOdd = f64x2.add(f64x2.mul(qOdd, zz), constant(MILLS, 8));
  qEven = f64x2.add(f64x2.mul(qEven, zz), constant(MILLS, 9));
  pEven = f64x2.add(f64x2.mul(pEven, zz), constant(MILLS, 10));
  pOdd = f64x2.add(f64x2.mul(pOdd, zz), constant(MILLS, 11));
  qOdd = f64x2.add(f64x2.mul(qOdd, zz), constant(MILLS, 12));
  qEven = f64x2.add(f64x2.mul(qEven, zz), constant(MILLS, 13));
  pEven = f64x2.add(f64x2.mul(pEven, zz), constant(MILLS, 14));
  pOdd = f64x2.add(f64x2.mul(pOdd, zz), constant(MILLS, 15));
  qOdd = f64x2.add(f64x2.mul(qOdd, zz), constant(MILLS, 16));
  qEven = f64x2.add(f64x2.mul(qEven, zz), constant(MILLS, 17));
  pEven = f64x2.add(f64x2.mul(pEven, zz), constant(MILLS, 18));
  pOdd = f64x2.add(f64x2.mul(pOdd, zz), constant(MILLS, 19));
  qOdd = f64x2.add(f64x2.mul(qOdd, zz), constant(MILLS, 20));
  qEven = f64x2.add(f64x2.mul(qEven, zz), constant(MILLS, 21));
  pEven = f64x2.add(f64x2.mul(pEven, zz), constant(MILLS, 22));
  const p = f64x2.add(pEven, f64x2.mul(pOdd, z));
  const q = f64x2.add(qEven, f64x2.mul(qOdd, z));
  return f64x2.div(p, q);
}
