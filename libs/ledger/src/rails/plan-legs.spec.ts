import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { runs } from '../testing/generate.js';
import { planLegs, type PlannedLeg, type RailMember } from './plan-legs.js';

const limits = { legEntries: 3, legWithdrawals: 2 };
const asked = (withdrawalId: string, amount: bigint) => ({ withdrawalId, to: '0x1', amount });
const member = (index: number, committed: bigint, target: bigint, ...ws: bigint[]): RailMember => ({
  ...{ index, committed, target },
  asked: ws.map((amount, i) => asked(`W${index}-${i}`, amount)),
});

describe('planLegs', () => {
  it('splits what does not fit: losers first, each leg zero-sum with the house', () => {
    const members = [
      member(16, 0n, 5n),
      member(17, 9n, 0n),
      member(18, 0n, 4n),
      member(19, 3n, 0n),
      member(20, 1n, 1n),
    ];
    expect(planLegs(0n, members, limits).map(({ entries }) => entries)).toEqual([
      [
        [0, 12n],
        [17, -9n],
        [19, -3n],
      ],
      [
        [0, -9n],
        [16, 5n],
        [18, 4n],
      ],
    ]);
  });

  it('lets withdrawals come last, each index once to a leg', () => {
    const members = [member(16, 9n, 9n, 1n, 2n), member(17, 9n, 8n, 3n), member(18, 9n, 9n, 4n)];
    const legs = planLegs(0n, members, limits);
    expect(legs.map(({ withdrawals }) => withdrawals.map((w) => w.withdrawalId))).toEqual([
      ['W16-0', 'W17-0'],
      ['W18-0'],
      ['W16-1'],
    ]);
    expect(legs.map(({ houseDelta }) => houseDelta)).toEqual([1n, 0n, 0n]);
  });

  it('leaves a withdrawal out that the balance does not cover, and no other', () => {
    const legs = planLegs(0n, [member(16, 1n, 9n, 2n, 1n)], limits);
    expect(legs).toEqual([
      { entries: [], withdrawals: [{ ...asked('W16-1', 1n), index: 16 }], houseDelta: 0n },
    ]);
  });

  it('plans nothing where nothing is due', () => {
    expect(planLegs(5n, [member(16, 9n, 9n)], limits)).toEqual([]);
    expect(planLegs(0n, [member(16, 0n, 9n)], limits)).toEqual([]);
  });

  it('keeps every balance above zero and every leg within its limits, in whatever parts', () => {
    const amount = fc.bigInt({ min: 0n, max: 40n });
    const one = fc.tuple(
      amount,
      amount,
      fc.array(fc.bigInt({ min: 1n, max: 9n }), { maxLength: 4 }),
    );
    const property = fc.property(amount, fc.array(one, { maxLength: 12 }), (house, rows) => {
      const members = rows.map(([committed, target, ws], i) =>
        member(16 + i, committed, target + ws.reduce((sum, w) => sum + w, 0n), ...ws),
      );
      const legs = planLegs(house, members, limits);
      const whole = planLegs(house, members, { legEntries: 1000, legWithdrawals: 1000 });
      const ends = walk(house, members, legs);
      expect(ends).toEqual(walk(house, members, whole));
      for (const { entries, withdrawals } of legs) {
        expect(entries.length + withdrawals.length).toBeGreaterThan(0);
        expect(entries.length).toBeLessThanOrEqual(3);
        expect(withdrawals.length).toBeLessThanOrEqual(2);
        expect(new Set(withdrawals.map(({ index }) => index)).size).toBe(withdrawals.length);
      }
    });
    fc.assert(property, runs(200));
  });
});

/** Carries legs out as a contract would: deltas, then withdrawals, and no balance below zero after any. */
function walk(
  house: bigint,
  members: readonly RailMember[],
  legs: readonly PlannedLeg[],
): ReadonlyMap<number, bigint> {
  const balances = new Map([[0, house], ...members.map((m) => [m.index, m.committed] as const)]);
  const add = (index: number, amount: bigint) => {
    const next = balances.get(index)! + amount;
    balances.set(index, next);
    return next;
  };
  for (const { entries, withdrawals, houseDelta } of legs) {
    const indexes = entries.map(([index]) => index);
    expect(indexes).toEqual([...new Set(indexes)].sort((a, b) => a - b));
    expect(entries.reduce((sum, [, delta]) => sum + delta, 0n)).toBe(0n);
    expect(entries.find(([index]) => index === 0)?.[1] ?? 0n).toBe(houseDelta);
    for (const [index, delta] of entries) expect(add(index, delta)).toBeGreaterThanOrEqual(0n);
    for (const { index, amount } of withdrawals) {
      expect(add(index, -amount)).toBeGreaterThanOrEqual(0n);
    }
  }
  return balances;
}
