import { blockLosses, candidates } from './candidates';

/**
 * Weighted expected shortfall by selection. Where the worst losses are few, as they are at the levels margins are asked at,
 * they are found by blocks (candidates.ts). Else one pass keeps those whose probability just covers `alpha` in a heap, least
 * bad on top; what is not worse than the top is passed over four at a time. The answer is that of a full sort (worst first,
 * ties by lower index), to the last bit: what the sort would use is among what is kept, and only that is summed.
 */

/** A little more mass than asked for, so that rounding while entries come and go never drops one that is needed. */
const SPARE: f64 = 1 + 1e-9;

/** The heap's columns lie in the caller's memory: losses, then masses (f64 each), then half a column free, then indices (i32). */
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
 * Writes to `out`, a number and 24 bytes per scenario: the expected shortfall, the losses it uses, worst first, the mass used of
 * each, their indices, one after the other without a gap. Returns how many it uses, -1 where a loss is no finite number.
 * `least` is the set's column of block weights (candidates.ts).
 */
export function shortfall(
  losses: usize,
  weights: usize,
  least: usize,
  length: i32,
  alpha: f64,
  out: usize,
): i32 {
  heapLoss = out + 8;
  heapMass = heapLoss + ((<usize>length) << 3);
  heapIndex = heapLoss + <usize>length * 20;
  // The blocks' column lies in the second half of the indices: candidates are at most half as many as scenarios.
  const greatest = heapIndex + ((<usize>length) << 1);
  const total = blockLosses(losses, length, greatest);
  if (total - total !== 0) return -1;
  const need = alpha * SPARE;
  let size = candidates(losses, weights, length, need, greatest, least, heapLoss);
  if (size === 0) {
    size = select(losses, weights, length, need);
    sortWorstFirst(size);
  }
  const used = sumWorst(size, alpha, out);
  closeRanks(<usize>used);
  return used;
}

/** Moves the columns together, indices made float64 as the rest. */
function closeRanks(used: usize): void {
  const masses = heapLoss + (used << 3);
  memory.copy(masses, heapMass, used << 3);
  // Half as wide, they stand at the end of their room: what is written never overtakes what is read.
  for (let k: usize = 0; k < used; k++) {
    const index = load<i32>(heapIndex + (k << 2));
    store<f64>(masses + ((used + k) << 3), <f64>index);
  }
}

function select(losses: usize, weights: usize, length: i32, need: f64): i32 {
  let size = 0;
  let mass: f64 = 0;
  let j = 0;
  while (j < length) {
    if (mass >= need) j = nextAbove(losses, j, length, f(heapLoss, 0));
    if (j >= length) break;
    const weight = f(weights, j);
    siftUp(size++, f(losses, j), weight, j);
    mass += weight;
    while (mass - f(heapMass, 0) >= need) {
      mass -= f(heapMass, 0);
      size--;
      siftDown(size, f(heapLoss, size), f(heapMass, size), indexAt(size));
    }
    j++;
  }
  return size;
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
