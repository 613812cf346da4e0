import { describe, expect, it } from '@jest/globals';
import { accountRisk } from '../account-risk.js';
import { currentKernel } from '../adapters/kernel-files.js';
import { shippedUrsParameters } from '../adapters/parameter-files.js';
import type { Book } from '../book.js';
import type { Market } from '../market.js';
import { UrsModel } from '../models/urs/urs.js';
import { worthOf } from '../models/urs/market-risk.js';
import { buildScenarios } from '../scenarios/scenarios.js';
import { testMarket } from '../testing/market.js';
import { randomHistory } from '../testing/random-history.js';
import { GREEKS, GREEK_SCALE, greekTexts, greeksOf } from './greeks.js';

const kernel = currentKernel();
const parameters = shippedUrsParameters();
const scenarios = buildScenarios(kernel, parameters, randomHistory('test', ['A', 'B'], 300, 7));
const model = new UrsModel({ kernel, parameters, scenarios: [scenarios] });
const market = testMarket();
const IDS = [...market.instruments.keys()];
const UNIT = 10 ** GREEK_SCALE;

function book(positions: Record<string, number>, more: Partial<Book> = {}): Book {
  return {
    account: 'x',
    positions: Object.entries(positions).map(([instrument, q]) => ({
      instrument,
      quantity: BigInt(q),
      quantityScale: 0,
    })),
    collateral: [],
    ...more,
  };
}

const legsOf = (positions: Record<string, number>, at: Market = market) =>
  model.examine(book(positions), at).account.legs;

describe('Greeks', () => {
  it('of an account are exactly the sum of its positions, per underlying and in all', () => {
    const held = Object.fromEntries(IDS.map((id, i) => [id, (i % 2 ? -7 : 3) * (i + 1)]));
    const { positions, underlyings, account } = greeksOf(kernel, legsOf(held));
    expect(underlyings.map(({ underlying }) => underlying)).toEqual(['A', 'B']);
    for (const each of underlyings) {
      for (const key of GREEKS) {
        const sum = positions
          .filter(({ underlying }) => underlying === each.underlying)
          .reduce((so, one) => so + one[key], 0n);
        expect(each[key]).toBe(sum);
      }
    }
    for (const key of ['cashDelta', 'vega', 'theta', 'rho'] as const) {
      expect(account[key]).toBe(underlyings.reduce((so, each) => so + each[key], 0n));
    }
    // What cannot be priced has no Greeks, and does not look as if it had.
    expect(positions.map(({ instrument }) => instrument)).not.toContain('X-PERP');
  });

  it('of linear contracts are their size', () => {
    const { positions } = greeksOf(kernel, legsOf({ 'A-SPOT': 2, 'A-INV': -3, 'B-PERP': 1 }));
    const texts = positions.map((each) => greekTexts(each, ['delta', 'cashDelta', 'gamma']));
    expect(texts).toEqual([
      { delta: '-3.00000000', cashDelta: '-300.00000000', gamma: '0.00000000' },
      { delta: '2.00000000', cashDelta: '200.00000000', gamma: '0.00000000' },
      { delta: '1.00000000', cashDelta: '200.00000000', gamma: '0.00000000' },
    ]);
  });

  it.each(['A-CALL', 'A-PUT', 'A-CALL-110', 'A-FLY', 'A-DIGITAL'])(
    '%s: central differences of its worth agree',
    (id) => {
      const [leg] = legsOf({ [id]: 1 });
      const valuation = leg?.risk.valuation;
      if (valuation?.kind !== 'option' && valuation?.kind !== 'piecewise') throw new Error('none');
      const { positions } = greeksOf(kernel, legsOf({ [id]: 1 }));
      const worth = (more: { f?: number; v?: number; t?: number; r?: number }): number => {
        const terms = valuation.kind === 'option' ? valuation.terms : valuation;
        const years = terms.years + (more.t ?? 0);
        const moved = {
          forward: terms.forward + (more.f ?? 0),
          vol: terms.vol + (more.v ?? 0),
          years,
          discount: kernel.exp(-(more.r ?? 0) * years),
        };
        return valuation.kind === 'option'
          ? worthOf(kernel, { ...valuation, terms: { ...valuation.terms, ...moved } })
          : worthOf(kernel, { ...valuation, ...moved });
      };
      const slope = (key: 'f' | 'v' | 't' | 'r', h: number): number => {
        const [a, b] = [
          worth({ [key]: h }) - worth({ [key]: -h }),
          worth({ [key]: 2 * h }) - worth({ [key]: -2 * h }),
        ];
        return (8 * a - b) / (12 * h);
      };
      const [found] = positions;
      const near = (value: bigint | undefined, expected: number): void => {
        expect(Math.abs(Number(value) / UNIT - expected)).toBeLessThan(
          1e-6 * Math.max(1, Math.abs(expected)),
        );
      };
      near(found?.delta, slope('f', 0.05));
      near(found?.vega, slope('v', 0.002) / 100);
      near(found?.theta, -slope('t', 2e-4) / 365);
      near(found?.rho, slope('r', 1e-3) / 10_000);
      const h = 0.2;
      const curve =
        (16 * (worth({ f: h }) + worth({ f: -h })) -
          worth({ f: 2 * h }) -
          worth({ f: -2 * h }) -
          30 * worth({})) /
        (12 * h * h);
      near(found?.gamma, curve);
    },
  );
});

describe('account risk', () => {
  it('puts Greeks, health and variance beside a requirement', () => {
    const whole = book(
      { 'A-PERP': 5, 'A-CALL': -4 },
      {
        collateral: [
          { asset: 'USDT', quantity: 500n, quantityScale: 0 },
          { asset: 'A', quantity: 1n, quantityScale: 0 },
        ],
      },
    );
    const found = model.examine(whole, market);
    const risk = accountRisk(kernel, parameters, found);
    expect(risk.health?.ratio).toMatch(/^\d+\.\d{4}$/);
    expect(Number(risk.health?.probabilityOfRuin)).toBeLessThanOrEqual(
      Number(risk.health?.probabilityOfDistress),
    );
    expect(risk.health?.idleCapital).toBe(found.requirement.available);
    const { deviation, components, valueAtRisk } = risk.variance ?? {
      deviation: '',
      components: [],
      valueAtRisk: '',
    };
    const sum = components.reduce((so, { amount }) => so + Number(amount), 0);
    expect(Math.abs(sum - Number(deviation))).toBeLessThan(1e-6);
    expect(Number(valueAtRisk)).toBeGreaterThan(Number(deviation));
    expect(components.map(({ factor }) => factor)).toEqual(['A', 'B']);
  });

  it('counts a coin held as collateral in the variance as the array does', () => {
    const coin = book({}, { collateral: [{ asset: 'A', quantity: 10n, quantityScale: 0 }] });
    const { variance } = accountRisk(kernel, parameters, model.examine(coin, market));
    const target = scenarios.set.facts?.target[0] ?? 0;
    expect(Math.abs(Number(variance?.deviation) - 1000 * target)).toBeLessThan(1e-6);
  });
});
