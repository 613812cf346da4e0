import { black76 } from './black76';
import { exp, log } from './elementary';
import { mills, normalCdf } from './normal';

/**
 * Lower bound of an American option on a forward: the value of exercising at a flat boundary, by Bjerksund and
 * Stensland (1993) with zero cost of carry; never below the intrinsic value (not discounted: exercise pays at once) nor
 * below Black-76. Waiting costs nothing where rates are not positive, so it is Black-76 (or intrinsic) there.
 */
export function american(
  call: bool,
  forward: f64,
  strike: f64,
  years: f64,
  vol: f64,
  discount: f64,
): f64 {
  const european = black76(call, forward, strike, years, vol, discount);
  const floor = max(european, max(call ? forward - strike : strike - forward, 0));
  if (!(discount < 1 && years > 0 && vol > 0 && forward > 0 && strike > 0)) return floor;
  // A put is a call with forward and strike in each other's place (put-call transformation, no carry).
  const bound = call
    ? flatBoundary(forward, strike, years, vol, discount)
    : flatBoundary(strike, forward, years, vol, discount);
  return bound > floor ? bound : floor;
}

/**
 * Call with forward f and strike k, exercised when the forward reaches I: I - k times the value of one unit paid then,
 * and a call that is knocked out there. In logarithms, u = ln(I/f), so that no power overflows; with
 * beta = 1/2 + sqrt(1/4 + 2 r / vol^2), beta (beta - 1) vol^2 / 2 = r takes the discounting out of the first part.
 */
function flatBoundary(f: f64, k: f64, years: f64, vol: f64, discount: f64): f64 {
  const s = vol * sqrt(years);
  const ratio = (-2 * log(discount)) / (s * s);
  const excess = ratio / (sqrt(0.25 + ratio) + 0.5);
  // I = k + (B - k)(1 - exp(-2 s k / (B - k))), B = k beta / (beta - 1) the boundary of a perpetual option.
  const boundary = k + (k / excess) * oneMinusExp(2 * s * excess);
  if (f >= boundary) return f - k;
  const w = log(boundary / f) / s;
  const b = log(k / f) / s;
  const half = 0.5 * s;
  const asset = between(b - half, w - half);
  const cash = between(b + half, w + half);
  const assetBack = between(b - half - 2 * w, -w - half);
  const cashBack = between(b + half - 2 * w, half - w);
  const alive = f * asset - boundary * assetBack - k * (cash - (f / boundary) * cashBack);
  return (boundary - k) * reached(excess, w, s) + discount * alive;
}

/** 1 - exp(-y), y >= 0. */
function oneMinusExp(y: f64): f64 {
  return y < 1e-5 ? y - 0.5 * y * y : 1 - exp(-y);
}

/** N(to) - N(from), from the nearer tail. */
function between(from: f64, to: f64): f64 {
  return from > 0 ? normalCdf(-from) - normalCdf(-to) : normalCdf(to) - normalCdf(from);
}

/** exp(-beta u) N(-w + c) + exp((beta-1) u) N(-w - c) with c = (beta - 1/2) s, u = w s, excess = beta - 1. */
function reached(excess: f64, w: f64, s: f64): f64 {
  const c = (excess + 0.5) * s;
  const y = w + c;
  const back = exp(excess * w * s - 0.5 * y * y) * mills(y);
  return exp(-(excess + 1) * w * s) * normalCdf(c - w) + back;
}
