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

export function first(x: v128): f64 {
  return f64x2.extract_lane(x, 0);
}

/** Adding 1.5 x 2^52 rounds to a whole number, ties to even, and leaves it in the low bits. */
const ROUND: f64 = 6755399441055744;
const ROUND_BITS: i64 = 0x4338000000000000;
const LOG2E: f64 = 1.4426950408889634;
/** ln 2 in two parts: the first has 33 bits, so that its product with an exponent is exact. */
export const LN2_HI: f64 = 6.9314718036912381649e-1;
export const LN2_LO: f64 = 1.90821492927058770002e-10;

/** What `exp2` loads, in the order of its text but for the ends: in memory as `mills2` has its coefficients. */
const EXP = memory.data<f64>([
  2.0921625276615325e-9, 2.5105260922590062e-8, 2.755725280625021e-7, 2.755725529422524e-6,
  2.480158734744942e-5, 1.9841269874904636e-4, 1.3888888888874352e-3, 8.333333333326112e-3,
  4.1666666666666685e-2, 1.666666666666667e-1, 710, -746, 1.4426950408889634, 6755399441055744,
  6.9314718036912381649e-1, 1.90821492927058770002e-10, 0.5, 1,
]);

/**
 * exp. x = n ln 2 + r with |r| <= ln(2)/2; exp r = 1 + r + r^2 p(r), the fit within 1.4e-18 of (exp r - 1 - r) / r^2.
 * Above 709.78 infinite, below -745.13 zero, subnormal results rounded once.
 */
export function exp2(x: v128): v128 {
  const a = f64x2.pmax(f64x2.pmin(x, v128.load_splat<f64>(EXP, 80)), v128.load_splat<f64>(EXP, 88));
  const whole = f64x2.add(
    f64x2.mul(a, v128.load_splat<f64>(EXP, 96)),
    v128.load_splat<f64>(EXP, 104),
  );
  const n = f64x2.sub(whole, v128.load_splat<f64>(EXP, 104));
  const hi = f64x2.sub(a, f64x2.mul(n, v128.load_splat<f64>(EXP, 112)));
  const lo = f64x2.mul(n, v128.load_splat<f64>(EXP, 120));
  const r = f64x2.sub(hi, lo);
  const lost = f64x2.sub(f64x2.sub(hi, r), lo);
  const rr = f64x2.mul(r, r);
  let even = v128.load_splat<f64>(EXP, 0);
  let odd = v128.load_splat<f64>(EXP, 8);
  even = f64x2.add(f64x2.mul(even, rr), v128.load_splat<f64>(EXP, 16));
  odd = f64x2.add(f64x2.mul(odd, rr), v128.load_splat<f64>(EXP, 24));
  even = f64x2.add(f64x2.mul(even, rr), v128.load_splat<f64>(EXP, 32));
  odd = f64x2.add(f64x2.mul(odd, rr), v128.load_splat<f64>(EXP, 40));
  even = f64x2.add(f64x2.mul(even, rr), v128.load_splat<f64>(EXP, 48));
  odd = f64x2.add(f64x2.mul(odd, rr), v128.load_splat<f64>(EXP, 56));
  even = f64x2.add(f64x2.mul(even, rr), v128.load_splat<f64>(EXP, 64));
  odd = f64x2.add(f64x2.mul(odd, rr), v128.load_splat<f64>(EXP, 72));
  even = f64x2.add(f64x2.mul(even, rr), v128.load_splat<f64>(EXP, 128));
  const p = f64x2.add(even, f64x2.mul(odd, r));
  const small = f64x2.add(f64x2.mul(rr, p), lost);
  const e = f64x2.add(v128.load_splat<f64>(EXP, 136), f64x2.add(r, small));
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
  let q = v128.load_splat<f64>(ATANH, 0);
  q = f64x2.add(f64x2.mul(q, u), v128.load_splat<f64>(ATANH, 8));
  q = f64x2.add(f64x2.mul(q, u), v128.load_splat<f64>(ATANH, 16));
  q = f64x2.add(f64x2.mul(q, u), v128.load_splat<f64>(ATANH, 24));
  q = f64x2.add(f64x2.mul(q, u), v128.load_splat<f64>(ATANH, 32));
  q = f64x2.add(f64x2.mul(q, u), v128.load_splat<f64>(ATANH, 40));
  q = f64x2.add(f64x2.mul(q, u), v128.load_splat<f64>(ATANH, 48));
  return f64x2.add(f64x2.mul(q, u), v128.load_splat<f64>(ATANH, 56));
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

/**
 * Mills' ratio of the normal distribution, m(z) = N(-z) / (sqrt(2 pi) n(z)) = N(-z) exp(z^2/2), for z >= 0: a rational
 * fit with positive coefficients, relative error 9.8e-19 up to z = 39.6, beyond which N(-z) is no float any more.
 * m(0) is one half to the last bit.
 */
export function mills2(z: v128): v128 {
  let q = coefficient(0);
  let p = coefficient(1);
  q = step(q, z, 2);
  p = step(p, z, 3);
  q = step(q, z, 4);
  p = step(p, z, 5);
  q = step(q, z, 6);
  p = step(p, z, 7);
  q = step(q, z, 8);
  p = step(p, z, 9);
  q = step(q, z, 10);
  p = step(p, z, 11);
  q = step(q, z, 12);
  p = step(p, z, 13);
  q = step(q, z, 14);
  p = step(p, z, 15);
  q = step(q, z, 16);
  p = step(p, z, 17);
  q = step(q, z, 18);
  p = step(p, z, 19);
  q = step(q, z, 20);
  p = step(p, z, 21);
  return f64x2.div(p, step(q, z, 22));
}

/**
 * Denominator and numerator in turn, highest power first. They stand in memory because a load costs an engine one
 * instruction and a constant three.
 */
const MILLS = memory.data<f64>([
  5.631505324055476e-7, 2.2466455760719884e-7, 1.7519763748548806e-5, 6.9893745019289945e-6,
  2.681549528197134e-4, 1.0675368382244694e-4, 2.6275565366492273e-3, 1.0412540220334737e-3,
  1.814348427233364e-2, 7.131898638841641e-3, 9.207557445876707e-2, 3.570556425651198e-2,
  3.4862115820904316e-1, 1.3215908477222021e-1, 9.807725139427835e-1, 3.575786179175377e-1,
  2.002449081139084, 6.799162734841021e-1, 2.81794807347724, 8.281246555339508e-1,
  2.4541338718707673, 0.5, 1,
]);

function coefficient(i: usize): v128 {
  return v128.load_splat<f64>(MILLS + (i << 3));
}

/** One step of Horner's rule. */
function step(sum: v128, z: v128, i: usize): v128 {
  return f64x2.add(f64x2.mul(sum, z), coefficient(i));
}

/** `weight` times `mills2` of y and of z, into `out` and `out` + 16: the same bits, each coefficient fetched once. */
export function weightedMills(weight: v128, y: v128, z: v128, out: usize): void {
  let c = coefficient(0);
  let q = c;
  let s = c;
  c = coefficient(1);
  let p = c;
  let r = c;
  c = coefficient(2);
  q = f64x2.add(f64x2.mul(q, y), c);
  s = f64x2.add(f64x2.mul(s, z), c);
  c = coefficient(3);
  p = f64x2.add(f64x2.mul(p, y), c);
  r = f64x2.add(f64x2.mul(r, z), c);
  c = coefficient(4);
  q = f64x2.add(f64x2.mul(q, y), c);
  s = f64x2.add(f64x2.mul(s, z), c);
  c = coefficient(5);
  p = f64x2.add(f64x2.mul(p, y), c);
  r = f64x2.add(f64x2.mul(r, z), c);
  c = coefficient(6);
  q = f64x2.add(f64x2.mul(q, y), c);
  s = f64x2.add(f64x2.mul(s, z), c);
  c = coefficient(7);
  p = f64x2.add(f64x2.mul(p, y), c);
  r = f64x2.add(f64x2.mul(r, z), c);
  c = coefficient(8);
  q = f64x2.add(f64x2.mul(q, y), c);
  s = f64x2.add(f64x2.mul(s, z), c);
  c = coefficient(9);
  p = f64x2.add(f64x2.mul(p, y), c);
  r = f64x2.add(f64x2.mul(r, z), c);
  c = coefficient(10);
  q = f64x2.add(f64x2.mul(q, y), c);
  s = f64x2.add(f64x2.mul(s, z), c);
  c = coefficient(11);
  p = f64x2.add(f64x2.mul(p, y), c);
  r = f64x2.add(f64x2.mul(r, z), c);
  c = coefficient(12);
  q = f64x2.add(f64x2.mul(q, y), c);
  s = f64x2.add(f64x2.mul(s, z), c);
  c = coefficient(13);
  p = f64x2.add(f64x2.mul(p, y), c);
  r = f64x2.add(f64x2.mul(r, z), c);
  c = coefficient(14);
  q = f64x2.add(f64x2.mul(q, y), c);
  s = f64x2.add(f64x2.mul(s, z), c);
  c = coefficient(15);
  p = f64x2.add(f64x2.mul(p, y), c);
  r = f64x2.add(f64x2.mul(r, z), c);
  c = coefficient(16);
  q = f64x2.add(f64x2.mul(q, y), c);
  s = f64x2.add(f64x2.mul(s, z), c);
  c = coefficient(17);
  p = f64x2.add(f64x2.mul(p, y), c);
  r = f64x2.add(f64x2.mul(r, z), c);
  c = coefficient(18);
  q = f64x2.add(f64x2.mul(q, y), c);
  s = f64x2.add(f64x2.mul(s, z), c);
  c = coefficient(19);
  p = f64x2.add(f64x2.mul(p, y), c);
  r = f64x2.add(f64x2.mul(r, z), c);
  c = coefficient(20);
  q = f64x2.add(f64x2.mul(q, y), c);
  s = f64x2.add(f64x2.mul(s, z), c);
  c = coefficient(21);
  p = f64x2.add(f64x2.mul(p, y), c);
  r = f64x2.add(f64x2.mul(r, z), c);
  c = coefficient(22);
  const upper = f64x2.div(p, f64x2.add(f64x2.mul(q, y), c));
  const lower = f64x2.div(r, f64x2.add(f64x2.mul(s, z), c));
  v128.store(out, f64x2.mul(weight, upper));
  v128.store(out, f64x2.mul(weight, lower), 16);
}
