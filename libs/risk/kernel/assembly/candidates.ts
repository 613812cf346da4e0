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
const HALVINGS: i32 = 9;

/** Bytes of a column with a number for each block, their number made a multiple of four by ones that hold nothing. */
function columnBytes(length: i32): usize {
  return (<usize>((length / BLOCK + 3) & ~3)) << 3;
}

/** Fills the rest of a column. */
function pad(column: usize, length: i32, value: f64): void {
  const end = columnBytes(length);
  for (let at = (<usize>(length / BLOCK)) << 3; at < end; at += 8) store<f64>(column + at, value);
}

/** Writes the least weight of each block: a column that belongs to a set, whatever the losses. */
export function blockWeights(weights: usize, length: i32, out: usize): void {
  const blocks = length / BLOCK;
  pad(out, length, 0);
  for (let b: usize = 0; b < <usize>blocks; b++) {
    const from = weights + b * BLOCK_BYTES;
    let least = v128.load(from);
    for (let at: usize = 16; at < BLOCK_BYTES; at += 16) {
      least = f64x2.pmin(least, v128.load(from + at));
    }
    store<f64>(out + (b << 3), min<f64>(lane0(least), f64x2.extract_lane(least, 1)));
  }
}

/** Writes the greatest loss of each block. Returns the sum of all losses: no number where one of them is none. */
export function blockLosses(losses: usize, length: i32, out: usize): f64 {
  const blocks = length / BLOCK;
  pad(out, length, -Infinity);
  let sums = f64x2.splat(0);
  for (let b: usize = 0; b < <usize>blocks; b++) {
    const from = losses + b * BLOCK_BYTES;
    let most = v128.load(from);
    let sum = most;
    for (let at: usize = 16; at < BLOCK_BYTES; at += 16) {
      const next = v128.load(from + at);
      most = f64x2.pmax(most, next);
      sum = f64x2.add(sum, next);
    }
    sums = f64x2.add(sums, sum);
    store<f64>(out + (b << 3), max<f64>(lane0(most), f64x2.extract_lane(most, 1)));
  }
  let total = lane0(sums) + f64x2.extract_lane(sums, 1);
  for (let j = blocks * BLOCK; j < length; j++) total += load<f64>(losses + ((<usize>j) << 3));
  return total;
}

function lane0(pair: v128): f64 {
  return f64x2.extract_lane(pair, 0);
}

/**
 * Puts the scenarios that `need` of probability can reach into the columns, worst first and ties by lower index, and returns
 * how many they are: 0 where the blocks give no bound, or one that too many reach. `greatest` and `least`: what
 * `blockLosses` and `blockWeights` wrote. The second halves of the columns are used for lists.
 */
export function candidates(
  losses: usize,
  weights: usize,
  length: i32,
  need: f64,
  greatest: usize,
  least: usize,
  columns: usize,
): i32 {
  const bound = boundOf(greatest, least, columnBytes(length), need);
  if (bound === -Infinity) return 0;
  const half = (<usize>length) << 2;
  const found = columns + half;
  const count = reaching(losses, length, bound, greatest, found + ((<usize>length) << 3), found);
  if (count > min<i32>(MOST, length / 2 - 2)) return 0;
  rank(losses, weights, length, found, <usize>count, columns);
  return count;
}

/**
 * Lists the scenarios whose loss is `bound` or more: first the blocks that have one, then those within them. Every number is
 * written and the end of the list moves or stays, for which of them will stay no processor foresees.
 */
function reaching(
  losses: usize,
  length: i32,
  bound: f64,
  greatest: usize,
  hits: usize,
  found: usize,
): i32 {
  const blocks = length / BLOCK;
  let hit: usize = 0;
  for (let b = 0; b < blocks; b++) {
    store<i32>(hits + (hit << 2), b);
    hit += <usize>(load<f64>(greatest + ((<usize>b) << 3)) >= bound);
  }
  let count: usize = 0;
  for (let h: usize = 0; h < hit; h++) {
    const first = load<i32>(hits + (h << 2)) * BLOCK;
    count = listFrom(losses, first, first + BLOCK, bound, found, count);
  }
  // What is left over after the last block is looked into in any case.
  return <i32>listFrom(losses, blocks * BLOCK, length, bound, found, count);
}

function listFrom(
  losses: usize,
  from: i32,
  to: i32,
  bound: f64,
  found: usize,
  before: usize,
): usize {
  let count = before;
  for (let j = from; j < to; j++) {
    store<i32>(found + (count << 2), j);
    count += <usize>(load<f64>(losses + ((<usize>j) << 3)) >= bound);
  }
  return count;
}

/** A loss that blocks of at least `need` of probability reach, -Infinity where all of them together weigh less. */
function boundOf(greatest: usize, least: usize, column: usize, need: f64): f64 {
  let low = Infinity;
  let high = -Infinity;
  for (let at: usize = 0; at < column; at += 8) {
    const value = load<f64>(greatest + at);
    // Blocks that fill up the column are -Infinity, and no end of the range.
    if (value < low && value > -Infinity) low = value;
    if (value > high) high = value;
  }
  let isBound = false;
  for (let i = 0; i < HALVINGS; i++) {
    const middle = low + (high - low) * 0.5;
    if (weightFrom(middle, greatest, least, column) >= need) {
      low = middle;
      isBound = true;
    } else high = middle;
  }
  return isBound || weightFrom(low, greatest, least, column) >= need ? low : -Infinity;
}

/** Least weights of the blocks whose greatest loss is `from` or more: each has a scenario of at least that weight there. */
function weightFrom(from: f64, greatest: usize, least: usize, column: usize): f64 {
  const bound = f64x2.splat(from);
  let even = f64x2.splat(0);
  let odd = even;
  for (let at: usize = 0; at < column; at += 32) {
    const first = f64x2.ge(v128.load(greatest + at), bound);
    even = f64x2.add(even, v128.and(first, v128.load(least + at)));
    const second = f64x2.ge(v128.load(greatest + at, 16), bound);
    odd = f64x2.add(odd, v128.and(second, v128.load(least + at, 16)));
  }
  const sum = f64x2.add(even, odd);
  return lane0(sum) + f64x2.extract_lane(sum, 1);
}

/**
 * Each listed scenario to its place: as many stand before it as lose more, or as much with a lower index. Counting them two at
 * a time costs less than the wrong turns of a sort.
 */
function rank(
  losses: usize,
  weights: usize,
  length: i32,
  found: usize,
  count: usize,
  columns: usize,
): void {
  const masses = columns + ((<usize>length) << 3);
  const indices = columns + <usize>length * 20;
  const values = masses + ((<usize>length) << 2);
  for (let k: usize = 0; k < count; k++) {
    store<f64>(values + (k << 3), load<f64>(losses + ((<usize>load<i32>(found + (k << 2))) << 3)));
  }
  store<f64>(values + (count << 3), -Infinity);
  for (let k: usize = 0; k < count; k++) {
    const place = placeOf(values, k, count);
    const j = load<i32>(found + (k << 2));
    store<f64>(columns + (place << 3), load<f64>(values + (k << 3)));
    store<f64>(masses + (place << 3), load<f64>(weights + ((<usize>j) << 3)));
    store<i32>(indices + (place << 2), j);
  }
}

function placeOf(values: usize, k: usize, count: usize): usize {
  const value = v128.load_splat<f64>(values + (k << 3));
  // Of the pair that holds the value itself, only what stands before it may be as great.
  const own = k & 1;
  const middle = values + ((k + own) << 3);
  const end = values + (count << 3);
  let before = i64x2.splat(0);
  let at = values;
  for (; at < middle; at += 16) before = i64x2.sub(before, f64x2.ge(v128.load(at), value));
  for (; at < end; at += 16) before = i64x2.sub(before, f64x2.gt(v128.load(at), value));
  return <usize>(i64x2.extract_lane(before, 0) + i64x2.extract_lane(before, 1)) - own;
}
