import { describe, expect, it } from '@jest/globals';
import { currentKernel } from '../adapters/kernel-files.js';
import { shippedUrsParameters } from '../adapters/parameter-files.js';
import type { Book } from '../book.js';
import { sums } from '../explain.js';
import { buildScenarios } from '../scenarios/scenarios.js';
import { testMarket } from '../testing/market.js';
import { randomHistory } from '../testing/random-history.js';
import { FixedGridModel } from './grid-model.js';

const kernel = currentKernel();
const parameters = shippedUrsParameters();
const scenarios = [buildScenarios(kernel, parameters, randomHistory('t', ['A', 'B'], 200, 1))];
const grid = { ranges: { A: 0.18 }, otherRange: 0.25, maintenanceShare: 0.8 };
const model = new FixedGridModel({ kernel, parameters, scenarios, grid });
const market = testMarket();
const UNIT = 100_000_000n;

function book(positions: Record<string, number>, collateral: Record<string, number> = {}): Book {
  const of = (q: number) => ({ quantity: BigInt(q), quantityScale: 0 });
  return {
    account: 'x',
    positions: Object.entries(positions).map(([instrument, q]) => ({ instrument, ...of(q) })),
    collateral: Object.entries(collateral).map(([asset, q]) => ({ asset, ...of(q) })),
  };
}

const asked = (positions: Record<string, number>, collateral?: Record<string, number>): bigint =>
  model.assess(book(positions, collateral), market).initialMargin;

describe('the fixed grid as a model', () => {
  it('asks a linear book its range, and a tail never more', () => {
    expect(asked({ 'A-SPOT': 10 })).toBe(180n * UNIT);
    expect(asked({ 'A-INV': -2 })).toBe(36n * UNIT);
    expect(asked({ 'B-PERP': 1 })).toBe(50n * UNIT);
    const { maintenanceMargin, explanation } = model.assess(book({ 'A-SPOT': 10 }), market);
    expect(maintenanceMargin).toBe(144n * UNIT);
    for (const tree of Object.values(explanation)) expect(sums(tree)).toBe(true);
  });

  it('nets within an underlying, collateral included, and not across', () => {
    expect(asked({ 'A-SPOT': 10, 'A-INV': -10 })).toBe(0n);
    expect(asked({ 'A-INV': -10 }, { A: 10 })).toBe(0n);
    expect(asked({ 'A-SPOT': 10, 'B-PERP': -5 })).toBe(
      asked({ 'A-SPOT': 10 }) + asked({ 'B-PERP': -5 }),
    );
  });

  it('reprices options: a short one is asked more than its range, a long one no more than its worth', () => {
    expect(asked({ 'A-CALL': -10 })).toBeGreaterThan(asked({ 'A-CALL': 10 }));
    expect(asked({ 'A-CALL': 10 })).toBeLessThanOrEqual(69n * UNIT);
    expect(asked({ 'A-FLY': -10 })).toBeGreaterThan(0n);
  });

  it('asks the worst case where nobody prices, and refuses what is unknown', () => {
    expect(asked({ 'X-PERP': -2 })).toBe(60n * UNIT);
    expect(() => asked({ 'NO-SUCH': 1 })).toThrow(/^instrument-unknown/);
  });
});
