/**
 * From returns to scenarios: filter, whiten, re-colour, mirror. Days are rows, oldest first. Each factor is filtered by its
 * own winsorised EWMA volatility (RiskMetrics; Hull and White 1998); jointly a day is whitened by the correlation known
 * before it, and re-coloured by today's. What one day needs depends on the days before it alone, so a day is worked once
 * and stays: a history that grew day by day seals to the same bits as one built at once.
 */
import { jacobi } from './jacobi';

/** Field order is the order of the parameter block. W, LRW, n0 and nc are whole numbers of days. */
@unmanaged
class Parameters {
  lam: f64;
  lamc: f64;
  delta: f64;
  m: f64;
  cv: f64;
  cz: f64;
  zc: f64;
  W: f64;
  LRW: f64;
  n0: f64;
  nc: f64;
  omega: f64;
  eig: f64;
  varianceFloor: f64;
}

@unmanaged
class History {
  parameters: Parameters;
  /** Clip bounds: n lower ones, then n upper ones. */
  bounds: usize;
  n: i32;
  /** Length of a matrix row: n, made even for vectors of two. */
  stride: i32;
  days: i32;
  capacity: i32;
  /** Days x n each: returns, winsorised squares, standardised returns, whitened returns (only those a set may need). */
  returns: usize;
  squares: usize;
  standard: usize;
  white: usize;
  /** How many days are filtered and whitened. */
  filtered: i32;
  whitened: i32;
  /** Variance of each factor for the day after the last filtered. */
  variance: usize;
  /** EWMA and running correlation sums; observations in the latter. */
  fast: usize;
  slow: usize;
  observations: f64;
  /** Correlation before day `decomposed`, its eigenvalues on the diagonal of `work`, its eigenvectors as rows. */
  correlation: usize;
  work: usize;
  vectors: usize;
  decomposed: i32;
  scratch: usize;
}

/** Below this a diagonal sum of squared standardised returns counts as nothing: a factor that never moves. */
const DIAGONAL_FLOOR: f64 = 1e-12;
/** Median of a squared standard normal. */
const MEDIAN_OF_SQUARE: f64 = 0.455;

function at(base: usize, i: i32): f64 {
  return load<f64>(base + ((<usize>i) << 3));
}

function set(base: usize, i: i32, value: f64): void {
  store<f64>(base + ((<usize>i) << 3), value);
}

function clip(x: f64, low: f64, high: f64): f64 {
  return min<f64>(max<f64>(x, low), high);
}

function room(numbers: i32): usize {
  return heap.alloc((<usize>numbers) << 3);
}

/** `parameters`: 14 numbers in the order of the class; `bounds`: n lower, then n upper. Both are copied. */
export function historyNew(n: i32, parameters: usize, bounds: usize): usize {
  const h = changetype<History>(heap.alloc(offsetof<History>()));
  memory.fill(changetype<usize>(h), 0, offsetof<History>());
  h.parameters = changetype<Parameters>(heap.alloc(offsetof<Parameters>()));
  memory.copy(changetype<usize>(h.parameters), parameters, offsetof<Parameters>());
  h.bounds = room(2 * n);
  memory.copy(h.bounds, bounds, (<usize>(2 * n)) << 3);
  h.n = n;
  h.stride = (n + 1) & ~1;
  h.variance = room(n);
  const matrix = n * h.stride;
  h.fast = room(matrix);
  h.slow = room(matrix);
  h.correlation = room(matrix);
  h.work = room(matrix);
  h.vectors = room(matrix);
  h.decomposed = -1;
  h.scratch = room(max<i32>(2 * n, <i32>h.parameters.n0));
  return changetype<usize>(h);
}

export function historyFree(pointer: usize): void {
  const h = changetype<History>(pointer);
  heap.free(changetype<usize>(h.parameters));
  heap.free(h.bounds);
  heap.free(h.variance);
  heap.free(h.fast);
  heap.free(h.slow);
  heap.free(h.correlation);
  heap.free(h.work);
  heap.free(h.vectors);
  heap.free(h.scratch);
  if (h.capacity > 0) {
    heap.free(h.returns);
    heap.free(h.squares);
    heap.free(h.standard);
    heap.free(h.white);
  }
  heap.free(pointer);
}

/** Adds one day of n finite returns. Nothing is computed until a set is asked for. */
export function historyAdd(pointer: usize, row: usize): void {
  const h = changetype<History>(pointer);
  if (h.days === h.capacity) grow(h);
  memory.copy(h.returns + ((<usize>(h.days * h.n)) << 3), row, (<usize>h.n) << 3);
  h.days++;
}

function grow(h: History): void {
  const capacity = h.capacity === 0 ? 256 : 2 * h.capacity;
  h.returns = moved(h.returns, h.days * h.n, capacity * h.n);
  h.squares = moved(h.squares, h.days * h.n, capacity * h.n);
  h.standard = moved(h.standard, h.days * h.n, capacity * h.n);
  h.white = moved(h.white, h.days * h.n, capacity * h.n);
  h.capacity = capacity;
}

function moved(from: usize, used: i32, wanted: i32): usize {
  const to = room(wanted);
  if (from !== 0) {
    memory.copy(to, from, (<usize>used) << 3);
    heap.free(from);
  }
  return to;
}

/** W' = min(W, T - n0): dates of history in the set; with their mirrors twice as many scenarios. */
export function historyDates(pointer: usize): i32 {
  const h = changetype<History>(pointer);
  return min<i32>(<i32>h.parameters.W, h.days - <i32>h.parameters.n0);
}

/**
 * Writes the set after the last day. `columns`: n x 2W', factor by factor, history oldest first, then mirrors in the same
 * order. `weights`: 2W'. `facts`: n each of volatility today, long run and target, then the correlation, n x n.
 */
export function historySeal(pointer: usize, columns: usize, weights: usize, facts: usize): void {
  const h = changetype<History>(pointer);
  const dates = historyDates(pointer);
  filter(h);
  whiten(h, h.days - dates);
  decompose(h, h.days);
  targets(h, facts);
  const root = facts + ((<usize>(3 * h.n)) << 3);
  squareRoot(h, root);
  recolour(h, facts + ((<usize>(2 * h.n)) << 3), root, dates, columns);
  for (let i = 0; i < h.n; i++) {
    memory.copy(
      root + ((<usize>(i * h.n)) << 3),
      h.correlation + ((<usize>(i * h.stride)) << 3),
      (<usize>h.n) << 3,
    );
  }
  const total = <f64>dates + <f64>dates * h.parameters.omega;
  for (let j = 0; j < dates; j++) {
    set(weights, j, 1 / total);
    set(weights, dates + j, h.parameters.omega / total);
  }
}

/** Each factor by itself: winsorised squares, standardised returns, the next day's variance. */
function filter(h: History): void {
  const p = h.parameters;
  if (h.filtered === 0) seedVariance(h);
  const limit = p.cv * p.cv;
  for (let t = h.filtered; t < h.days; t++) {
    for (let i = 0; i < h.n; i++) {
      const k = t * h.n + i;
      const r = at(h.returns, k);
      const v = at(h.variance, i);
      const w = min<f64>(r * r, limit * v);
      set(h.squares, k, w);
      set(h.standard, k, clip(r / sqrt<f64>(v), -p.cz, p.cz));
      set(h.variance, i, max<f64>(p.lam * v + (1 - p.lam) * w, p.varianceFloor));
    }
  }
  h.filtered = h.days;
}

/** The first variance: mean of the first n0 squares, each at most cv^2 times what their median says. */
function seedVariance(h: History): void {
  const p = h.parameters;
  const n0 = <i32>p.n0;
  for (let i = 0; i < h.n; i++) {
    sortSquares(h, i, n0);
    const median = max<f64>(at(h.scratch, n0 >> 1) / MEDIAN_OF_SQUARE, p.varianceFloor);
    const limit = p.cv * p.cv * median;
    let sum: f64 = 0;
    for (let t = 0; t < n0; t++) {
      const r = at(h.returns, t * h.n + i);
      sum += min<f64>(r * r, limit);
    }
    set(h.variance, i, max<f64>(sum / p.n0, p.varianceFloor));
  }
}

/** Insertion sort of the first n0 squares of a factor, ascending, in scratch memory. */
function sortSquares(h: History, i: i32, n0: i32): void {
  for (let t = 0; t < n0; t++) {
    const r = at(h.returns, t * h.n + i);
    const square = r * r;
    let k = t;
    while (k > 0 && at(h.scratch, k - 1) > square) {
      set(h.scratch, k, at(h.scratch, k - 1));
      k--;
    }
    set(h.scratch, k, square);
  }
}

/** Jointly, day by day: whitens a day by the correlation before it (from `first` on: earlier ones no set needs), then learns from it. */
function whiten(h: History, first: i32): void {
  if (h.whitened === 0) seedCorrelation(h);
  for (let t = h.whitened; t < h.days; t++) {
    if (t >= first) {
      decompose(h, t);
      whitenDay(h, t);
    }
    learn(h, t);
  }
  h.whitened = h.days;
}

function clipped(h: History, t: i32, i: i32): f64 {
  return clip(at(h.standard, t * h.n + i), -h.parameters.zc, h.parameters.zc);
}

/** Both correlation sums begin as the mean over the first nc days. Upper triangles only. */
function seedCorrelation(h: History): void {
  const nc = <i32>h.parameters.nc;
  for (let i = 0; i < h.n; i++) {
    for (let j = i; j < h.n; j++) {
      let sum: f64 = 0;
      for (let t = 0; t < nc; t++) sum += clipped(h, t, i) * clipped(h, t, j);
      const mean = sum / h.parameters.nc;
      set(h.fast, i * h.stride + j, mean);
      set(h.slow, i * h.stride + j, mean);
    }
  }
  h.observations = h.parameters.nc;
}

function learn(h: History, t: i32): void {
  const lamc = h.parameters.lamc;
  h.observations += 1;
  for (let i = 0; i < h.n; i++) {
    const zi = clipped(h, t, i);
    for (let j = i; j < h.n; j++) {
      const k = i * h.stride + j;
      const product = zi * clipped(h, t, j);
      const slow = at(h.slow, k);
      set(h.fast, k, lamc * at(h.fast, k) + (1 - lamc) * product);
      set(h.slow, k, slow + (product - slow) / h.observations);
    }
  }
}

/** Correlation before day t and its spectrum. The one a seal made for tomorrow is used again when tomorrow comes. */
function decompose(h: History, t: i32): void {
  if (h.decomposed === t) return;
  correlate(h);
  memory.copy(h.work, h.correlation, (<usize>(h.n * h.stride)) << 3);
  jacobi(h.work, h.vectors, h.n, h.stride);
  h.decomposed = t;
}

/** (1 - delta) of the fast and delta of the slow correlation, both triangles, the diagonal exactly 1. */
function correlate(h: History): void {
  const fastScale = h.scratch;
  const slowScale = h.scratch + ((<usize>h.n) << 3);
  for (let i = 0; i < h.n; i++) {
    set(fastScale, i, sqrt<f64>(max<f64>(at(h.fast, i * h.stride + i), DIAGONAL_FLOOR)));
    set(slowScale, i, sqrt<f64>(max<f64>(at(h.slow, i * h.stride + i), DIAGONAL_FLOOR)));
  }
  memory.fill(h.correlation, 0, (<usize>(h.n * h.stride)) << 3);
  const delta = h.parameters.delta;
  for (let i = 0; i < h.n; i++) {
    set(h.correlation, i * h.stride + i, 1);
    for (let j = i + 1; j < h.n; j++) {
      const fast = at(h.fast, i * h.stride + j) / (at(fastScale, i) * at(fastScale, j));
      const slow = at(h.slow, i * h.stride + j) / (at(slowScale, i) * at(slowScale, j));
      const c = (1 - delta) * fast + delta * slow;
      set(h.correlation, i * h.stride + j, c);
      set(h.correlation, j * h.stride + i, c);
    }
  }
}

function eigenvalue(h: History, k: i32): f64 {
  return max<f64>(at(h.work, k * h.stride + k), h.parameters.eig);
}

/** u = C^(-1/2) z by the spectrum: sum over k of v_k (v_k . z) / sqrt(lambda_k). */
function whitenDay(h: History, t: i32): void {
  const z = h.standard + ((<usize>(t * h.n)) << 3);
  const u = h.white + ((<usize>(t * h.n)) << 3);
  memory.fill(u, 0, (<usize>h.n) << 3);
  for (let k = 0; k < h.n; k++) {
    const v = h.vectors + ((<usize>(k * h.stride)) << 3);
    let along: f64 = 0;
    for (let j = 0; j < h.n; j++) along += at(v, j) * at(z, j);
    const scaled = along / sqrt<f64>(eigenvalue(h, k));
    for (let i = 0; i < h.n; i++) set(u, i, at(u, i) + at(v, i) * scaled);
  }
}

/** C^(1/2), n x n without padding: sum over k of v_k v_k' sqrt(lambda_k). */
function squareRoot(h: History, root: usize): void {
  memory.fill(root, 0, (<usize>(h.n * h.n)) << 3);
  for (let k = 0; k < h.n; k++) {
    const v = h.vectors + ((<usize>(k * h.stride)) << 3);
    const scale = sqrt<f64>(eigenvalue(h, k));
    for (let i = 0; i < h.n; i++) {
      const left = at(v, i) * scale;
      for (let j = 0; j < h.n; j++) {
        const c = i * h.n + j;
        set(root, c, at(root, c) + left * at(v, j));
      }
    }
  }
}

/** Volatility today, over the long run (last LRW days, oldest first), and the target between them, a quarter towards the long run. */
function targets(h: History, facts: usize): void {
  const p = h.parameters;
  const days = min<i32>(h.days, <i32>p.LRW);
  for (let i = 0; i < h.n; i++) {
    let sum: f64 = 0;
    for (let t = h.days - days; t < h.days; t++) sum += at(h.squares, t * h.n + i);
    const longRun = sum / <f64>days;
    const today = at(h.variance, i);
    set(facts, i, sqrt<f64>(today));
    set(facts, h.n + i, sqrt<f64>(longRun));
    set(facts, 2 * h.n + i, sqrt<f64>((1 - p.m) * today + p.m * longRun));
  }
}

/** x = target o (C^(1/2) u) for the last dates, and its mirror, clipped to the factor's bounds. */
function recolour(h: History, target: usize, root: usize, dates: i32, columns: usize): void {
  const first = h.days - dates;
  for (let i = 0; i < h.n; i++) {
    const row = root + ((<usize>(i * h.n)) << 3);
    const column = columns + ((<usize>(i * 2 * dates)) << 3);
    const low = at(h.bounds, i);
    const high = at(h.bounds, h.n + i);
    const scale = at(target, i);
    for (let j = 0; j < dates; j++) {
      const u = h.white + ((<usize>((first + j) * h.n)) << 3);
      let sum: f64 = 0;
      for (let k = 0; k < h.n; k++) sum += at(row, k) * at(u, k);
      const x = scale * sum;
      set(column, j, clip(x, low, high));
      set(column, dates + j, clip(-x, low, high));
    }
  }
}
