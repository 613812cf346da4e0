import type { CoreParameters, FactorBounds } from '../../kernel/port.js';

/**
 * The scenario set in plain TypeScript, written from the specification and not from the kernel, but in the kernel's stated
 * order of operations: only + - * / and sqrt are in it, so both give the same bits. All days are done anew each time.
 */
export interface PlainSet {
  readonly columns: readonly (readonly number[])[];
  readonly weights: readonly number[];
  readonly volatility: readonly number[];
  readonly longRun: readonly number[];
  readonly target: readonly number[];
  readonly correlation: Matrix;
}

export type Matrix = readonly (readonly number[])[];

const clip = (x: number, low: number, high: number): number => Math.min(Math.max(x, low), high);
const zeros = (n: number): number[] => Array.from({ length: n }, () => 0);
const square = (n: number): number[][] => Array.from({ length: n }, () => zeros(n));

/** Cell of a row or matrix that is there by construction. */
function get(row: readonly number[] | undefined, i: number): number {
  const value = row?.[i];
  if (value === undefined) throw new RangeError(`no element ${i}`);
  return value;
}

function set(row: number[] | undefined, i: number, value: number): void {
  if (row === undefined) throw new RangeError('no row');
  row[i] = value;
}

function sum(values: readonly number[]): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

/** Cyclic Jacobi: eigenvalues, and eigenvectors as rows. */
export function plainJacobi(matrix: Matrix): { values: number[]; vectors: number[][] } {
  const n = matrix.length;
  const a = matrix.map((row) => [...row]);
  const vectors = a.map((_, i) => a.map((_, j) => (i === j ? 1 : 0)));
  const offDiagonal = (): number => sum(a.flatMap((row, i) => row.slice(i + 1).map((x) => x * x)));
  const enough = 1e-30 * (2 * offDiagonal() + sum(a.map((row, i) => get(row, i) * get(row, i))));
  for (let sweep = 0; sweep < 60 && 2 * offDiagonal() > enough; sweep++) {
    for (let p = 0; p < n - 1; p++) {
      for (let q = p + 1; q < n; q++) if (get(a[p], q) !== 0) rotate(a, vectors, p, q);
    }
  }
  return { values: a.map((row, i) => get(row, i)), vectors };
}

function rotate(a: number[][], vectors: number[][], p: number, q: number): void {
  const apq = get(a[p], q);
  const app = get(a[p], p);
  const aqq = get(a[q], q);
  const theta = (aqq - app) / (2 * apq);
  const t = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const c = 1 / Math.sqrt(t * t + 1);
  const s = t * c;
  for (const rows of [a, vectors]) {
    for (let k = 0; k < a.length; k++) {
      const x = get(rows[p], k);
      const y = get(rows[q], k);
      set(rows[p], k, c * x - s * y);
      set(rows[q], k, s * x + c * y);
    }
  }
  set(a[p], p, app - t * apq);
  set(a[q], q, aqq + t * apq);
  set(a[p], q, 0);
  set(a[q], p, 0);
  for (let k = 0; k < a.length; k++) {
    if (k === p || k === q) continue;
    set(a[k], p, get(a[p], k));
    set(a[k], q, get(a[q], k));
  }
}

/** One factor: winsorised squares, standardised returns, and the variance after the last day. */
function filter(returns: readonly number[], p: CoreParameters) {
  const first = returns.slice(0, p.n0).map((r) => r * r);
  const sorted = first.toSorted((a, b) => a - b);
  const median = Math.max(get(sorted, Math.floor(p.n0 / 2)) / 0.455, p.varianceFloor);
  const capped = first.map((x) => Math.min(x, p.cv * p.cv * median));
  let variance = Math.max(sum(capped) / p.n0, p.varianceFloor);
  const squares: number[] = [];
  const standard: number[] = [];
  for (const r of returns) {
    const w = Math.min(r * r, p.cv * p.cv * variance);
    squares.push(w);
    standard.push(clip(r / Math.sqrt(variance), -p.cz, p.cz));
    variance = Math.max(p.lam * variance + (1 - p.lam) * w, p.varianceFloor);
  }
  return { squares, standard, variance };
}

function correlationOf(fast: Matrix, slow: Matrix, delta: number): number[][] {
  const scale = (m: Matrix): number[] => m.map((row, i) => Math.sqrt(Math.max(get(row, i), 1e-12)));
  const [f, s] = [scale(fast), scale(slow)];
  return fast.map((row, i) =>
    row.map((_, j) => {
      if (i === j) return 1;
      const a = get(fast[i], j) / (get(f, i) * get(f, j));
      const b = get(slow[i], j) / (get(s, i) * get(s, j));
      return (1 - delta) * a + delta * b;
    }),
  );
}

/** C^(-1/2) z, eigenvalues floored. */
function whitened(c: Matrix, z: readonly number[], floor: number): number[] {
  const { values, vectors } = plainJacobi(c);
  const u = zeros(z.length);
  vectors.forEach((v, k) => {
    const along = sum(v.map((x, j) => x * get(z, j)));
    const scaled = along / Math.sqrt(Math.max(get(values, k), floor));
    v.forEach((x, i) => set(u, i, get(u, i) + x * scaled));
  });
  return u;
}

/** C^(1/2), eigenvalues floored. */
function rootOf(c: Matrix, floor: number): number[][] {
  const { values, vectors } = plainJacobi(c);
  const root = square(c.length);
  vectors.forEach((v, k) => {
    const scale = Math.sqrt(Math.max(get(values, k), floor));
    v.forEach((x, i) => v.forEach((y, j) => set(root[i], j, get(root[i], j) + x * scale * y)));
  });
  return root;
}

/** The set after the last of the days (rows, oldest first). */
export function plainScenarios(
  days: Matrix,
  bounds: readonly FactorBounds[],
  p: CoreParameters,
): PlainSet {
  const T = days.length;
  const n = bounds.length;
  const filtered = bounds.map((_, i) =>
    filter(
      days.map((row) => get(row, i)),
      p,
    ),
  );
  const z = days.map((_, t) => filtered.map(({ standard }) => get(standard, t)));
  const zc = z.map((row) => row.map((x) => clip(x, -p.zc, p.zc)));
  const mean = bounds.map((_, i) =>
    bounds.map((_, j) => sum(zc.slice(0, p.nc).map((row) => get(row, i) * get(row, j))) / p.nc),
  );
  let [fast, slow, observations] = [mean, mean, p.nc];
  const dates = Math.min(p.W, T - p.n0);
  const white: number[][] = [];
  days.forEach((_, t) => {
    if (t >= T - dates) {
      white.push(whitened(correlationOf(fast, slow, p.delta), z[t] ?? [], p.eig));
    }
    const product = (i: number, j: number): number => get(zc[t], i) * get(zc[t], j);
    observations += 1;
    fast = fast.map((row, i) => row.map((q, j) => p.lamc * q + (1 - p.lamc) * product(i, j)));
    slow = slow.map((row, i) => row.map((g, j) => g + (product(i, j) - g) / observations));
  });
  const correlation = correlationOf(fast, slow, p.delta);
  const root = rootOf(correlation, p.eig);
  const longRuns = filtered.map(({ squares }) => {
    const last = squares.slice(Math.max(0, T - p.LRW));
    return sum(last) / last.length;
  });
  const target = filtered.map(({ variance }, i) =>
    Math.sqrt((1 - p.m) * variance + p.m * get(longRuns, i)),
  );
  const columns = bounds.map(({ lo, hi }, i) => {
    const x = white.map((u) => get(target, i) * sum(u.map((value, k) => get(root[i], k) * value)));
    return [...x.map((value) => clip(value, lo, hi)), ...x.map((value) => clip(-value, lo, hi))];
  });
  const total = dates + dates * p.omega;
  return {
    columns,
    weights: [...white.map(() => 1 / total), ...white.map(() => p.omega / total)],
    volatility: filtered.map(({ variance }) => Math.sqrt(variance)),
    longRun: longRuns.map((value) => Math.sqrt(value)),
    target,
    correlation: n === 0 ? [] : correlation,
  };
}
