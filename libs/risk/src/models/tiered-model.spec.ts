import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { currentKernel } from '../adapters/kernel-files.js';
import { shippedUrsParameters } from '../adapters/parameter-files.js';
import type { Book } from '../book.js';
import { sums } from '../explain.js';
import type { Underlying } from '../market.js';
import { buildScenarios } from '../scenarios/scenarios.js';
import { testMarket } from '../testing/market.js';
import { randomHistory } from '../testing/random-history.js';
import { TieredModel } from './tiered-model.js';

const kernel = currentKernel();
const parameters = shippedUrsParameters();
const scenarios = [buildScenarios(kernel, parameters, randomHistory('t', ['A', 'B'], 200, 1))];
const model = new TieredModel({ kernel, parameters, scenarios });
const UNIT = 100_000_000n;

const book = (positions: Record<string, number>): Book => ({
  account: 'x',
  collateral: [],
  positions: Object.entries(positions).map(([instrument, quantity]) => ({
    instrument,
    quantity: BigInt(quantity),
    quantityScale: 0,
  })),
});
const asked = (positions: Record<string, number>, underlying: Partial<Underlying> = {}) =>
  model.assess(book(positions), testMarket({ underlying }));

describe('leverage tiers as a model', () => {
  it('asks the tier of the notional, exactly', () => {
    const { initialMargin, maintenanceMargin, explanation } = asked({ 'A-SPOT': 10, 'B-PERP': -5 });
    expect(initialMargin).toBe(40n * UNIT);
    expect(maintenanceMargin).toBe(24n * UNIT);
    expect(explanation.initialMargin.parts).toEqual([
      { name: 'A-SPOT', amount: 20n * UNIT },
      { name: 'B-PERP', amount: 20n * UNIT },
    ]);
    for (const tree of Object.values(explanation)) expect(sums(tree)).toBe(true);
    expect(asked({ 'A-INV': -2 }, { tier: 'tail' }).initialMargin).toBe(40n * UNIT);
  });

  it('follows open interest between its bounds, initial margin only', () => {
    // Small cap: 10 % up to 20 million, all of it from 50.
    const at = (openInterest: number) => asked({ 'A-SPOT': 10 }, { tier: 'small', openInterest });
    expect(at(20e6).initialMargin).toBe(100n * UNIT);
    expect(at(35e6).initialMargin).toBe(550n * UNIT);
    expect(at(80e6).initialMargin).toBe(1000n * UNIT);
    expect(at(80e6).maintenanceMargin).toBe(50n * UNIT);
  });

  it('nets nothing, not even within an underlying', () => {
    const apart = asked({ 'A-SPOT': 10 }).initialMargin + asked({ 'A-PERP': -10 }).initialMargin;
    expect(asked({ 'A-SPOT': 10, 'A-PERP': -10 }).initialMargin).toBe(apart);
  });

  it('asks more of a larger position, and of more open interest', () => {
    const size = fc.integer({ min: -1000, max: 1000 });
    const interest = fc.double({ min: 0, max: 2e8, noNaN: true });
    const tier = fc.constantFrom('large', 'mid', 'small', 'tail');
    fc.assert(
      fc.property(tier, size, interest, interest, (tier, quantity, a, b) => {
        const [less, more] = [Math.min(a, b), Math.max(a, b)];
        const at = (q: number, openInterest: number): bigint =>
          asked({ 'A-PERP': q }, { tier, openInterest }).initialMargin;
        expect(at(quantity, more)).toBeGreaterThanOrEqual(at(quantity, less));
        expect(at(quantity * 2, less)).toBeGreaterThanOrEqual(at(quantity, less));
        expect(at(-quantity, less)).toBe(at(quantity, less));
      }),
    );
  });

  it('asks the worst case where nobody prices, and refuses what is unknown', () => {
    expect(asked({ 'X-PERP': -2 }).initialMargin).toBe(60n * UNIT);
    expect(() => asked({ 'NO-SUCH': 1 })).toThrow(/^instrument-unknown/);
  });
});
