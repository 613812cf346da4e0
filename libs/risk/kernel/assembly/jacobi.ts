/**
 * Eigenvalues and -vectors of a symmetric matrix by cyclic Jacobi rotations (Golub and Van Loan, Matrix Computations,
 * 8.5), in the fixed order (0,1), (0,2), ..., and until the off-diagonal mass is below a fixed share of the whole: the same
 * steps on every machine. Rows are `stride` numbers long, an even number of at least n; padding is zero and stays zero.
 */

/** Off-diagonal sum of squares over all sum of squares at which the diagonal is the spectrum to 1e-15. */
const ENOUGH: f64 = 1e-30;
/** Quadratic convergence needs 6 to 10; this bound is never met by a finite matrix. */
const MOST_SWEEPS: i32 = 60;

function cell(matrix: usize, stride: i32, i: i32, j: i32): usize {
  return matrix + ((<usize>(i * stride + j)) << 3);
}

/** Turns `a` into a diagonal matrix of eigenvalues and `vectors` into their rows: row k belongs to `a[k][k]`. */
export function jacobi(a: usize, vectors: usize, n: i32, stride: i32): void {
  identity(vectors, n, stride);
  const enough = ENOUGH * (2 * offDiagonal(a, n, stride) + diagonal(a, n, stride));
  for (let sweep = 0; sweep < MOST_SWEEPS; sweep++) {
    if (2 * offDiagonal(a, n, stride) <= enough) return;
    for (let p = 0; p < n - 1; p++) {
      for (let q = p + 1; q < n; q++) {
        if (load<f64>(cell(a, stride, p, q)) !== 0) rotate(a, vectors, n, stride, p, q);
      }
    }
  }
}

function identity(matrix: usize, n: i32, stride: i32): void {
  memory.fill(matrix, 0, (<usize>(n * stride)) << 3);
  for (let i = 0; i < n; i++) store<f64>(cell(matrix, stride, i, i), 1);
}

function offDiagonal(a: usize, n: i32, stride: i32): f64 {
  let sum: f64 = 0;
  for (let i = 0; i < n - 1; i++) {
    for (let j = i + 1; j < n; j++) {
      const x = load<f64>(cell(a, stride, i, j));
      sum += x * x;
    }
  }
  return sum;
}

function diagonal(a: usize, n: i32, stride: i32): f64 {
  let sum: f64 = 0;
  for (let i = 0; i < n; i++) {
    const x = load<f64>(cell(a, stride, i, i));
    sum += x * x;
  }
  return sum;
}

/** One rotation that makes a[p][q] zero. Rows by vectors of two; the columns are their mirror image. */
function rotate(a: usize, vectors: usize, n: i32, stride: i32, p: i32, q: i32): void {
  const apq = load<f64>(cell(a, stride, p, q));
  const app = load<f64>(cell(a, stride, p, p));
  const aqq = load<f64>(cell(a, stride, q, q));
  const theta = (aqq - app) / (2 * apq);
  const root = abs<f64>(theta) + sqrt<f64>(theta * theta + 1);
  const t: f64 = theta >= 0 ? 1 / root : -1 / root;
  const c = 1 / sqrt<f64>(t * t + 1);
  const s = t * c;
  turnRows(cell(a, stride, p, 0), cell(a, stride, q, 0), stride, c, s);
  turnRows(cell(vectors, stride, p, 0), cell(vectors, stride, q, 0), stride, c, s);
  store<f64>(cell(a, stride, p, p), app - t * apq);
  store<f64>(cell(a, stride, q, q), aqq + t * apq);
  store<f64>(cell(a, stride, p, q), 0);
  store<f64>(cell(a, stride, q, p), 0);
  for (let k = 0; k < n; k++) {
    store<f64>(cell(a, stride, k, p), load<f64>(cell(a, stride, p, k)));
    store<f64>(cell(a, stride, k, q), load<f64>(cell(a, stride, q, k)));
  }
}

function turnRows(rowP: usize, rowQ: usize, stride: i32, c: f64, s: f64): void {
  const cc = f64x2.splat(c);
  const ss = f64x2.splat(s);
  const end = (<usize>stride) << 3;
  for (let at: usize = 0; at < end; at += 16) {
    const x = v128.load(rowP + at);
    const y = v128.load(rowQ + at);
    v128.store(rowP + at, f64x2.sub(f64x2.mul(cc, x), f64x2.mul(ss, y)));
    v128.store(rowQ + at, f64x2.add(f64x2.mul(ss, x), f64x2.mul(cc, y)));
  }
}
