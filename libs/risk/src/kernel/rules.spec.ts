import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { currentKernel } from '../adapters/kernel-files.js';
import { plainRules } from '../testing/reference/rules.js';
import { randomTables } from '../testing/random-tables.js';
import type { RuleLeg, RuleResult, RuleTables } from './rule-tables.js';

const kernel = currentKernel();
const seed = fc.integer({ min: 0, max: 2 ** 31 });

/** The same tables for another book: quantities by leg, everything else as it is. */
const holding = (tables: RuleTables, quantities: readonly number[]): RuleTables => ({
  ...tables,
  legs: tables.legs.map((leg, i): RuleLeg => ({ ...leg, quantity: quantities[i] ?? 0 })),
});
const quantitiesOf = ({ legs }: RuleTables): number[] => legs.map(({ quantity }) => quantity);

/** Amounts that are subadditive in the book, for the same market. */
const coherent: readonly ((result: RuleResult) => number)[] = [
  ...(['grid', 'floor', 'openInterest', 'oracle', 'funding', 'fallback'] as const).map(
    (key) =>
      ({ totals }: RuleResult) =>
        totals[key],
  ),
];

describe('the rules in the kernel', () => {
  it('are those of the plain reference, bit for bit', () => {
    fc.assert(
      fc.property(seed, (each) => {
        const tables = randomTables(each);
        return isDeepStrictEqual(kernel.rules(tables), plainRules(tables));
      }),
      { numRuns: 2000 },
    );
  });

  it('never give an amount below zero, and IM is never below MM', () => {
    fc.assert(
      fc.property(seed, (each) => {
        const { totals } = kernel.rules(randomTables(each));
        const isNeverNegative = Object.values(totals).every((value) => value >= 0);
        return isNeverNegative && totals.initialMargin >= totals.maintenanceMargin;
      }),
      { numRuns: 2000 },
    );
  });

  it('are subadditive where they say so: grid, floors, open interest, oracle, funding, fallback', () => {
    const both = fc.tuple(seed, seed);
    fc.assert(
      fc.property(both, ([market, other]) => {
        const a = randomTables(market);
        const b = holding(a, quantitiesOf(randomTables(other, a.legs.length)));
        const sums = quantitiesOf(a).map((q, i) => q + (quantitiesOf(b)[i] ?? 0));
        const [of, alone, together] = [a, b, holding(a, sums)].map((each) => plainRules(each)) as [
          RuleResult,
          RuleResult,
          RuleResult,
        ];
        return coherent.every(
          (amount) => amount(together) <= (amount(of) + amount(alone)) * (1 + 1e-12) + 1e-9,
        );
      }),
      { numRuns: 5000 },
    );
  });

  it.each(['liquidity', 'concentration'] as const)(
    'ask more for twice the book than twice for the book: %s is superadditive',
    (key) => {
      fc.assert(
        fc.property(seed, (each) => {
          const tables = randomTables(each);
          const once = plainRules(tables).totals[key];
          const twice = plainRules(
            holding(
              tables,
              quantitiesOf(tables).map((q) => 2 * q),
            ),
          ).totals[key];
          expect(twice).toBeGreaterThanOrEqual(2 * once * (1 - 1e-12));
        }),
      );
      const seeds = Array.from({ length: 50 }, (_, i) => randomTables(i));
      const strict = seeds.some((tables) => {
        const twice = holding(
          tables,
          quantitiesOf(tables).map((q) => 2 * q),
        );
        return plainRules(twice).totals[key] > 2.0001 * plainRules(tables).totals[key];
      });
      expect(strict).toBe(true);
    },
  );

  it('leave a linear book without a tail grid, whatever its prices do', () => {
    fc.assert(
      fc.property(seed, (each) => {
        const tables = randomTables(each);
        const legs = tables.legs.map((leg) => ({ ...leg, gridRow: -1 }));
        expect(kernel.rules({ ...tables, legs }).totals.grid).toBe(0);
        const grid = tables.legs.map(({ delta, underlying }) =>
          (tables.underlyings[underlying]?.moves ?? new Float64Array(7)).map(
            (move) => delta * move,
          ),
        );
        const flat = tables.legs.map((leg, gridRow) => ({ ...leg, gridRow }));
        expect(kernel.rules({ ...tables, grid, legs: flat }).totals.grid).toBe(0);
      }),
    );
  });
});
