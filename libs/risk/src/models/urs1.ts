import { filterDefaults, filterLosses, type Family, type FilterParameters } from './filter.js';
import { shortfallOf } from './tail.js';

/**
 * `urs1`: the unified standard's predecessor, kept for comparison. Four filters (two half-lives, each on the factors and on the
 * book's own P&L), expected shortfall of their union, an exhaustible buffer (EMIR RTS 153/2013 art. 28 a) and a long-run floor.
 * Its minimum and its filter of the book's own P&L are not subadditive: that is why it was replaced.
 */
export const urs1Model = { name: 'urs1', version: '1' } as const;

export interface Urs1Parameters extends FilterParameters {
  readonly lambdas: readonly [fast: number, slow: number];
  /** Probability of the shortfall. */
  readonly tail: number;
  /** Buffer on top while the long run allows it, and share of the long run that is always asked. */
  readonly buffer: number;
  readonly floor: number;
}

export const urs1Defaults: Urs1Parameters = {
  ...filterDefaults,
  lambdas: [0.94, 0.97],
  tail: 0.02,
  buffer: 0.25,
  floor: 0.8,
};

/** What the core needs of the history, in the order of `Urs1Losses`. */
export const urs1Families = ({ lambdas: [fast, slow] }: Urs1Parameters): readonly Family[] => [
  { kind: 'filtered', lambda: fast },
  { kind: 'filtered', lambda: slow },
  { kind: 'longRun', lambda: slow },
  { kind: 'raw' },
];

/** A book's losses (positive is a loss) in the scenarios of each family, oldest day first. */
export interface Urs1Losses {
  readonly fast: Float64Array;
  readonly slow: Float64Array;
  readonly longRun: Float64Array;
  readonly raw: Float64Array;
}

export interface Urs1Core {
  /** Expected shortfall of the four filters together, and of the long-run family. */
  readonly shortfall: number;
  readonly longRun: number;
  /** With the buffer, before the floor. */
  readonly buffered: number;
  /** `max(E, min(1.25 E, 1.25 E_LR), 0.8 E_LR, 0)`. */
  readonly margin: number;
}

/** The core of one book. */
export function urs1Core(losses: Urs1Losses, parameters = urs1Defaults): Urs1Core {
  const { lambdas, tail, buffer, floor } = parameters;
  const own = lambdas.map((lambda) => filterLosses(losses.raw, lambda, parameters));
  const shortfall = shortfallOf([losses.fast, losses.slow, ...own], tail);
  const longRun = shortfallOf([losses.longRun], tail);
  const buffered = bufferedBy(buffer, shortfall, longRun);
  return { shortfall, longRun, buffered, margin: Math.max(buffered, floor * longRun, 0) };
}

/** EMIR 28 a: a buffer that gives way as risk rises above the long run, so that margin rises later and more slowly. */
export const bufferedBy = (buffer: number, risk: number, longRun: number): number =>
  Math.max(risk, Math.min((1 + buffer) * risk, (1 + buffer) * longRun));
