import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { consensusMark, type VenueQuote } from './mark.js';

const guard = { minimumVenues: 3, maximumDeviation: 300 };
const quotes = (...prices: readonly bigint[]): VenueQuote[] =>
  prices.map((price, at) => ({ venue: `v${at}`, price }));

describe('mark of collateral', () => {
  it('is the median of three', () => {
    expect(consensusMark(quotes(100n, 102n, 101n), guard)).toEqual({
      kind: 'median',
      price: 101n,
      venues: ['v0', 'v1', 'v2'],
      rejected: [],
    });
  });

  it('rejects a venue more than 3 % off and names it', () => {
    expect(consensusMark(quotes(1000n, 650n, 1001n, 999n), guard)).toEqual({
      kind: 'median',
      price: 1000n,
      venues: ['v0', 'v2', 'v3'],
      rejected: ['v1'],
    });
  });

  it('keeps a venue exactly 3 % off: the guard compares, it does not divide', () => {
    expect(consensusMark(quotes(10_000n, 10_000n, 10_300n), guard).kind).toBe('median');
    expect(consensusMark(quotes(10_000n, 10_000n, 10_301n), guard).kind).toBe('conservative');
  });

  it('falls back to the lowest agreeing quote for an asset, the highest for a liability, by name', () => {
    expect(consensusMark(quotes(100n, 102n), guard)).toMatchObject({
      kind: 'conservative',
      reason: 'too-few-venues',
      price: 100n,
    });
    expect(consensusMark(quotes(100n, 102n), guard, 'liability')).toMatchObject({ price: 102n });
    // Two venues that disagree: nobody knows who is right, so the holder does not get the benefit.
    expect(consensusMark(quotes(100n, 65n), guard)).toMatchObject({ price: 65n });
    expect(consensusMark(quotes(100n, 65n), guard, 'liability')).toMatchObject({ price: 100n });
  });

  it('counts venues, not quotes', () => {
    const twice = [{ venue: 'a', price: 100n }, ...quotes(100n, 100n)].map((quote) =>
      quote.venue === 'v1' ? { ...quote, venue: 'a' } : quote,
    );
    expect(consensusMark(twice, guard).kind).toBe('conservative');
  });

  it('has no mark where nobody quotes above zero', () => {
    expect(consensusMark(quotes(0n, -5n), guard)).toEqual({
      kind: 'none',
      reason: 'no-quotes',
      rejected: ['v0', 'v1'],
    });
  });

  it('is moved by no single venue further than the guard, whatever it prints; order does not matter', () => {
    const honest = fc.array(fc.bigInt({ min: 9_900n, max: 10_100n }), {
      minLength: 4,
      maxLength: 7,
    });
    fc.assert(
      fc.property(honest, fc.bigInt({ min: 1n, max: 10n ** 9n }), (prices, print) => {
        const all = quotes(...prices, print);
        const mark = consensusMark(all, guard);
        expect(mark.kind).toBe('median');
        if (mark.kind !== 'median') return;
        expect(mark.price >= 9_900n && mark.price <= 10_100n).toBe(true);
        expect(consensusMark([...all].reverse(), guard)).toEqual(mark);
      }),
    );
  });
});
