import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { currentKernel } from '../adapters/kernel-files.js';
import { shippedUrsParameters } from '../adapters/parameter-files.js';
import type { Book } from '../book.js';
import { sums } from '../explain.js';
import { buildScenarios } from '../scenarios/scenarios.js';
import { testMarket } from '../testing/market.js';
import { randomHistory } from '../testing/random-history.js';
import { FixedGridModel, type GridParameters } from './grid-model.js';

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

const opened = (more: Partial<GridParameters>): FixedGridModel =>
  new FixedGridModel({ kernel, parameters, scenarios, grid: { ...grid, ...more } });

describe('properties of the fixed grid', () => {
  const OF_A = ['A-SPOT', 'A-PERP', 'A-INV', 'A-CALL', 'A-PUT', 'A-FLY'];
  const ids = [...OF_A, 'B-PERP', 'X-PERP'];
  const some = fc.dictionary(fc.constantFrom(...ids), fc.integer({ min: -50, max: 50 }));
  const held = fc.dictionary(fc.constantFrom('A', 'USDT'), fc.integer({ min: -50, max: 50 }));
  const merged = (a: Record<string, number>, b: Record<string, number>): Record<string, number> =>
    Object.fromEntries(
      [...new Set([...Object.keys(a), ...Object.keys(b)])].map((id) => [
        id,
        (a[id] ?? 0) + (b[id] ?? 0),
      ]),
    );

  it('never asks more of two books together than of each, give or take a minor unit', () => {
    fc.assert(
      fc.property(some, held, some, held, (a, ca, b, cb) => {
        const apart = asked(a, ca) + asked(b, cb);
        expect(asked(merged(a, b), merged(ca, cb))).toBeLessThanOrEqual(apart + 1n);
      }),
    );
  });

  it('does not care in which order a book is written, or in how many pieces', () => {
    fc.assert(
      fc.property(some, held, (a, c) => {
        const { positions, collateral } = book(a, c);
        const pieces = positions.flatMap(({ instrument, quantity }) => [
          { instrument, quantity: quantity - 7n, quantityScale: 0 },
          { instrument, quantity: 70n, quantityScale: 1 },
        ]);
        const other = { account: 'x', positions: pieces.toReversed(), collateral };
        expect(model.assess(other, market)).toEqual(model.assess(book(a, c), market));
      }),
    );
  });

  it('is never below zero, and its trees sum', () => {
    fc.assert(
      fc.property(some, held, (a, c) => {
        const { initialMargin, maintenanceMargin, explanation } = model.assess(book(a, c), market);
        expect(initialMargin).toBeGreaterThanOrEqual(maintenanceMargin);
        expect(maintenanceMargin).toBeGreaterThanOrEqual(0n);
        for (const tree of Object.values(explanation)) expect(sums(tree)).toBe(true);
      }),
    );
  });
});

describe('the grid with other parameters', () => {
  const initial = (by: FixedGridModel, positions: Record<string, number>): bigint =>
    by.assess(book(positions), market).initialMargin;
  const pair = { 'A-SPOT': 10, 'B-PERP': -5 };

  it("asks a future SPAN's range: the double move counts .35", () => {
    expect(initial(opened({ rows: 'span' }), { 'A-SPOT': 10 })).toBe(180n * UNIT);
  });

  it('lets gains offset losses of other underlyings by a share', () => {
    // Down: 10 A lose 180; 5 short B gain 250, of which .6 count. Up: 180 gained, .6 of it against 250.
    expect(initial(opened({ rows: 'plain', offset: 0.6 }), pair)).toBe(142n * UNIT);
    expect(initial(opened({ rows: 'plain', offset: 0 }), pair)).toBe(250n * UNIT);
  });

  it('asks its minimum of short options, however far from the money', () => {
    const least = opened({ rows: 'span', shortOptionMinimum: 0.5 });
    expect(initial(least, { 'A-CALL-110': -2 })).toBe(100n * UNIT);
    expect(initial(least, { 'A-CALL-110': 2 })).toBeLessThan(10n * UNIT);
    expect(initial(opened({ shortOptionMinimum: 0.5, offset: 0.6 }), { 'A-CALL': -2 })).toBe(
      100n * UNIT,
    );
  });

  it('asks for open orders as if the worse side filled', () => {
    const order = (quantity: bigint) => ({ instrument: 'A-SPOT', quantity, quantityScale: 0 });
    const orders = [order(5n), order(-30n)];
    const { initialMargin, explanation } = model.assess(
      { ...book({ 'A-SPOT': 10 }), orders },
      market,
    );
    expect(initialMargin).toBe(360n * UNIT);
    expect(explanation.initialMargin.parts).toContainEqual({
      name: 'open-orders',
      amount: 180n * UNIT,
    });
    expect(sums(explanation.initialMargin)).toBe(true);
  });

  it('has an id of its own for each set of parameters, and refuses what means nothing', () => {
    expect(opened({}).identity).toEqual(model.identity);
    expect(opened({ offset: 0.6 }).identity.modelId).not.toBe(model.identity.modelId);
    expect(() => opened({ otherRange: 0 })).toThrow(/^out-of-bounds: otherRange/);
    expect(() => opened({ ranges: { A: NaN } })).toThrow(/^not-finite: ranges A/);
    expect(() => opened({ offset: 2 })).toThrow(/^out-of-bounds: offset/);
  });
});
