import { timeValue } from './black76';

/**
 * Value of a piecewise-linear payoff of the price at expiry: pairs (underlying, value) at `knots`, underlyings strictly
 * ascending, constant outside them (as the ledger settles it). It is a portfolio of calls, one per knot, each as many as
 * the slope changes there; with every call as intrinsic plus time value, that is the payoff at the forward plus the
 * changes of slope times time values. Discounted, in the values' unit.
 */
export function piecewise(
  knots: usize,
  count: i32,
  forward: f64,
  years: f64,
  vol: f64,
  discount: f64,
): f64 {
  let value = payoffAt(knots, count, forward);
  let before: f64 = 0;
  for (let i = 0; i < count; i += 1) {
    const after = i + 1 < count ? slope(knots + (i << 4)) : 0;
    value += (after - before) * timeValue(forward, load<f64>(knots + (i << 4)), years, vol);
    before = after;
  }
  return discount * value;
}

/** Slope from the knot at `at` to the next. */
function slope(at: usize): f64 {
  return (load<f64>(at, 24) - load<f64>(at, 8)) / (load<f64>(at, 16) - load<f64>(at));
}

function payoffAt(knots: usize, count: i32, x: f64): f64 {
  if (x <= load<f64>(knots)) return load<f64>(knots, 8);
  for (let i = 1; i < count; i += 1) {
    const at = knots + ((i - 1) << 4);
    if (x <= load<f64>(at, 16)) return load<f64>(at, 8) + slope(at) * (x - load<f64>(at));
  }
  return load<f64>(knots + ((count - 1) << 4), 8);
}
