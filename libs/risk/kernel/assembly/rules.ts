/**
 * The rules of `urs` after the core: tail grid, floors, add-ons, and their composition into initial and maintenance margin.
 * One flat table of float64 in, named slots out; layout and meaning as in rule-tables.ts and wasm-rules.ts. No rule calls a
 * transcendental function: + - * / sqrt min max abs only, and every sum runs in the order of its table.
 */
const HEAD: i32 = 8;
const PARAMETERS: i32 = 19;
const UNDERLYING: i32 = 15;
const EXPIRY: i32 = 2;
const LEG: i32 = 13;
const TOTALS: i32 = 16;
const DETAIL: i32 = 14;

function get(table: usize, index: i32): f64 {
  return load<f64>(table + ((<usize>index) << 3));
}

function put(table: usize, index: i32, value: f64): void {
  store<f64>(table + ((<usize>index) << 3), value);
}

function whole(table: usize, index: i32): i32 {
  return <i32>get(table, index);
}

function after(table: usize, numbers: i32): usize {
  return table + ((<usize>numbers) << 3);
}

let sets: i32 = 0;
let pegs: i32 = 0;
let underlyings: i32 = 0;
let expiries: i32 = 0;
let strikes: i32 = 0;
let legs: i32 = 0;
let scenarios: i32 = 0;
let inRange: i32 = 0;
let parameter: usize = 0;
let shortfallAt: usize = 0;
let pegAt: usize = 0;
let underlyingAt: usize = 0;
let moveAt: usize = 0;
let expiryAt: usize = 0;
let strikeAt: usize = 0;
let legAt: usize = 0;
let gridAt: usize = 0;
let total: usize = 0;
let detailAt: usize = 0;
let scratch: usize = 0;

function underlying(u: i32): usize {
  return after(underlyingAt, u * UNDERLYING);
}

function detail(u: i32): usize {
  return after(detailAt, u * DETAIL);
}

function leg(i: i32): usize {
  return after(legAt, i * LEG);
}

/**
 * `input`: counts, parameters, shortfalls, pegs, underlyings, moves, expiries, strikes, legs, grid rows. `output`: totals, one
 * row of details per underlying, then room for max(expiries, strikes) numbers of work.
 */
export function rules(input: usize, output: usize): void {
  locate(input, output);
  for (let u = 0; u < underlyings; u++) exposure(u);
  put(total, 0, core());
  put(total, 1, grid());
  put(total, 2, floors());
  const risk = max<f64>(max<f64>(get(total, 0), get(total, 1)), get(total, 2));
  put(total, 3, risk);
  market();
  account(risk);
  compose(risk);
}

function locate(input: usize, output: usize): void {
  sets = whole(input, 0);
  pegs = whole(input, 1);
  underlyings = whole(input, 2);
  expiries = whole(input, 3);
  strikes = whole(input, 4);
  legs = whole(input, 5);
  scenarios = whole(input, 6);
  inRange = whole(input, 7);
  parameter = after(input, HEAD);
  shortfallAt = after(parameter, PARAMETERS);
  pegAt = after(shortfallAt, sets);
  underlyingAt = after(pegAt, pegs);
  moveAt = after(underlyingAt, underlyings * UNDERLYING);
  expiryAt = after(moveAt, underlyings * scenarios);
  strikeAt = after(expiryAt, expiries * EXPIRY);
  legAt = after(strikeAt, strikes);
  gridAt = after(legAt, legs * LEG);
  total = output;
  detailAt = after(output, TOTALS);
  scratch = after(detailAt, underlyings * DETAIL);
}

/** Net, gross and derivative units of an underlying, and its absolute net notional. */
function exposure(u: i32): void {
  let net: f64 = 0;
  let gross: f64 = 0;
  let derivatives: f64 = 0;
  for (let i = 0; i < legs; i++) {
    if (whole(leg(i), 1) !== u) continue;
    const units = get(leg(i), 0) * get(leg(i), 5);
    net += units;
    gross += abs<f64>(units);
    if (get(leg(i), 9) !== 0) derivatives += units;
  }
  put(detail(u), 0, net);
  put(detail(u), 1, gross);
  put(detail(u), 2, derivatives);
  put(detail(u), 3, abs<f64>(net) * get(underlying(u), 0));
}

/** `sum over sets of k max(ES, 0)`. */
function core(): f64 {
  let sum: f64 = 0;
  for (let s = 0; s < sets; s++) sum += get(parameter, 0) * max<f64>(get(shortfallAt, s), 0);
  return sum;
}

/** Sum over underlyings of the greatest damped loss beyond delta: a linear book has none. */
function grid(): f64 {
  let sum: f64 = 0;
  for (let u = 0; u < underlyings; u++) {
    let worst: f64 = 0;
    let scenario = -1;
    for (let j = 0; j < scenarios; j++) {
      const loss = damping(u, j) * curvatureLoss(u, j);
      if (loss > worst) {
        worst = loss;
        scenario = j;
      }
    }
    put(detail(u), 12, worst);
    put(detail(u), 13, <f64>scenario);
    sum += worst;
  }
  return sum;
}

/** 1 in range; in the tail such that a linear position would lose `tailShare` of its core, and never above 1. */
function damping(u: i32, j: i32): f64 {
  const move = abs<f64>(get(moveAt, u * scenarios + j));
  if (j < inRange || move === 0) return 1;
  return min<f64>(1, (get(parameter, 1) * get(underlying(u), 2)) / move);
}

function curvatureLoss(u: i32, j: i32): f64 {
  const move = get(moveAt, u * scenarios + j);
  let loss: f64 = 0;
  for (let i = 0; i < legs; i++) {
    const row = whole(leg(i), 4);
    if (row < 0 || whole(leg(i), 1) !== u) continue;
    loss -= get(leg(i), 0) * (get(gridAt, row * scenarios + j) - get(leg(i), 5) * move);
  }
  return loss;
}

/** Sum over underlyings of max(hedged floor, basis floor) + short-option minimum. */
function floors(): f64 {
  for (let u = 0; u < underlyings; u++) {
    const row = detail(u);
    const price = get(underlying(u), 0);
    const net = abs<f64>(get(row, 0));
    const hedged = (get(row, 1) - net) / 2;
    put(row, 4, price * (get(underlying(u), 3) * net + get(underlying(u), 4) * hedged));
    put(row, 5, 0);
    put(row, 6, 0);
  }
  basis();
  shortOptions();
  let sum: f64 = 0;
  for (let u = 0; u < underlyings; u++) {
    const floor = max<f64>(get(detail(u), 4), get(detail(u), 5)) + get(detail(u), 6);
    put(detail(u), 7, floor);
    sum += floor;
  }
  return sum;
}

/** Each expiry's basis moves against the book by max(flat, annual x years). */
function basis(): void {
  for (let e = 0; e < expiries; e++) put(scratch, e, 0);
  for (let i = 0; i < legs; i++) {
    const e = whole(leg(i), 2);
    if (e >= 0) put(scratch, e, get(scratch, e) + get(leg(i), 0) * get(leg(i), 5));
  }
  for (let e = 0; e < expiries; e++) {
    const u = whole(expiryAt, e * EXPIRY);
    const rate = max<f64>(
      get(underlying(u), 6),
      get(underlying(u), 7) * get(expiryAt, e * EXPIRY + 1),
    );
    const move = abs<f64>(get(scratch, e)) * get(underlying(u), 0) * rate;
    put(detail(u), 5, get(detail(u), 5) + move);
  }
}

/** Options of one strike and expiry offset each other, calls and puts alike; what is short after that pays. */
function shortOptions(): void {
  for (let s = 0; s < strikes; s++) put(scratch, s, 0);
  for (let i = 0; i < legs; i++) {
    const s = whole(leg(i), 3);
    if (s >= 0) put(scratch, s, get(scratch, s) + get(leg(i), 0) * get(leg(i), 7));
  }
  for (let s = 0; s < strikes; s++) {
    const u = whole(strikeAt, s);
    const naked = max<f64>(0, 0 - get(scratch, s));
    const charge = naked * get(underlying(u), 0) * get(underlying(u), 5);
    put(detail(u), 6, get(detail(u), 6) + charge);
  }
}

/** Add-ons per underlying: liquidity, crowding, concentration, open interest. */
function market(): void {
  for (let t = 4; t < 8; t++) put(total, t, 0);
  for (let u = 0; u < underlyings; u++) {
    const row = underlying(u);
    const net = abs<f64>(get(detail(u), 0));
    const notional = get(detail(u), 3);
    const slope = get(parameter, 5) * get(row, 14);
    const impact = get(parameter, 2) * (net * get(row, 1)) * sqrt<f64>(notional / get(row, 9));
    const liquidity = notional * (get(row, 8) / 2) + impact;
    const days = notional / (get(parameter, 3) * get(row, 9));
    const mpor = get(parameter, 4) * (1 + slope);
    const longer = sqrt<f64>(1 + max<f64>(0, days - mpor) / (3 * mpor)) - 1;
    put(detail(u), 8, liquidity);
    put(detail(u), 9, liquidity * slope);
    put(detail(u), 10, net * get(row, 2) * longer);
    put(detail(u), 11, openInterest(u));
    for (let t = 4; t < 8; t++) put(total, t, get(total, t) + get(detail(u), t + 4));
  }
}

function openInterest(u: i32): f64 {
  const row = underlying(u);
  const low = get(row, 12);
  const high = get(row, 13);
  if (high <= low) return 0;
  const share = min<f64>(max<f64>((get(row, 10) - low) / (high - low), 0), 1);
  return abs<f64>(get(detail(u), 2)) * get(row, 0) * (1 - get(row, 11)) * share;
}

/** Add-ons of the account: oracle, peg, funding, unrealised gains, fallback. */
function account(risk: f64): void {
  let oracle: f64 = 0;
  let funding: f64 = 0;
  let fallback: f64 = 0;
  for (let i = 0; i < legs; i++) {
    const quantity = get(leg(i), 0);
    const confidence = get(leg(i), 10);
    if (confidence < get(parameter, 6)) {
      oracle += get(parameter, 7) * (1 - confidence) * (abs<f64>(quantity) * get(leg(i), 6));
    }
    funding += quantity * get(leg(i), 8);
    fallback += max<f64>(quantity, 0) * get(leg(i), 11);
    fallback += max<f64>(0 - quantity, 0) * get(leg(i), 12);
  }
  let shortfall: f64 = 0;
  for (let p = 0; p < pegs; p++) {
    shortfall = max<f64>(shortfall, get(parameter, 8) - get(pegAt, p));
  }
  put(total, 8, oracle);
  put(total, 9, risk * (shortfall * get(parameter, 9)));
  put(total, 10, max<f64>(0, funding * get(parameter, 10)));
  put(total, 11, (1 - get(parameter, 11)) * max<f64>(0, get(parameter, 17)));
  put(total, 12, fallback);
}

function compose(risk: f64): void {
  let initial = risk;
  for (let t = 4; t < 13; t++) initial += get(total, t);
  const phi = maintenanceShare();
  let maintenance = phi * risk;
  maintenance += get(total, 4);
  maintenance += get(total, 5);
  maintenance += get(total, 10);
  maintenance += get(total, 12);
  put(total, 13, initial);
  put(total, 14, maintenance);
  put(total, 15, phi);
}

/** phi, or where the liquidation time is measured clamp(sqrt(time / MPOR) (1 + slope C), low, high). */
function maintenanceShare(): f64 {
  const days = get(parameter, 16);
  if (days <= 0) return get(parameter, 12);
  const share = sqrt<f64>(days / get(parameter, 4)) * (1 + get(parameter, 15) * get(parameter, 18));
  return min<f64>(max<f64>(share, get(parameter, 13)), get(parameter, 14));
}
