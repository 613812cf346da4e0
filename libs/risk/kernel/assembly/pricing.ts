import { american } from './american';
import { black76, logRatio2 } from './black76';
import { both, exp, first, log } from './elementary';
import { normalCdf, normalPdf } from './normal';

/** Price of one option. Convention of the arguments: `black76`. */
export function optionPrice(
  isAmerican: bool,
  call: bool,
  forward: f64,
  strike: f64,
  years: f64,
  vol: f64,
  discount: f64,
): f64 {
  return isAmerican
    ? american(call, forward, strike, years, vol, discount)
    : black76(call, forward, strike, years, vol, discount);
}

/**
 * Price and Greeks of one option into six float64 at `out`: price, delta (per unit of forward), gamma, vega (per 1.00 of
 * vol), theta (per year that passes, forward, vol and rate held), rho (per 1.00 of the rate r = -ln(discount)/years,
 * forward held). European: derivatives of Black-76. American: central differences of the bound, which has none in
 * closed form.
 */
export function optionGreeks(
  isAmerican: bool,
  call: bool,
  forward: f64,
  strike: f64,
  years: f64,
  vol: f64,
  discount: f64,
  out: usize,
): void {
  store<f64>(out, optionPrice(isAmerican, call, forward, strike, years, vol, discount));
  if (isAmerican) americanGreeks(call, forward, strike, years, vol, discount, out);
  else europeanGreeks(call, forward, strike, years, vol, discount, out);
}

function write(out: usize, delta: f64, gamma: f64, vega: f64, theta: f64, rho: f64): void {
  store<f64>(out, delta, 8);
  store<f64>(out, gamma, 16);
  store<f64>(out, vega, 24);
  store<f64>(out, theta, 32);
  store<f64>(out, rho, 40);
}

/**
 * d1 = ln(F/K)/s + s/2: delta = D N(d1) (put: -D N(-d1)), gamma = D n(d1) / (F s), vega = D F n(d1) sqrt(T),
 * theta = r V - D F n(d1) vol / (2 sqrt T), rho = -T V. Where nothing can move (s = 0, or forward or strike not above
 * zero): the slopes of the discounted payoff, a half at the strike, and no gamma; at T = 0 no theta.
 */
function europeanGreeks(
  call: bool,
  forward: f64,
  strike: f64,
  years: f64,
  vol: f64,
  discount: f64,
  out: usize,
): void {
  const price = load<f64>(out);
  const root = sqrt(years);
  const s = min(vol * root, 200);
  const carry = years > 0 ? (-log(discount) / years) * price : 0;
  const rho = -years * price;
  if (!(s > 0 && forward > 0 && strike > 0)) {
    const above: f64 = forward > strike ? 1 : forward === strike ? 0.5 : 0;
    const still = forward === strike && forward > 0;
    const vega = still ? discount * forward * normalPdf(0) * root : 0;
    write(out, discount * (call ? above : above - 1), 0, vega, carry, rho);
    return;
  }
  const d1 = logRatio(forward, strike) / s + 0.5 * s;
  const density = discount * normalPdf(d1);
  const delta = discount * (call ? normalCdf(d1) : -normalCdf(-d1));
  const decay = (forward * density * vol) / (2 * root);
  write(out, delta, density / (forward * s), forward * density * root, carry - decay, rho);
}

/** Terms that a difference moves, one by one. */
const FORWARD = 0;
const VOL = 1;
const YEARS = 2;
const RATE = 3;

/** The American bound with one term moved; the rate stays when the years move. */
function moved(
  call: bool,
  forward: f64,
  strike: f64,
  years: f64,
  vol: f64,
  rate: f64,
  term: i32,
  by: f64,
): f64 {
  const t = term === YEARS ? years + by : years;
  const r = term === RATE ? rate + by : rate;
  const f = term === FORWARD ? forward + by : forward;
  return american(call, f, strike, t, term === VOL ? vol + by : vol, exp(-r * t));
}

/** First derivative by central differences of fourth order: (8 (f(h) - f(-h)) - (f(2h) - f(-2h))) / 12 h. */
function slope(
  call: bool,
  forward: f64,
  strike: f64,
  years: f64,
  vol: f64,
  rate: f64,
  term: i32,
  h: f64,
): f64 {
  const near =
    moved(call, forward, strike, years, vol, rate, term, h) -
    moved(call, forward, strike, years, vol, rate, term, -h);
  const far =
    moved(call, forward, strike, years, vol, rate, term, 2 * h) -
    moved(call, forward, strike, years, vol, rate, term, -2 * h);
  return (8 * near - far) / (12 * h);
}

/** Steps of a hundredth of a standard deviation, of the vol, of the years, and of the rate (of one per cent at least). */
function americanGreeks(
  call: bool,
  forward: f64,
  strike: f64,
  years: f64,
  vol: f64,
  discount: f64,
  out: usize,
): void {
  if (!(discount < 1 && years > 0 && vol > 0 && forward > 0 && strike > 0)) {
    stillGreeks(call, forward, strike, years, vol, discount, out);
    return;
  }
  const rate = -log(discount) / years;
  const h = 0.01 * forward * min(vol * sqrt(years), 1);
  const near =
    moved(call, forward, strike, years, vol, rate, FORWARD, h) +
    moved(call, forward, strike, years, vol, rate, FORWARD, -h);
  const far =
    moved(call, forward, strike, years, vol, rate, FORWARD, 2 * h) +
    moved(call, forward, strike, years, vol, rate, FORWARD, -2 * h);
  const middle = moved(call, forward, strike, years, vol, rate, FORWARD, 0);
  write(
    out,
    slope(call, forward, strike, years, vol, rate, FORWARD, h),
    (16 * near - far - 30 * middle) / (12 * h * h),
    slope(call, forward, strike, years, vol, rate, VOL, 0.01 * vol),
    -slope(call, forward, strike, years, vol, rate, YEARS, 0.01 * years),
    slope(call, forward, strike, years, vol, rate, RATE, 0.01 * max(rate, 0.01)),
  );
}

/** American where waiting costs nothing or nothing can move: Black-76 or the payoff paid now, whichever is more. */
function stillGreeks(
  call: bool,
  forward: f64,
  strike: f64,
  years: f64,
  vol: f64,
  discount: f64,
  out: usize,
): void {
  const price = load<f64>(out);
  if (black76(call, forward, strike, years, vol, discount) === price) {
    europeanGreeks(call, forward, strike, years, vol, discount, out);
    return;
  }
  write(out, call ? 1 : -1, 0, 0, 0, 0);
}

/** ln(f/k), both above zero. */
function logRatio(f: f64, k: f64): f64 {
  return f < k ? first(logRatio2(both(f), both(k))) : -first(logRatio2(both(k), both(f)));
}
