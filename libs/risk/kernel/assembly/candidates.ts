/**
 * The few scenarios an expected shortfall can need, found without a heap: the greatest losses of blocks of 16 give a bound
 * that enough probability lies on or above, and only blocks that reach it are looked into. Every such bound gives the same
 * answer; a close one makes it cheap.
 */

const BLOCK: i32 = 16;
const BLOCK_BYTES: usize = 128;
/** More than this are left to the heap: these are put in order one by one. */
const MOST: i32 = 128;
/** Halvings of the range in which the bound is sought. */
const HALVINGS: i32 = 10;

/**
 * Writes block by block the greatest loss and the least weight, each a column of 8 bytes a block, the number of blocks made
 * even by one that holds nothing. Returns the sum of all losses: no number where one of them is none.
 */
export function summarise(losses: usize, weights: usize, length: i32, work: usize): f64 {
  const blocks = length / BLOCK;
  const column = columnBytes(blocks);
  let sums = f64x2.splat(0);
  for (let b: usize = 0; b < <usize>blocks; b++) {
    const a = losses + b * BLOCK_BYTES;
    const w = weights + b * BLOCK_BYTES;
    const a0 = f64x2.pmax(v128.load(a), v128.load(a, 16));
    const a1 = f64x2.pmax(v128.load(a, 32), v128.load(a, 48));
    const a2 = f64x2.pmax(v128.load(a, 64), v128.load(a, 80));
    const a3 = f64x2.pmax(v128.load(a, 96), v128.load(a, 112));
    const most = f64x2.pmax(f64x2.pmax(a0, a1), f64x2.pmax(a2, a3));
    const s0 = f64x2.add(v128.load(a), v128.load(a, 16));
    const s1 = f64x2.add(v128.load(a, 32), v128.load(a, 48));
    const s2 = f64x2.add(v128.load(a, 64), v128.load(a, 80));
    const s3 = f64x2.add(v128.load(a, 96), v128.load(a, 112));
    const sum = f64x2.add(f64x2.add(s0, s1), f64x2.add(s2, s3));
    const w0 = f64x2.pmin(v128.load(w), v128.load(w, 16));
    const w1 = f64x2.pmin(v128.load(w, 32), v128.load(w, 48));
    const w2 = f64x2.pmin(v128.load(w, 64), v128.load(w, 80));
    const w3 = f64x2.pmin(v128.load(w, 96), v128.load(w, 112));
    const least = f64x2.pmin(f64x2.pmin(w0, w1), f64x2.pmin(w2, w3));
    sums = f64x2.add(sums, sum);
    store<f64>(work + (b << 3), greater(most));
    store<f64>(work + column + (b << 3), lesser(least));
  }
  if (blocks & 1) {
    store<f64>(work + column - 8, -Infinity);
    store<f64>(work + 2 * column - 8, 0);
  }
  let total = lane0(sums) + f64x2.extract_lane(sums, 1);
  for (let j = blocks * BLOCK; j < length; j++) total += load<f64>(losses + ((<usize>j) << 3));
  return total;
}

/** Of two lanes, neither of which is NaN: a select costs less than the instruction that would look for one. */
function greater(pair: v128): f64 {
  const a = lane0(pair);
  const b = f64x2.extract_lane(pair, 1);
  return a > b ? a : b;
}

function lesser(pair: v128): f64 {
  const a = lane0(pair);
  const b = f64x2.extract_lane(pair, 1);
  return a < b ? a : b;
}

function lane0(pair: v128): f64 {
  return f64x2.extract_lane(pair, 0);
}

function columnBytes(blocks: i32): usize {
  return (<usize>(blocks + (blocks & 1))) << 3;
}

/**
 * Puts the scenarios that `need` of probability can reach into the columns, worst first and ties by lower index, and returns
 * how many they are: 0 where the blocks give no bound, or one that too many reach. `work` as `summarise` left it.
 */
export function candidates(
  losses: usize,
  weights: usize,
  length: i32,
  need: f64,
  work: usize,
  columns: usize,
): i32 {
  const blocks = length / BLOCK;
  const most = min<i32>(MOST, length / 2);
  const bound = boundOf(work, columnBytes(blocks), need);
  if (bound === -Infinity) return 0;
  let count = 0;
  for (let b = 0; b <= blocks; b++) {
    // What is left over after the last block is looked into in any case.
    if (b < blocks && load<f64>(work + ((<usize>b) << 3)) < bound) continue;
    const end = b < blocks ? (b + 1) * BLOCK : length;
    for (let j = b * BLOCK; j < end; j++) {
      const loss = load<f64>(losses + ((<usize>j) << 3));
      if (loss < bound) continue;
      if (count === most) return 0;
      insert(columns, length, count++, loss, load<f64>(weights + ((<usize>j) << 3)), j);
    }
  }
  return count;
}

/** A loss that blocks of at least `need` of probability reach, -Infinity where all of them together weigh less. */
function boundOf(work: usize, column: usize, need: f64): f64 {
  if (!(weightFrom(-Infinity, work, column) >= need)) return -Infinity;
  let lows = f64x2.splat(Infinity);
  let highs = f64x2.splat(-Infinity);
  for (let at: usize = 0; at < column; at += 16) {
    const pair = v128.load(work + at);
    // The block that fills up an odd number is -Infinity, and no end of the range.
    const isBlock = f64x2.gt(pair, f64x2.splat(-Infinity));
    lows = f64x2.pmin(lows, v128.bitselect(pair, lows, isBlock));
    highs = f64x2.pmax(highs, pair);
  }
  let low = min<f64>(lane0(lows), f64x2.extract_lane(lows, 1));
  let high = max<f64>(lane0(highs), f64x2.extract_lane(highs, 1));
  for (let i = 0; i < HALVINGS; i++) {
    const middle = low + (high - low) * 0.5;
    if (weightFrom(middle, work, column) >= need) low = middle;
    else high = middle;
  }
  return low;
}

/** Least weights of the blocks whose greatest loss is `from` or more: each has a scenario of at least that weight there. */
function weightFrom(from: f64, work: usize, column: usize): f64 {
  const bound = f64x2.splat(from);
  const weights = work + column;
  // Four sums, so that none waits for the one before: only the bound depends on their order, and any bound will do.
  let a = f64x2.splat(0);
  let b = a;
  let c = a;
  let d = a;
  let at: usize = 0;
  for (; at + 64 <= column; at += 64) {
    a = f64x2.add(a, heavy(work, weights, at, bound));
    b = f64x2.add(b, heavy(work, weights, at + 16, bound));
    c = f64x2.add(c, heavy(work, weights, at + 32, bound));
    d = f64x2.add(d, heavy(work, weights, at + 48, bound));
  }
  for (; at < column; at += 16) a = f64x2.add(a, heavy(work, weights, at, bound));
  const sum = f64x2.add(f64x2.add(a, b), f64x2.add(c, d));
  return lane0(sum) + f64x2.extract_lane(sum, 1);
}

/** Weights of two blocks, those that reach the bound; else 0. */
function heavy(work: usize, weights: usize, at: usize, bound: v128): v128 {
  return v128.and(f64x2.ge(v128.load(work + at), bound), v128.load(weights + at));
}

/** Into its place among `count` entries in order; what is as great and came before stays before. */
function insert(columns: usize, length: i32, count: i32, loss: f64, mass: f64, index: i32): void {
  const masses = columns + ((<usize>length) << 3);
  const indices = columns + ((<usize>length) << 4);
  let k = <usize>count;
  while (k > 0 && load<f64>(columns + (k << 3) - 8) < loss) {
    store<f64>(columns + (k << 3), load<f64>(columns + (k << 3) - 8));
    store<f64>(masses + (k << 3), load<f64>(masses + (k << 3) - 8));
    store<i32>(indices + (k << 2), load<i32>(indices + (k << 2) - 4));
    k--;
  }
  store<f64>(columns + (k << 3), loss);
  store<f64>(masses + (k << 3), mass);
  store<i32>(indices + (k << 2), index);
}
