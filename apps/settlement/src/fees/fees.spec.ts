import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { feePolicy, GAS_CAP, gasLimit } from './index.js';

const GWEI = 10n ** 9n;
const policy = feePolicy({ tip: 2n * GWEI, cap: 100n * GWEI });

describe('what a transaction offers', () => {
  it('is twice the base fee and the tip', () => {
    expect(policy.fresh(10n * GWEI)).toEqual({ tip: 2n * GWEI, maxFee: 22n * GWEI });
  });

  it('is the cap where twice the base fee is above it, and nothing once the base fee itself is', () => {
    expect(policy.fresh(60n * GWEI)).toEqual({ tip: 2n * GWEI, maxFee: 100n * GWEI });
    expect(policy.fresh(98n * GWEI)).toEqual({ tip: 2n * GWEI, maxFee: 100n * GWEI });
    expect(policy.fresh(98n * GWEI + 1n)).toBeUndefined();
  });

  it('rises by an eighth in both parts when it replaces one, and follows the base fee', () => {
    const first = { tip: 2n * GWEI, maxFee: 22n * GWEI };
    expect(policy.replacing(first, 1n * GWEI)).toEqual({
      tip: 2_250_000_000n,
      maxFee: 24_750_000_000n,
    });
    expect(policy.replacing(first, 20n * GWEI)).toEqual({
      tip: 2_250_000_000n,
      maxFee: 42_250_000_000n,
    });
  });

  it('is nothing where the replacement would be above the cap', () => {
    expect(policy.replacing({ tip: 2n * GWEI, maxFee: 89n * GWEI }, GWEI)).toBeUndefined();
  });

  it('replaces until the cap by steps a node takes, and never offers more', () => {
    const wei = fc.bigInt(1n, 500n * GWEI);
    fc.assert(
      fc.property(wei, wei, fc.array(wei, { maxLength: 30 }), (tip, cap, baseFees) => {
        const { fresh, replacing } = feePolicy({ tip, cap });
        let last = fresh(baseFees[0] ?? 1n);
        for (const baseFee of baseFees) {
          if (last === undefined) return;
          const next = replacing(last, baseFee);
          if (next === undefined) continue;
          expect(next.maxFee).toBeLessThanOrEqual(cap);
          expect(next.tip).toBeLessThanOrEqual(next.maxFee);
          expect(next.maxFee).toBeGreaterThanOrEqual(baseFee + next.tip);
          expect(next.maxFee * 10n).toBeGreaterThanOrEqual(last.maxFee * 11n);
          expect(next.tip * 10n).toBeGreaterThanOrEqual(last.tip * 11n);
          last = next;
        }
      }),
    );
  });
});

describe('the gas limit of a batch', () => {
  const url = new URL('../../../../contracts/gas-snapshot.json', import.meta.url);
  const measured = JSON.parse(readFileSync(url, 'utf8')) as Readonly<Record<string, number>>;
  const limit = (pairs: number, withdrawals: number): number =>
    Number(gasLimit({ pairs, withdrawals, signatures: 3 }));

  it('is above what was measured', () => {
    expect(limit(0, 0)).toBeGreaterThan(measured['anchorOnly']!);
    expect(limit(100, 0)).toBeGreaterThan(measured['firstBatch']!);
    expect(limit(0, 1)).toBeGreaterThan(measured['withdrawalBatch']!);
  });

  it('stays within a transaction for the largest leg', () => {
    expect(gasLimit({ pairs: 1_001, withdrawals: 0, signatures: 16 })).toBe(GAS_CAP);
    expect(limit(400, 20)).toBeLessThan(Number(GAS_CAP));
  });

  it('is refused to a batch that fits into none', () => {
    const size = { pairs: 0, withdrawals: 1_000, signatures: 2 };
    expect(() => gasLimit(size)).toThrow('8011_BATCH_TOO_LARGE');
  });
});
