import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { currentKernel } from '../adapters/kernel-files.js';
import { shippedUrsParameters } from '../adapters/parameter-files.js';
import { boundsOf } from '../backtest/model.js';
import type { Book } from '../book.js';
import { sums } from '../explain.js';
import { buildScenarios, returnsOf } from '../scenarios/scenarios.js';
import { testMarket } from '../testing/market.js';
import { randomHistory } from '../testing/random-history.js';
import { fhsCoreModel, urs1CoreModel } from './historical-cores.js';
import { HistoricalModel } from './historical-model.js';

const kernel = currentKernel();
const parameters = shippedUrsParameters();
const history = randomHistory('coins', ['A', 'B'], 900, 3);
const scenarios = [buildScenarios(kernel, parameters, history)];
const market = testMarket();
const open = (model: 'urs1' | 'fhs'): HistoricalModel =>
  new HistoricalModel({ kernel, parameters, scenarios, model });

function book(positions: Record<string, number>, collateral: Record<string, number> = {}): Book {
  const of = (q: number) => ({ quantity: BigInt(q), quantityScale: 0 });
  return {
    account: 'x',
    positions: Object.entries(positions).map(([instrument, q]) => ({ instrument, ...of(q) })),
    collateral: Object.entries(collateral).map(([asset, q]) => ({ asset, ...of(q) })),
  };
}

describe.each([
  ['urs1', urs1CoreModel],
  ['fhs', fhsCoreModel],
] as const)('%s as a model', (name, core) => {
  const model = open(name);
  const asked = (positions: Record<string, number>, collateral?: Record<string, number>): bigint =>
    model.assess(book(positions, collateral), market).initialMargin;

  it('asks of a linear book what its core does in the backtest', () => {
    const factors = history.factors.map(({ id }) => ({
      name: id,
      kind: 'relative' as const,
      bounds: boundsOf('relative'),
    }));
    const weights = Float64Array.of(10 * 100, -3 * 200);
    const books = [{ name: 'x', weights, options: [] }];
    const run = core.open({ kernel, factors, books, horizon: 1 / 365 });
    const [a = [], b = []] = returnsOf(kernel, parameters, history);
    a.forEach((move, t) =>
      run.add({
        date: '',
        moves: Float64Array.of(move, b[t] ?? NaN),
        levels: Float64Array.of(1, 1),
      }),
    );
    const expected = run.margins()[0] ?? NaN;
    expect(Math.abs(Number(asked({ 'A-SPOT': 10, 'B-PERP': -3 })) / 1e8 - expected)).toBeLessThan(
      2e-8,
    );
  });

  it('nets what moves together, collateral included, and takes orders as filled', () => {
    expect(asked({ 'A-SPOT': 10, 'A-INV': -10 })).toBe(0n);
    expect(asked({ 'A-INV': -10 }, { A: 10 })).toBe(0n);
    expect(asked({ 'A-SPOT': 10, 'B-PERP': -5 })).toBeLessThan(
      asked({ 'A-SPOT': 10 }) + asked({ 'B-PERP': -5 }),
    );
    const orders = [{ instrument: 'A-SPOT', quantity: 10n, quantityScale: 0 }];
    const { initialMargin } = model.assess({ ...book({ 'A-SPOT': 10 }), orders }, market);
    expect(initialMargin).toBe(asked({ 'A-SPOT': 20 }));
  });

  it('is never below zero, explains itself, and does not care about order', () => {
    const ids = [...market.instruments.keys()];
    const some = fc.dictionary(fc.constantFrom(...ids), fc.integer({ min: -50, max: 50 }));
    fc.assert(
      fc.property(some, (positions) => {
        const one = book(positions, { A: 3, USDT: 100 });
        const found = model.assess(one, market);
        const { initialMargin, maintenanceMargin, explanation } = found;
        expect(initialMargin).toBeGreaterThanOrEqual(maintenanceMargin);
        expect(maintenanceMargin).toBeGreaterThanOrEqual(0n);
        for (const tree of Object.values(explanation)) expect(sums(tree)).toBe(true);
        const turned = { ...one, positions: one.positions.toReversed() };
        expect(model.assess(turned, market)).toEqual(found);
      }),
    );
  });

  it('asks the worst case where nobody prices, refuses what is unknown, and a share of no kind', () => {
    expect(asked({ 'X-PERP': -2 })).toBe(60n * 100_000_000n);
    expect(() => asked({ 'NO-SUCH': 1 })).toThrow(/^instrument-unknown/);
    const parts = { kernel, parameters, scenarios, model: name, maintenanceShare: 2 };
    expect(() => new HistoricalModel(parts)).toThrow(/^out-of-bounds: maintenanceShare/);
  });

  it('answers again after its arrays were freed', () => {
    const before = asked({ 'A-PERP': 4, 'A-CALL': -9 });
    model.release();
    expect(asked({ 'A-PERP': 4, 'A-CALL': -9 })).toBe(before);
  });
});

describe('the two together', () => {
  it('have ids of their own', () => {
    expect(open('urs1').identity).not.toEqual(open('fhs').identity);
    expect(open('urs1').identity).toEqual(open('urs1').identity);
  });
});
