import { filterDefaults, type Family, type FilterParameters } from './filter.js';
import { valueAtRisk } from './tail.js';
import { bufferedBy } from './urs1.js';

/**
 * `fhs`: filtered historical simulation, the core of LCH's and Eurex's models as their public papers describe it, for comparison.
 * Value at risk of the last 750 days' moves, each scaled by today's EWMA volatility over that day's, with a buffer of 25 % that
 * is used up as risk rises (EMIR RTS 153/2013 art. 28 a):
 *
 *     V = VaR_99.5(r_t clip(s_T / s_t, .25, 4)),  V_LR = the same with the long-run volatility in place of s_T
 *     M = max(V, min(1.25 V, 1.25 V_LR), 0)
 */
export const fhsModel = { name: 'fhs', version: '1' } as const;

/** `hs`: plain historical simulation, unfiltered, as ICE's oldest look-back. */
export const hsModel = { name: 'hs', version: '1' } as const;

export interface FhsParameters extends FilterParameters {
  readonly lambda: number;
  /** Probability of exceeding the value at risk. */
  readonly tail: number;
  /** 0: none. */
  readonly buffer: number;
}

export const fhsDefaults: FhsParameters = {
  ...filterDefaults,
  lambda: 0.97,
  tail: 0.005,
  buffer: 0.25,
};

/** What the core needs of the history: the filtered moves and, for the buffer, the long run. */
export const fhsFamilies = ({ lambda, buffer }: FhsParameters): readonly Family[] => [
  { kind: 'filtered', lambda },
  ...(buffer > 0 ? [{ kind: 'longRun', lambda } as const] : []),
];

/** Margin of one book from its losses in both families (positive is a loss). */
export function fhsCore(
  filtered: Float64Array,
  longRun: Float64Array | undefined,
  { tail, buffer }: FhsParameters = fhsDefaults,
): number {
  const risk = valueAtRisk(filtered, tail);
  if (!longRun) return Math.max(risk, 0);
  return Math.max(bufferedBy(buffer, risk, valueAtRisk(longRun, tail)), 0);
}

/** Margin of one book by plain historical simulation. */
export const hsCore = (losses: Float64Array, { tail }: FhsParameters = fhsDefaults): number =>
  Math.max(valueAtRisk(losses, tail), 0);
