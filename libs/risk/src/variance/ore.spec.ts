import { describe, expect, it } from '@jest/globals';
import { currentKernel } from '../adapters/kernel-files.js';
import { vectors } from '../testing/vectors.js';
import { type Covariance, type QuadraticBook, quadraticMoments } from './variance.js';

interface OreVector {
  readonly factors: readonly { readonly id: string; readonly variance: number }[];
  readonly sensitivities: readonly (readonly [
    portfolio: string,
    factor: number,
    other: number,
    delta: number,
    gamma: number,
  ])[];
  readonly expected: readonly {
    readonly portfolio: string;
    readonly riskClass: string;
    readonly riskType: string;
    readonly quantiles: Readonly<Record<string, number>>;
  }[];
}

const ore = vectors<OreVector>('ore-parametric-var');
const kernel = currentKernel();

const isVolatility = (id: string): boolean => (id.split('/')[0] ?? '').includes('Vol');

function classOf(id: string): string {
  const [type = ''] = id.split('/');
  if (type.startsWith('FX')) return 'FX';
  return type.includes('Inflation') ? 'Inflation' : 'InterestRate';
}

/** A slice of ORE's report: the book of one portfolio (or all) over the factors of one class and type (or all). */
function slice({
  portfolio,
  riskClass,
  riskType,
}: Omit<OreVector['expected'][number], 'quantiles'>): {
  readonly book: QuadraticBook;
  readonly given: Covariance;
} {
  const isIn = ({ id }: { readonly id: string }): boolean =>
    (riskClass === 'All' || classOf(id) === riskClass) &&
    (riskType === 'All' || isVolatility(id) === (riskType === 'Vega'));
  const places = ore.factors.flatMap((each, at) => (isIn(each) ? [at] : []));
  const place = new Map(places.map((at, i) => [at, i]));
  const delta = places.map(() => 0);
  const cross: { i: number; j: number; value: number }[] = [];
  for (const [name, factor, other, first, second] of ore.sensitivities) {
    const [i, j] = [place.get(factor), place.get(other)];
    if (i === undefined || j === undefined) continue;
    if (portfolio !== 'All' && portfolio !== name) continue;
    delta[i] = (delta[i] ?? 0) + first;
    cross.push({ i, j, value: second });
  }
  const n = places.length;
  return {
    book: { delta, gamma: delta.map(() => 0), cross, theta: 0 },
    given: {
      deviations: places.map((at) => Math.sqrt(ore.factors[at]?.variance ?? 0)),
      correlation: Array.from({ length: n * n }, (_, k) => (k % (n + 1) === 0 ? 1 : 0)),
    },
  };
}

describe('delta-gamma-vega moments against OpenSourceRisk/Engine, which takes them as normal', () => {
  it.each(ore.expected)('$portfolio $riskClass $riskType', (row) => {
    const { book, given } = slice(row);
    const { mean, deviation } = quadraticMoments(book, given);
    for (const [probability, expected] of Object.entries(row.quantiles)) {
      const quantile = mean + kernel.normalQuantile(Number(probability)) * deviation;
      expect(Math.abs(quantile - expected)).toBeLessThan(1e-8 * deviation);
    }
  });
});
