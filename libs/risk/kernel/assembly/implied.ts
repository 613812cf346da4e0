import { logRatio2, timeValue } from './black76';
import { both, first, log } from './elementary';
import { normalPdf } from './normal';

const SQRT_2PI: f64 = 2.5066282746310002;
const ROUNDS = 100;

/**
 * Volatility whose Black-76 price is `price`. NaN where there is none: a price below the discounted intrinsic value, or
 * not below what an infinite volatility gives (discount x forward for a call, x strike for a put), or above the
 * intrinsic value where nothing can move. At the intrinsic value itself, zero.
 */
export function impliedVol(
  call: bool,
  forward: f64,
  strike: f64,
  years: f64,
  discount: f64,
  price: f64,
): f64 {
  const intrinsic = max(call ? forward - strike : strike - forward, 0);
  if (!(price >= discount * intrinsic)) return NaN;
  const lo = min(forward, strike);
  const target = price / discount - intrinsic;
  if (target <= 0) return 0;
  if (!(lo > 0 && years > 0 && target < lo)) return NaN;
  return deviation(lo, max(forward, strike), target) / sqrt(years);
}

/**
 * s with timeValue(lo, hi, s) = target. Newton, kept in a bracket that every round narrows. Below the value at the point
 * of inflection, sqrt(2 ln(hi/lo)), the logarithm of the value is nearly linear in 1/s^2, and steps are taken there;
 * above it the value is concave in s and plain steps come from the left.
 */
function deviation(lo: f64, hi: f64, target: f64): f64 {
  const distance = -first(logRatio2(both(lo), both(hi)));
  const turn = sqrt(2 * distance);
  const wing = timeValue(lo, hi, 1, turn) > target;
  let s = max(turn, (SQRT_2PI * target) / lo);
  let from: f64 = 0;
  let to: f64 = Infinity;
  for (let round = 0; round < ROUNDS; round += 1) {
    const value = timeValue(lo, hi, 1, s);
    if (value === target) return s;
    if (value < target) from = s;
    else to = s;
    const vega = lo * normalPdf(0.5 * s - distance / s);
    const next = inside(
      wing ? wingStep(s, value, vega, target) : s + (target - value) / vega,
      from,
      to,
    );
    if (abs(next - s) <= 1e-16 * s) return next;
    s = next;
  }
  return s;
}

function wingStep(s: f64, value: f64, vega: f64, target: f64): f64 {
  const y = 1 / (s * s) - (2 * log(target / value) * value) / (vega * s * s * s);
  return 1 / sqrt(y);
}

/** The step, or where it leaves the bracket (or is no number) the middle of it. */
function inside(next: f64, from: f64, to: f64): f64 {
  if (next > from && next < to) return next;
  return to < Infinity ? 0.5 * (from + to) : 2 * from;
}
