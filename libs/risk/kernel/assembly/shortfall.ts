/**
 * Weighted expected shortfall by selection: one pass keeps the worst losses whose probability just covers `alpha` in a
 * heap, least bad on top; what is not worse than the top is passed over four at a time. So that few enter the heap only
 * to be dropped, the greatest losses of blocks are looked at first: those alone cover `alpha` from some loss up, and nothing
 * below it can be needed. The answer is that of a full sort (worst first, ties by lower index), to
 * the last bit: what the sort would use is in the heap, and only that is summed.
 */

/** A little more mass than asked for, so that rounding while entries come and go never drops one that is needed. */
const SPARE: f64 = 1 + 1e-9;

/** The heap's columns lie in the caller's scratch memory: losses, then masses (f64 each), then indices (i32). */
let heapLoss: usize = 0;
let heapMass: usize = 0;
let heapIndex: usize = 0;

function f(base: usize, i: i32): f64 {
  return load<f64>(base + ((<usize>i) << 3));
}

function indexAt(i: i32): i32 {
  return load<i32>(heapIndex + ((<usize>i) << 2));
}

function put(i: i32, loss: f64, mass: f64, index: i32): void {
  store<f64>(heapLoss + ((<usize>i) << 3), loss);
  store<f64>(heapMass + ((<usize>i) << 3), mass);
  store<i32>(heapIndex + ((<usize>i) << 2), index);
}

function move(from: i32, to: i32): void {
  put(to, f(heapLoss, from), f(heapMass, from), indexAt(from));
}

/** Does (loss, index) come later in the order worst first? */
function milder(loss: f64, index: i32, thanLoss: f64, thanIndex: i32): bool {
  return loss < thanLoss || (loss === thanLoss && index > thanIndex);
}

function siftUp(start: i32, loss: f64, mass: f64, index: i32): void {
  let i = start;
  while (i > 0) {
    const parent = (i - 1) >> 1;
    if (!milder(loss, index, f(heapLoss, parent), indexAt(parent))) break;
    move(parent, i);
    i = parent;
  }
  put(i, loss, mass, index);
}

/** Puts an entry at the top of a heap of `size` and lets it sink. */
function siftDown(size: i32, loss: f64, mass: f64, index: i32): void {
  let i = 0;
  while (true) {
    let child = 2 * i + 1;
    if (child >= size) break;
    const right = child + 1;
    if (
      right < size &&
      milder(f(heapLoss, right), indexAt(right), f(heapLoss, child), indexAt(child))
    ) {
      child = right;
    }
    if (!milder(f(heapLoss, child), indexAt(child), loss, index)) break;
    move(child, i);
    i = child;
  }
  put(i, loss, mass, index);
}

/**
 * Selects into `scratch` (20 bytes per scenario): losses worst first, the mass used of each, their indices. Writes the
 * expected shortfall to `value` and returns how many scenarios it uses.
 */
export function shortfall(
  losses: usize,
  weights: usize,
  length: i32,
  alpha: f64,
  scratch: usize,
  value: usize,
): i32 {
  heapLoss = scratch;
  heapMass = scratch + ((<usize>length) << 3);
  heapIndex = scratch + ((<usize>length) << 4);
  const need = alpha * SPARE;
  const least = leastNeeded(losses, weights, length, need, scratch);
  const size = select(losses, weights, length, need, least);
  sortWorstFirst(size);
  return sumWorst(size, alpha, value);
}

let heapSize = 0;
let heaped: f64 = 0;

/** Takes an entry in, and drops from the top what is not needed any more. */
function keep(loss: f64, weight: f64, index: i32, need: f64): void {
  siftUp(heapSize++, loss, weight, index);
  heaped += weight;
  while (heaped - f(heapMass, 0) >= need) {
    heaped -= f(heapMass, 0);
    const last = --heapSize;
    siftDown(last, f(heapLoss, last), f(heapMass, last), indexAt(last));
  }
}

const BLOCK = 16;
/** Halvings of the range in which the bound is sought: a rough bound is as good, it only lets a few more in. */
const HALVINGS = 10;

/**
 * A loss that the worst `need` of probability does not go below: the greatest losses of the blocks that reach it hold so
 * much, each taken with the least weight of its block. -Infinity where all blocks do not. Works in `scratch`.
 */
function leastNeeded(losses: usize, weights: usize, length: i32, need: f64, scratch: usize): f64 {
  const blocks = length / BLOCK;
  const mass = scratch + ((<usize>blocks) << 3);
  let low = Infinity;
  let high = -Infinity;
  for (let b = 0; b < blocks; b++) {
    const at = (<usize>(b * BLOCK)) << 3;
    const most = greatest16(losses + at);
    store<f64>(scratch + ((<usize>b) << 3), most);
    store<f64>(mass + ((<usize>b) << 3), least16(weights + at));
    low = min(low, most);
    high = max(high, most);
  }
  if (blocks === 0 || massFrom(scratch, mass, blocks, low) < need) return -Infinity;
  for (let k = 0; k < HALVINGS; k++) {
    const middle = 0.5 * low + 0.5 * high;
    if (massFrom(scratch, mass, blocks, middle) >= need) low = middle;
    else high = middle;
  }
  return low;
}

/** Mass of the entries whose loss is `least` or more. */
function massFrom(loss: usize, mass: usize, count: i32, least: f64): f64 {
  const t = f64x2.splat(least);
  let sums = f64x2.splat(0);
  let i = 0;
  for (; i + 2 <= count; i += 2) {
    const at = (<usize>i) << 3;
    const isIn = f64x2.ge(v128.load(loss + at), t);
    sums = f64x2.add(sums, v128.and(v128.load(mass + at), isIn));
  }
  let sum = f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1);
  if (i < count && f(loss, i) >= least) sum += f(mass, i);
  return sum;
}

function greatest16(at: usize): f64 {
  const a = f64x2.pmax(v128.load(at), v128.load(at, 16));
  const b = f64x2.pmax(v128.load(at, 32), v128.load(at, 48));
  const c = f64x2.pmax(v128.load(at, 64), v128.load(at, 80));
  const d = f64x2.pmax(v128.load(at, 96), v128.load(at, 112));
  const most = f64x2.pmax(f64x2.pmax(a, b), f64x2.pmax(c, d));
  return max<f64>(f64x2.extract_lane(most, 0), f64x2.extract_lane(most, 1));
}

function least16(at: usize): f64 {
  const a = f64x2.pmin(v128.load(at), v128.load(at, 16));
  const b = f64x2.pmin(v128.load(at, 32), v128.load(at, 48));
  const c = f64x2.pmin(v128.load(at, 64), v128.load(at, 80));
  const d = f64x2.pmin(v128.load(at, 96), v128.load(at, 112));
  const least = f64x2.pmin(f64x2.pmin(a, b), f64x2.pmin(c, d));
  return min<f64>(f64x2.extract_lane(least, 0), f64x2.extract_lane(least, 1));
}

/** The heap of the worst `need` of probability, all of it `least` or more; returns its size. */
function select(losses: usize, weights: usize, length: i32, need: f64, least: f64): i32 {
  heapSize = 0;
  heaped = 0;
  let j = 0;
  while (j < length) {
    j =
      heaped >= need
        ? nextAbove(losses, j, length, f(heapLoss, 0))
        : nextFrom(losses, j, length, least);
    if (j >= length) break;
    keep(f(losses, j), f(weights, j), j, need);
    j++;
  }
  return heapSize;
}

/** First index from `start` whose loss is `least` or more. */
function nextFrom(losses: usize, start: i32, length: i32, least: f64): i32 {
  const t = f64x2.splat(least);
  let j = start;
  for (; j + 4 <= length; j += 4) {
    const a = losses + ((<usize>j) << 3);
    if (v128.any_true(v128.or(f64x2.ge(v128.load(a), t), f64x2.ge(v128.load(a, 16), t)))) break;
  }
  while (j < length && f(losses, j) < least) j++;
  return j;
}

/** First index from `start` whose loss is above the threshold. */
function nextAbove(losses: usize, start: i32, length: i32, threshold: f64): i32 {
  const t = f64x2.splat(threshold);
  let j = start;
  for (; j + 4 <= length; j += 4) {
    const a = losses + ((<usize>j) << 3);
    const above = v128.or(f64x2.gt(v128.load(a), t), f64x2.gt(v128.load(a, 16), t));
    if (v128.any_true(above)) break;
  }
  while (j < length && f(losses, j) <= threshold) j++;
  return j;
}

function sortWorstFirst(size: i32): void {
  for (let end = size - 1; end > 0; end--) {
    const loss = f(heapLoss, 0);
    const mass = f(heapMass, 0);
    const index = indexAt(0);
    siftDown(end, f(heapLoss, end), f(heapMass, end), indexAt(end));
    put(end, loss, mass, index);
  }
}

/** `(1/alpha) sum_j min(p_j, remaining mass) L_(j)`, from the worst down. */
function sumWorst(size: i32, alpha: f64, value: usize): i32 {
  let remaining = alpha;
  let sum: f64 = 0;
  let used = 0;
  while (used < size && remaining > 0) {
    const mass = min<f64>(f(heapMass, used), remaining);
    store<f64>(heapMass + ((<usize>used) << 3), mass);
    sum += mass * f(heapLoss, used);
    remaining -= mass;
    used++;
  }
  store<f64>(value, sum / alpha);
  return used;
}
