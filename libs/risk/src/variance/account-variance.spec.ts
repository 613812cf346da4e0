import { describe, expect, it } from '@jest/globals';
import { accountRisk } from '../account-risk.js';
import { currentKernel } from '../adapters/kernel-files.js';
import { shippedUrsParameters } from '../adapters/parameter-files.js';
import type { Book } from '../book.js';
import { UrsModel } from '../models/urs/urs.js';
import { buildScenarios, type Scenarios } from '../scenarios/scenarios.js';
import { testMarket } from '../testing/market.js';
import { randomHistory } from '../testing/random-history.js';

const kernel = currentKernel();
const parameters = shippedUrsParameters();
const joint = buildScenarios(kernel, parameters, randomHistory('test', ['A', 'B'], 300, 7));
const apart = [
  buildScenarios(kernel, parameters, randomHistory('one', ['A'], 300, 7)),
  buildScenarios(kernel, parameters, randomHistory('two', ['B'], 420, 8)),
];
const market = testMarket();

function book(positions: Record<string, number>, collateral: Record<string, number> = {}): Book {
  return {
    account: 'x',
    positions: Object.entries(positions).map(([instrument, q]) => ({
      instrument,
      quantity: BigInt(q),
      quantityScale: 0,
    })),
    collateral: Object.entries(collateral).map(([asset, q]) => ({
      asset,
      quantity: BigInt(q),
      quantityScale: 0,
    })),
  };
}

function riskOf(of: Book, scenarios: readonly Scenarios[] = [joint]) {
  const model = new UrsModel({ kernel, parameters, scenarios });
  const assessment = model.examine(of, market);
  const risk = accountRisk(kernel, parameters, assessment);
  model.release();
  return { ...risk, requirement: assessment.requirement };
}

/** A decimal text as an integer of its last digit, so that sums are exact. */
const units = (text: string): bigint => BigInt(text.replace('.', ''));
const sumOf = (parts: readonly { readonly amount: string }[]): bigint =>
  parts.reduce((sum, { amount }) => sum + units(amount), 0n);
const target = (scenarios: Scenarios, factor: number): number =>
  scenarios.set.facts?.target[factor] ?? Number.NaN;

describe('account risk', () => {
  const mixed = book({ 'A-PERP': 5, 'A-CALL': -4, 'A-FLY': 3, 'B-PERP': -1 }, { USDT: 500, A: 1 });

  it('puts Greeks, health and variance beside a requirement', () => {
    const { health, variance, greeks, requirement } = riskOf(mixed);
    expect(greeks.positions.map(({ instrument }) => instrument)).toEqual([
      'A-CALL',
      'A-FLY',
      'A-PERP',
      'B-PERP',
    ]);
    expect(health?.ratio).toMatch(/^\d+\.\d{4}$/);
    expect(Number(health?.probabilityOfRuin)).toBeLessThanOrEqual(
      Number(health?.probabilityOfDistress),
    );
    expect(health?.idleCapital).toBe(requirement.available);
    expect(Number(variance?.valueAtRisk)).toBeGreaterThan(Number(variance?.deviation));
  });

  it('shares its deviation out exactly, by factor and by position', () => {
    for (const scenarios of [[joint], apart]) {
      const { variance } = riskOf(mixed, scenarios);
      const deviation = units(variance?.deviation ?? '0');
      expect(deviation > 0n).toBe(true);
      expect(sumOf(variance?.factors ?? [])).toBe(deviation);
      expect(sumOf(variance?.positions ?? [])).toBe(deviation);
      expect(variance?.factors.map(({ id }) => id)).toEqual(['A', 'B']);
      expect(variance?.positions.map(({ id }) => id)).toContain('asset:A');
    }
  });

  it('a hedge has a share below zero, and alone would have risk all the same', () => {
    const { variance } = riskOf(book({ 'A-PERP': 5, 'B-PERP': -1 }));
    const [a, b] = variance?.factors ?? [];
    expect(Number(a?.amount)).toBeGreaterThan(Number(variance?.deviation));
    expect(Number(b?.amount)).toBeLessThan(0);
    expect(Number(b?.standalone)).toBeCloseTo(200 * target(joint, 1), 6);
  });

  it('counts a coin held as collateral as its array does, and only factors that are touched', () => {
    const { variance } = riskOf(book({}, { A: 10 }));
    expect(Number(variance?.deviation)).toBeCloseTo(1000 * target(joint, 0), 6);
    expect(variance?.factors.map(({ id }) => id)).toEqual(['A']);
  });

  it('of a perfect hedge is nothing', () => {
    const { variance } = riskOf(book({ 'A-SPOT': -3 }, { A: 3 }));
    expect(variance).toMatchObject({ deviation: '0.00000000', valueAtRisk: '0.00000000' });
  });

  it('knows the curvature of payoffs as of options: short gamma adds to value at risk', () => {
    const { variance: options } = riskOf(book({ 'A-CALL': -10, 'A-PUT': -10 }));
    const { variance: payoff } = riskOf(book({ 'A-FLY': 10 }));
    // At the money both have next to no delta, and lose in either direction: a long fly is short gamma.
    for (const each of [options, payoff]) {
      expect(Number(each?.valueAtRisk)).toBeGreaterThan(3 * Number(each?.deviation));
    }
  });

  it('of several sets adds what each asks: nobody knows how they move jointly', () => {
    const both = riskOf(mixed, apart);
    const only = (keep: 'A' | 'B') =>
      riskOf(
        {
          ...mixed,
          positions: mixed.positions.filter(({ instrument }) => instrument.startsWith(keep)),
          collateral: keep === 'A' ? mixed.collateral : [],
        },
        apart,
      );
    const [a, b] = [only('A'), only('B')];
    const sum = Number(a.variance?.deviation) + Number(b.variance?.deviation);
    expect(Number(both.variance?.deviation)).toBeCloseTo(sum, 6);
    const risks = Number(a.variance?.valueAtRisk) + Number(b.variance?.valueAtRisk);
    expect(Number(both.variance?.valueAtRisk)).toBeCloseTo(risks, 6);
    expect(both.health).toBeDefined();
  });

  it('an account with nothing that moves has no variance and no health', () => {
    const { variance, health, greeks } = riskOf(book({}, { USDT: 500 }));
    expect([variance, health]).toEqual([undefined, undefined]);
    expect(greeks.positions).toEqual([]);
  });

  it('is the same to the last digit in any order of entries', () => {
    const turned = {
      ...mixed,
      positions: [...mixed.positions].reverse(),
      collateral: [...mixed.collateral].reverse(),
    };
    const { requirement: _, ...one } = riskOf(mixed);
    const { requirement: __, ...other } = riskOf(turned);
    expect(other).toEqual(one);
  });
});
