import { badInput } from './input.js';

/** The k greatest of the values of several vectors, greatest first. A min-heap: what does not belong costs one comparison. */
export function greatest(vectors: readonly Float64Array[], k: number): Float64Array {
  const size = vectors.reduce((sum, { length }) => sum + length, 0);
  if (!(k >= 1 && k <= size)) throw badInput('tail', `${k} of ${size}`, 'take 1 to all values');
  const heap = new Float64Array(k).fill(-Infinity);
  for (const vector of vectors)
    for (let i = 0; i < vector.length; i++) {
      const value = vector[i] ?? 0;
      if (value > (heap[0] ?? 0)) replaceLeast(heap, value);
    }
  return heap.sort().reverse();
}

function replaceLeast(heap: Float64Array, value: number): void {
  let hole = 0;
  for (;;) {
    let child = 2 * hole + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && (heap[child + 1] ?? 0) < (heap[child] ?? 0)) child++;
    if ((heap[child] ?? 0) >= value) break;
    heap[hole] = heap[child] ?? 0;
    hole = child;
  }
  heap[hole] = value;
}

/** Number of tail scenarios: `round(tail x n)`, at least one; halves go up. */
export const tailCount = (tail: number, n: number): number =>
  Math.max(1, Math.floor(tail * n + 0.5));

/** Expected shortfall of equally likely losses: the mean of the `round(tail n)` greatest, summed from the worst down. */
export function shortfallOf(losses: readonly Float64Array[], tail: number): number {
  const size = losses.reduce((sum, { length }) => sum + length, 0);
  const worst = greatest(losses, tailCount(tail, size));
  let sum = 0;
  for (const loss of worst) sum += loss;
  return sum / worst.length;
}

/**
 * Value at risk: the loss exceeded with probability `tail`, by linear interpolation of order statistics (Hyndman and Fan's
 * type 7, what numpy and R do by default): with losses sorted worst first, the one at 0-based place `tail x (n - 1)`.
 */
export function valueAtRisk(losses: Float64Array, tail: number): number {
  const place = tail * (losses.length - 1);
  const index = Math.floor(place);
  const worst = greatest([losses], Math.min(index + 2, losses.length));
  const at = worst[index] ?? 0;
  return at + (place - index) * ((worst[index + 1] ?? at) - at);
}
