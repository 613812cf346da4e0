/** Losses of one book in one scenario set, one per scenario, and the scenarios' probabilities, summing to 1. */
export interface WeightedLosses {
  readonly losses: ArrayLike<number>;
  readonly weights: ArrayLike<number>;
}

interface Place {
  readonly loss: number;
  left: number;
}

/**
 * Losses of several sets as if they came together, worst with worst: at each probability the quantiles add up. Nobody knows how the
 * sets move jointly, and their margins are added too; expected shortfalls add under this coupling and under no other more.
 * Sets may differ in length and weights.
 */
export function comonotone(sets: readonly WeightedLosses[]): WeightedLosses {
  const [only, ...others] = sets;
  if (only !== undefined && others.length === 0) return only;
  const queues = sets.map(worstFirst);
  const losses: number[] = [];
  const weights: number[] = [];
  for (;;) {
    const heads = queues.map((queue) => queue.at(-1));
    const present = heads.filter((each) => each !== undefined);
    if (present.length === 0 || present.length < heads.length) return { losses, weights };
    const mass = present.reduce((least, { left }) => Math.min(least, left), Infinity);
    losses.push(present.reduce((sum, { loss }) => sum + loss, 0));
    weights.push(mass);
    present.forEach((head, i) => {
      head.left -= mass;
      if (head.left <= 0) queues[i]?.pop();
    });
  }
}

/** Greatest loss at the end, where it is taken from; equal losses in order of scenario. */
function worstFirst({ losses, weights }: WeightedLosses): Place[] {
  return Array.from({ length: losses.length }, (_, j) => j)
    .sort((a, b) => (losses[a] ?? 0) - (losses[b] ?? 0) || b - a)
    .map((j) => ({ loss: losses[j] ?? 0, left: weights[j] ?? 0 }));
}
