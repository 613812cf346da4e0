/** One line of the bench: our rate and what it is measured against, taken in the same run. */
export interface BenchRow {
  readonly id: string;
  readonly name: string;
  /** Median of our samples, in `unit`. */
  readonly value: number;
  readonly unit: string;
  /** What it is measured against, and the median of its samples in the same unit. */
  readonly against: string;
  readonly againstValue: number;
  /** value / againstValue. */
  readonly ratio: number;
  /** Smallest ratio that meets the budget; the largest where less is better. */
  readonly goal: number;
  /** There where a cost is measured and not a rate. */
  readonly better?: 'lower';
  readonly met: boolean;
  /** Samples behind each median. */
  readonly samples: number;
  /** What the ratio does not say: the cause where a goal is missed, a number beside it. */
  readonly note?: string;
}

/** What a row says before it was measured. */
export type RowSpec = Pick<BenchRow, 'id' | 'name' | 'unit' | 'against' | 'goal' | 'better'>;

/** Middle of the sorted values; of an even number, the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[sorted.length >> 1];
  const lower = sorted[(sorted.length - 1) >> 1];
  if (upper === undefined || lower === undefined) throw new RangeError('no samples, no median');
  return (lower + upper) / 2;
}

/**
 * So many units of work on this thread, per second of processor time: it waits for nothing, so what else the machine does
 * meanwhile costs it no time of its own.
 */
export function rateOf(units: number, work: () => unknown): Promise<number> {
  const start = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(start);
  return Promise.resolve((units * 1e6) / (user + system));
}

/** Told of every sample that counts. */
export type SampleHook = (name: string, round: number, rate: number) => void;

/** Takes one sample and returns its rate. */
export type Contender = () => Promise<number>;

/**
 * Runs the contenders in turn, round by round (A B A B ...), so that whatever else the machine does meanwhile meets all
 * of them alike. A first round warms caches and compilers and is thrown away.
 */
export async function interleave<K extends string>(
  contenders: Readonly<Record<K, Contender>>,
  rounds: number,
  onSample: (name: NoInfer<K>, round: number, rate: number) => void = () => undefined,
): Promise<Record<K, number[]>> {
  const names = Object.keys(contenders) as K[];
  const rates = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<
    K,
    number[]
  >;
  for (let round = 0; round <= rounds; round += 1) {
    for (const name of names) {
      const rate = await contenders[name]();
      if (round === 0) continue;
      rates[name].push(rate);
      onSample(name, round, rate);
    }
  }
  return rates;
}

/** Compares two sets of samples; both have the same number by construction. */
export function rowOf(
  spec: RowSpec,
  ours: readonly number[],
  theirs: readonly number[],
  note?: string,
): BenchRow {
  const { id, name, unit, against, goal, better } = spec;
  const value = median(ours);
  const againstValue = median(theirs);
  const ratio = value / againstValue;
  return {
    id,
    name,
    value: Math.round(value),
    unit,
    against,
    againstValue: Math.round(againstValue),
    ratio: Number(ratio.toFixed(3)),
    goal,
    ...(better !== undefined && { better }),
    met: better === 'lower' ? ratio <= goal : ratio >= goal,
    samples: ours.length,
    ...(note !== undefined && { note }),
  };
}
