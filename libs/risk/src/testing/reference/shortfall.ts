import type { Shortfall } from '../../kernel/port.js';

/** Losses of a book in plain TypeScript: leg by leg, in the order given. */
export function plainLosses(
  arrays: readonly ArrayLike<number>[],
  quantities: ArrayLike<number>,
): number[] {
  const length = arrays[0]?.length ?? 0;
  return Array.from({ length }, (_, j) => {
    let loss = 0;
    arrays.forEach((array, i) => (loss -= (quantities[i] ?? 0) * (array[j] ?? 0)));
    return loss;
  });
}

/** Expected shortfall by a full sort: worst first, ties by lower index. */
export function plainShortfall(
  losses: ArrayLike<number>,
  weights: ArrayLike<number>,
  alpha: number,
): Shortfall {
  const loss = (j: number): number => losses[j] ?? 0;
  const order = Array.from({ length: losses.length }, (_, j) => j);
  order.sort((a, b) => loss(b) - loss(a) || a - b);
  let remaining = alpha;
  let sum = 0;
  const atoms: { index: number; mass: number; loss: number }[] = [];
  for (const index of order) {
    if (remaining <= 0) break;
    const mass = Math.min(weights[index] ?? 0, remaining);
    atoms.push({ index, mass, loss: loss(index) });
    sum += mass * loss(index);
    remaining -= mass;
  }
  return { value: sum / alpha, atoms };
}
