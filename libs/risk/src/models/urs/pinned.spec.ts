import { describe, expect, it } from '@jest/globals';
import { currentKernel } from '../../adapters/kernel-files.js';
import { shippedUrsParameters } from '../../adapters/parameter-files.js';
import { hashDocument } from '../../canonical.js';
import type { RequirementPart } from '../../requirement.js';
import { buildScenarios } from '../../scenarios/scenarios.js';
import { testMarket } from '../../testing/market.js';
import { randomHistory } from '../../testing/random-history.js';
import { seededBooks } from '../../testing/seeded-books.js';
import { vectors } from '../../testing/vectors.js';
import { UrsModel } from './urs.js';

interface Pins {
  /** By model id: hash of 200 books' requirements with their whole explanation. */
  readonly models: Readonly<
    Record<
      string,
      {
        readonly name: string;
        readonly version: string;
        readonly books: number;
        readonly sha256: string;
      }
    >
  >;
}

const BOOKS = 200;

function plain({ name, amount, weight, parts }: RequirementPart): unknown {
  return [name, String(amount), weight ?? null, parts?.map(plain) ?? null];
}

describe('the requirements of 200 seeded books', () => {
  const kernel = currentKernel();
  const parameters = shippedUrsParameters();
  const scenarios = buildScenarios(kernel, parameters, randomHistory('test', ['A', 'B'], 400, 7));
  const model = new UrsModel({ kernel, parameters, scenarios: [scenarios] });
  const market = testMarket({
    adv: 1e6,
    underlying: { crowding: 0.3, tier: 'small', openInterest: 3e7 },
    market: { pegs: new Map([['USDC', 0.98]]) },
  });

  it('hash to what is pinned for the model: another hash is another model, and needs an entry of its own', () => {
    const books = seededBooks([...market.instruments.keys()], BOOKS, 20261125);
    const requirements = books.map((book) => {
      const { explanation, fallbacks, ...amounts } = model.assess(book, market);
      const trees = Object.values(explanation).map(plain);
      return [String(Object.values(amounts)), fallbacks.map(({ code }) => code), trees];
    });
    const { modelId, name, version } = model.identity;
    const { models } = vectors<Pins>('urs-pinned');
    expect({
      [modelId]: { name, version, books: BOOKS, sha256: hashDocument(requirements) },
    }).toEqual({
      [modelId]: models[modelId],
    });
  });
});
