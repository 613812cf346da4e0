import fc from 'fast-check';

/**
 * Random days as small plain records, so that fast-check can shrink them. `plan.ts` turns them into messages and commands;
 * every number is taken modulo what it chooses from, so every record means something.
 */
export interface Choice {
  readonly kind: (typeof kinds)[number];
  readonly instrument: number;
  readonly venue: number;
  readonly one: number;
  readonly other: number;
  readonly quantity: number;
  readonly offset: number;
}
export interface Day {
  /** Move of the index in basis points. */
  readonly move: number;
  /** Bits: which instruments get marks today, one bit per instrument and round. */
  readonly marked: number;
  /** The operator ends the wait for VEN-B instead of its closing. */
  readonly abandoned: boolean;
  readonly choices: readonly Choice[];
}

const kinds = [
  'trade',
  'bust',
  'correct',
  'deposit',
  'withdraw',
  'transfer',
  'give-up',
  'answer-give-up',
  'funding',
  'suspend',
  'resume',
  'again',
  'same-id',
  'conflict',
  'bad',
  'unreadable',
  'late',
  'gap',
] as const;

const weights: Readonly<Partial<Record<(typeof kinds)[number], number>>> = {
  trade: 30,
  bust: 4,
  correct: 3,
  funding: 3,
  deposit: 3,
  transfer: 3,
  'give-up': 3,
  'answer-give-up': 3,
  resume: 3,
};

const choice = fc.record<Choice>({
  kind: fc.oneof(
    ...kinds.map((kind) => ({ weight: weights[kind] ?? 1, arbitrary: fc.constant(kind) })),
  ),
  instrument: fc.nat(59),
  venue: fc.nat(5),
  one: fc.nat(839),
  other: fc.nat(839),
  quantity: fc.oneof(fc.integer({ min: 1, max: 20_000 }), fc.integer({ min: 1, max: 45_000 })),
  offset: fc.integer({ min: -300, max: 300 }),
});

const move = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: -300, max: 300 }) },
  { weight: 1, arbitrary: fc.integer({ min: -2_500, max: 2_500 }) },
);

const day = fc.record<Day>({
  move,
  marked: fc.nat(0xfffff),
  abandoned: fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, fc.constant(true)),
  choices: fc.array(choice, { minLength: 0, maxLength: 24, size: 'max' }),
});

export interface History {
  readonly days: readonly Day[];
  /** Window in which dated instruments expire. */
  readonly expiry: number;
  /** Whole USDT in the guarantee. */
  readonly guarantee: number;
  /** Seeds of the interleavings, and where replay is cut in two (per mille). */
  readonly seeds: readonly [number, number];
  readonly cutAt: number;
}

/** Histories of `length` days each. */
export const history = (length: number): fc.Arbitrary<History> =>
  fc.record<History>({
    days: fc.array(day, { minLength: length, maxLength: length }),
    expiry: fc.integer({ min: Math.min(4, length), max: length }),
    guarantee: fc.oneof(fc.integer({ min: 0, max: 500 }), fc.constant(1_000_000)),
    seeds: fc.tuple(fc.nat(), fc.nat()),
    cutAt: fc.nat(999),
  });

/** FC_SEED and FC_RUNS override; the seed is printed, so that a failure can be run again. */
export function runs(normal: number): {
  readonly seed: number;
  readonly numRuns: number;
  readonly interruptAfterTimeLimit: number;
} {
  const seed = Number(process.env['FC_SEED'] ?? Date.now() % 2 ** 31);
  const numRuns = Number(process.env['FC_RUNS'] ?? normal);
  // Bounds the shrinking of a failure, not the runs: whether all runs were made is checked by the test.
  return { seed, numRuns, interruptAfterTimeLimit: numRuns * 300 + 5_000 };
}
