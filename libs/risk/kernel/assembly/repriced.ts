/** Options and payoffs over a set: full repricing a horizon later, at every scenario's forward and volatility. */
import { black76x2 } from './black76';
import { both, exp, exp2, first, log } from './elementary';
import { piecewise } from './piecewise';
import { optionPrice } from './pricing';

/** A volatility that was shocked stays within these bounds (per square root of a year). */
const LOWEST_VOL: f64 = 0.03;
const HIGHEST_VOL: f64 = 3;

/** exp(-r later) where exp(-r now) is given: the rate stays, so less time is left to discount over. */
function discountLater(discount: f64, now: f64, later: f64): f64 {
  return now > 0 && discount !== 1 ? exp(log(discount) * (later / now)) : discount;
}

/** Forwards of two scenarios: forward (1 + x), or forward + x where moves are absolute. */
function forwards(absolute: bool, forward: f64, x: v128): v128 {
  return absolute ? f64x2.add(both(forward), x) : f64x2.mul(both(forward), f64x2.add(both(1), x));
}

/** Volatilities of two scenarios: clip(vol exp(y), .03, 3). */
function shockedVols(vol: f64, y: v128): v128 {
  return f64x2.pmin(f64x2.pmax(f64x2.mul(both(vol), exp2(y)), both(LOWEST_VOL)), both(HIGHEST_VOL));
}

/** Two scenarios from a column at `at`; of the last of an odd number only the first counts. */
function pair(column: usize, at: usize, alone: bool): v128 {
  return alone ? both(load<f64>(column + at)) : v128.load(column + at);
}

/**
 * `out[j] = size (V(forward_j, vol_j, later) - V(forward, vol, years))`, later = max(years - horizon, 0). `y` is the
 * volatility's column, 0 where it stays as it is.
 */
export function optionArray(
  isAmerican: bool,
  call: bool,
  absolute: bool,
  size: f64,
  forward: f64,
  strike: f64,
  years: f64,
  vol: f64,
  discount: f64,
  horizon: f64,
  x: usize,
  y: usize,
  length: i32,
  out: usize,
): void {
  const later = max(years - horizon, 0);
  const df = discountLater(discount, years, later);
  const now = optionPrice(isAmerican, call, forward, strike, years, vol, discount);
  const sign: f64 = call ? 1 : -1;
  for (let j = 0; j < length; j += 2) {
    const at = (<usize>j) << 3;
    const alone = j + 1 === length;
    const f = forwards(absolute, forward, pair(x, at, alone));
    const v = y === 0 ? both(vol) : shockedVols(vol, pair(y, at, alone));
    const values = isAmerican
      ? f64x2.replace_lane(
          both(optionPrice(true, call, first(f), strike, later, first(v), df)),
          1,
          optionPrice(true, call, second(f), strike, later, second(v), df),
        )
      : black76x2(both(sign), f, both(strike), both(later), v, both(df));
    const change = f64x2.mul(both(size), f64x2.sub(values, both(now)));
    if (alone) store<f64>(out + at, first(change));
    else v128.store(out + at, change);
  }
}

function second(x: v128): f64 {
  return f64x2.extract_lane(x, 1);
}

/** The same for a piecewise-linear payoff: `count` knots (underlying, value) at `knots`. */
export function piecewiseArray(
  absolute: bool,
  size: f64,
  knots: usize,
  count: i32,
  forward: f64,
  years: f64,
  vol: f64,
  discount: f64,
  horizon: f64,
  x: usize,
  y: usize,
  length: i32,
  out: usize,
): void {
  const later = max(years - horizon, 0);
  const df = discountLater(discount, years, later);
  const now = piecewise(knots, count, forward, years, vol, discount);
  for (let j = 0; j < length; j++) {
    const at = (<usize>j) << 3;
    const f = first(forwards(absolute, forward, both(load<f64>(x + at))));
    const v = y === 0 ? vol : first(shockedVols(vol, both(load<f64>(y + at))));
    store<f64>(out + at, size * (piecewise(knots, count, f, later, v, df) - now));
  }
}
