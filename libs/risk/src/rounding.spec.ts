import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { explainEquity, explainMargin, sums, type Part } from './explain.js';
import { apportion, binary, roundDown, roundNearest, roundUp } from './rounding.js';

const anyNumber = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.double({ noNaN: true, min: -1e12, max: 1e12 }),
  fc.integer({ min: -1e9, max: 1e9 }).map((each) => each / 1e6),
);
const scale = fc.nat(18);

/** value x 10^scale against n, exactly, as the sign of the difference. */
function compare(value: number, at: number, n: bigint): number {
  const { mantissa, exponent } = binary(value);
  const left = mantissa * 10n ** BigInt(at) * (exponent > 0 ? 2n ** BigInt(exponent) : 1n);
  const right = n * (exponent < 0 ? 2n ** BigInt(-exponent) : 1n);
  return left < right ? -1 : left > right ? 1 : 0;
}

describe('the rounding boundary', () => {
  it('takes a float apart exactly', () => {
    fc.assert(
      fc.property(anyNumber, (value) => {
        const { mantissa, exponent } = binary(value);
        // Two powers, for the smallest float is below what one reciprocal of a power can hold.
        const half = Math.trunc(exponent / 2);
        expect(Number(mantissa) * 2 ** half * 2 ** (exponent - half)).toBe(value === 0 ? 0 : value);
      }),
      { numRuns: 2000 },
    );
  });

  it('rounds margin up and equity down, to the next integer and no further', () => {
    fc.assert(
      fc.property(anyNumber, scale, (value, at) => {
        const up = roundUp(value, at);
        const down = roundDown(value, at);
        expect(compare(value, at, up)).toBeLessThanOrEqual(0);
        expect(compare(value, at, up - 1n)).toBe(1);
        expect(compare(value, at, down)).toBeGreaterThanOrEqual(0);
        expect(compare(value, at, down + 1n)).toBe(-1);
        expect([up, down]).toContain(roundNearest(value, at));
      }),
      { numRuns: 5000 },
    );
  });

  it.each([
    // 0.1 is a little above a tenth in binary, 0.3 a little below three tenths: so says the float, and so it is rounded.
    [0.1, 1, 2n, 1n],
    [0.3, 1, 3n, 2n],
    [0.5, 1, 5n, 5n],
    [-0.1, 1, -1n, -2n],
    [0, 6, 0n, 0n],
    [-0, 6, 0n, 0n],
    [5e-324, 6, 1n, 0n],
    [880, 18, 880n * 10n ** 18n, 880n * 10n ** 18n],
    [879.9999999999999, 0, 880n, 879n],
    [1e22, 0, 10n ** 22n, 10n ** 22n],
  ])('%s at scale %s is %s up and %s down', (value, at, up, down) => {
    expect(roundUp(value, at)).toBe(up);
    expect(roundDown(value, at)).toBe(down);
  });

  it.each([NaN, Infinity, -Infinity])('refuses %s by name', (value) => {
    for (const round of [roundUp, roundDown, roundNearest]) {
      expect(() => round(value, 6, 'initialMargin')).toThrow(/^not-finite: initialMargin: /);
    }
  });
});

describe('shares of a total', () => {
  it('sum to it exactly and stay within a unit of their amounts', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ noNaN: true, min: -1e9, max: 1e9 }), { minLength: 1 }),
        (all) => {
          const total = roundNearest(
            all.reduce((sum, each) => sum + each, 0),
            6,
          );
          const shares = apportion(total, all, 6);
          expect(shares.reduce((sum, each) => sum + each, 0n)).toBe(total);
          shares.forEach((share, i) => {
            expect(Math.abs(Number(share) - (all[i] ?? 0) * 1e6)).toBeLessThan(2 + 1e-6 * 1e9);
          });
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('refuse a total that is not theirs', () => {
    expect(() => apportion(12n, [1, 1], 0)).toThrow(/^out-of-bounds: explanation: /);
  });
});

describe('trees', () => {
  const leaves = fc.array(fc.double({ noNaN: true, min: -1e7, max: 1e7 }), {
    minLength: 1,
    maxLength: 9,
  });
  const total = (parts: readonly Part[]): number =>
    parts.reduce((sum, { value }) => sum + value, 0);
  const node = (name: string, parts: readonly Part[]): Part => ({
    name,
    value: total(parts),
    parts,
  });
  const tree = fc.array(leaves, { minLength: 1, maxLength: 6 }).map((branches) =>
    node(
      'root',
      branches.map((each, b) =>
        node(
          `branch ${b}`,
          each.map((value, l) => ({ name: `leaf ${l}`, value })),
        ),
      ),
    ),
  );

  it('let a level carry the rounding of the levels above it, found by the property below', () => {
    const branch = (name: string, value: number): Part => node(name, [{ name: 'leaf', value }]);
    const values = [-0.005685000000000001, 2.4978850000000006, -2.497885];
    const root = node(
      'root',
      values.map((value, b) => branch(`branch ${b}`, value)),
    );
    expect(sums(explainMargin(root, 5))).toBe(true);
    expect(sums(explainEquity(root, 5))).toBe(true);
  });

  it('sum exactly at every node; rounding is its own part and at most one minor unit', () => {
    fc.assert(
      fc.property(tree, scale, (part, at) => {
        const margin = explainMargin(part, at);
        const equity = explainEquity(part, at);
        expect(sums(margin) && sums(equity)).toBe(true);
        expect(margin.amount).toBe(roundUp(part.value, at));
        expect(equity.amount).toBe(roundDown(part.value, at));
        expect([0n, 1n]).toContain(margin.parts?.at(-1)?.amount);
        expect([0n, -1n]).toContain(equity.parts?.at(-1)?.amount);
      }),
      { numRuns: 1000 },
    );
  });
});
