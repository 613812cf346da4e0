import type { Elementary } from '../kernel/port.js';

/** Of a likelihood-ratio test: its statistic, and the probability of one as large if the model is right. */
export interface LikelihoodRatio {
  readonly ratio: number;
  readonly pValue: number;
}

/** 95 % point of chi-square with one degree of freedom. */
export const CHI_SQUARE_95 = 3.841458820694124;

/** n ln p, with 0 ln 0 = 0: what did not happen says nothing. */
function weighted(count: number, probability: number, log: Elementary['log']): number {
  return count === 0 ? 0 : count * log(probability);
}

/** Log-likelihood of x events in n independent draws of probability p. */
function binomial(x: number, n: number, p: number, log: Elementary['log']): number {
  return weighted(n - x, 1 - p, log) + weighted(x, p, log);
}

const positive = (x: number): number => Math.max(x, 0);

/** P(chi-square with 1 degree > x) = erfc(sqrt(x/2)); with 2 degrees exp(-x/2). */
function tail(ratio: number, degrees: 1 | 2, { erfc, exp }: Elementary): number {
  return degrees === 1 ? erfc(Math.sqrt(ratio / 2)) : exp(-ratio / 2);
}

/**
 * Proportion-of-failures test (Kupiec 1995): are x exceptions in n days those of probability p?
 * `-2 ln[((1-p)^(n-x) p^x) / ((1-x/n)^(n-x) (x/n)^x)]`, chi-square with one degree of freedom.
 */
export function kupiec(x: number, n: number, p: number, f: Elementary): LikelihoodRatio {
  const ratio = positive(2 * (binomial(x, n, x / n, f.log) - binomial(x, n, p, f.log)));
  return { ratio, pValue: tail(ratio, 1, f) };
}

/** Least and greatest number of exceptions Kupiec's test accepts at 95 %. */
export function kupiecAcceptance(n: number, p: number, f: Elementary): readonly [number, number] {
  const accepted = (x: number): boolean => kupiec(x, n, p, f).ratio < CHI_SQUARE_95;
  let low = Math.floor(n * p);
  let high = low;
  if (!accepted(low)) high = low += 1;
  while (low > 0 && accepted(low - 1)) low -= 1;
  while (high < n && accepted(high + 1)) high += 1;
  return [low, high];
}

/** Days by state before (row) and after (column): 0 no exception, 1 exception. */
export type Transitions = readonly [readonly [number, number], readonly [number, number]];

export function transitionsOf(exceptions: readonly boolean[]): Transitions {
  const counts = [
    [0, 0],
    [0, 0],
  ] as [[number, number], [number, number]];
  for (let day = 1; day < exceptions.length; day += 1)
    counts[exceptions[day - 1] === true ? 1 : 0][exceptions[day] === true ? 1 : 0] += 1;
  return counts;
}

/** Independence test (Christoffersen 1998): does an exception make one on the next day likelier? One degree of freedom. */
export function independence([zero, one]: Transitions, f: Elementary): LikelihoodRatio {
  const after = zero[1] + one[1];
  const all = zero[0] + zero[1] + one[0] + one[1];
  const own = (row: readonly [number, number]): number => {
    const n = row[0] + row[1];
    return n === 0 ? 0 : binomial(row[1], n, row[1] / n, f.log);
  };
  const pooled = all === 0 ? 0 : binomial(after, all, after / all, f.log);
  const ratio = positive(2 * (own(zero) + own(one) - pooled));
  return { ratio, pValue: tail(ratio, 1, f) };
}

/** Conditional coverage (Christoffersen 1998): the sum of both statistics, two degrees of freedom. */
export function conditionalCoverage(
  coverage: LikelihoodRatio,
  independent: LikelihoodRatio,
  f: Elementary,
): LikelihoodRatio {
  const ratio = coverage.ratio + independent.ratio;
  return { ratio, pValue: tail(ratio, 2, f) };
}

export type TrafficLight = 'green' | 'yellow' | 'red';

/**
 * Basel's zones, generalised from 250 days at 99 % (green to 4, yellow 5 to 9, red from 10) to n days at probability p: yellow
 * from the count whose cumulative binomial probability reaches 95 %, red from 99.99 % (Basel Committee 1996, section III).
 */
export function trafficLight(x: number, n: number, p: number, f: Elementary): TrafficLight {
  const below = cumulative(x, n, p, f);
  return below < 0.95 ? 'green' : below < 0.9999 ? 'yellow' : 'red';
}

/** P(fewer than or exactly x of n): Basel's cumulative probability; ratios of terms, starting from ln (1-p)^n. */
function cumulative(x: number, n: number, p: number, { log, exp }: Elementary): number {
  let logTerm = n * log(1 - p);
  const odds = log(p / (1 - p));
  let sum = exp(logTerm);
  for (let k = 1; k <= x; k += 1) {
    logTerm += log((n - k + 1) / k) + odds;
    sum += exp(logTerm);
  }
  return sum;
}
