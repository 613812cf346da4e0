import { describe, expect, it } from '@jest/globals';
import { currentKernel } from '../adapters/kernel-files.js';
import { shippedUrsParameters } from '../adapters/parameter-files.js';
import type { Book } from '../book.js';
import type { RiskInstrument } from '../instrument.js';
import type { Market } from '../market.js';
import type { Leg } from '../models/urs/account.js';
import { UrsModel } from '../models/urs/urs.js';
import { worthOf } from '../models/urs/market-risk.js';
import { buildScenarios } from '../scenarios/scenarios.js';
import { testMarket } from '../testing/market.js';
import { randomHistory } from '../testing/random-history.js';
import { GREEK_DECIMALS, GREEKS, type Greeks, greekTexts, greeksOf } from './greeks.js';

const kernel = currentKernel();
const parameters = shippedUrsParameters();
const scenarios = buildScenarios(kernel, parameters, randomHistory('test', ['A', 'B'], 300, 7));
const model = new UrsModel({ kernel, parameters, scenarios: [scenarios] });
const plain = testMarket();
const IDS = [...plain.instruments.keys()];
const market = withMore(plain);

/** An American put with rates, and a call and a payoff on a forward that is not the spot price. */
function withMore(base: Market): Market {
  const call = base.instruments.get('A-CALL');
  const fly = base.instruments.get('A-FLY');
  if (call?.kind !== 'option' || fly?.kind !== 'payoff') throw new Error('test market changed');
  const more: readonly RiskInstrument[] = [
    { ...call, id: 'A-AMERICAN', option: { ...call.option, type: 'put', style: 'american' } },
    { ...call, id: 'A-DATED' },
    { ...fly, id: 'A-DATED-FLY' },
  ];
  const forward = { source: 'settlement', vol: 0.6, forward: 103, discount: 0.99 } as const;
  return {
    ...base,
    instruments: new Map([...base.instruments, ...more.map((each) => [each.id, each] as const)]),
    marks: new Map([
      ...base.marks,
      ['A-AMERICAN', { price: 7, source: 'settlement', vol: 0.6, discount: 0.995 }],
      ['A-DATED', { ...forward, price: 8 }],
      ['A-DATED-FLY', { ...forward, price: 3 }],
    ]),
  };
}

function book(positions: Record<string, number>): Book {
  return {
    account: 'x',
    positions: Object.entries(positions).map(([instrument, q]) => ({
      instrument,
      quantity: BigInt(q),
      quantityScale: 0,
    })),
    collateral: [],
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
    for (const key of ['cashDelta', 'cashGamma', 'vega', 'theta', 'rho'] as const) {
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

  it.each([
    ...IDS.filter((id) => !/^(X-|A-DECLARED)/.test(id)),
    'A-AMERICAN',
    'A-DATED',
    'A-DATED-FLY',
  ])('%s: central differences of the worth of a position agree', (id) => {
    const quantity = -3;
    const [leg] = legsOf({ [id]: quantity });
    const [found] = greeksOf(kernel, legsOf({ [id]: quantity })).positions;
    if (leg === undefined || found === undefined) throw new Error('no leg');
    const worth = (move: Move): number => quantity * worthMoved(leg, move);
    // An American bound is itself differenced in the kernel; where it changes branch its curvature has a step.
    const tolerance = id === 'A-AMERICAN' ? 1e-5 : 1e-6;
    const near = (key: keyof Greeks, expected: number): void => {
      const value = Number(found[key]) / 10 ** GREEK_DECIMALS[key];
      expect(Math.abs(value - expected)).toBeLessThan(tolerance * Math.max(1, Math.abs(expected)));
    };
    const price = leg.risk.underlying?.price ?? 0;
    const delta = slope(worth, 'spot', 0.05);
    const gamma = curvature(worth, 0.2);
    near('delta', delta);
    near('cashDelta', delta * price);
    near('rawGamma', gamma);
    near('gamma', (gamma * price) / 100);
    near('cashGamma', (gamma * price * price) / 100);
    near('vega', slope(worth, 'vol', 0.002) / 100);
    near('theta', -slope(worth, 'years', 2e-4) / 365);
    near('rho', slope(worth, 'rate', 1e-3) / 10_000);
  });

  it('of a price that moves in absolute steps and stands below zero take its size', () => {
    const oil = buildScenarios(kernel, parameters, {
      name: 'oil',
      maximumGapDays: 1,
      factors: [{ id: 'WTI', kind: 'price', move: 'absolute' }],
      days: randomHistory('oil', ['WTI'], 300, 11).days,
    });
    const common = {
      underlying: 'WTI',
      quote: 'USDT',
      settlement: 'linear',
      contractSize: 1000,
    } as const;
    const at = market.underlyings.get('A');
    if (at === undefined) throw new Error('no underlying');
    const future = {
      ...common,
      id: 'CL',
      kind: 'future',
      expiry: market.time,
      allowsNegativePrice: true,
    } as const;
    const negative: Market = {
      ...market,
      instruments: new Map([['CL', future]]),
      marks: new Map([['CL', { price: -36.98, source: 'settlement' }]]),
      underlyings: new Map([['WTI', { ...at, group: 'commodity', price: -36.98 }]]),
    };
    const { account } = new UrsModel({ kernel, parameters, scenarios: [oil] }).examine(
      book({ CL: 2 }),
      negative,
    );
    const { positions } = greeksOf(kernel, account.legs);
    expect(positions.map((each) => greekTexts(each, ['delta', 'cashDelta', 'gamma']))).toEqual([
      { delta: '2000.00000000', cashDelta: '73960.00000000', gamma: '0.00000000' },
    ]);
  });
});

type Move = Partial<Record<'spot' | 'vol' | 'years' | 'rate', number>>;

/** Worth of one contract after a move, from its pricing formula alone. A forward moves as far, relatively, as its underlying. */
function worthMoved({ risk }: Leg, { spot = 0, vol = 0, years = 0, rate = 0 }: Move): number {
  const { valuation, underlying } = risk;
  if (!valuation || !underlying) throw new Error('not priced');
  const x = spot / underlying.price;
  switch (valuation.kind) {
    case 'linear':
      return valuation.size * valuation.price * (1 + x);
    case 'inverse': {
      // Profit in coin, size (1/S0 - 1/S), at the new price.
      const before = underlying.price;
      const after = before + spot;
      return valuation.size * (1 / before - 1 / after) * after;
    }
    case 'option':
    case 'piecewise': {
      const terms = valuation.kind === 'option' ? valuation.terms : valuation;
      const now = terms.years > 0 ? -kernel.log(terms.discount) / terms.years : 0;
      const moved = {
        forward: terms.forward * (1 + x),
        vol: terms.vol + vol,
        years: terms.years + years,
        discount: kernel.exp(-(now + rate) * (terms.years + years)),
      };
      return valuation.kind === 'option'
        ? worthOf(kernel, { ...valuation, terms: { ...valuation.terms, ...moved } })
        : worthOf(kernel, { ...valuation, ...moved });
    }
  }
}

function slope(worth: (move: Move) => number, key: keyof Move, h: number): number {
  const across = (step: number): number => worth({ [key]: step }) - worth({ [key]: -step });
  return (8 * across(h) - across(2 * h)) / (12 * h);
}

function curvature(worth: (move: Move) => number, h: number): number {
  const both = (step: number): number => worth({ spot: step }) + worth({ spot: -step });
  return (16 * both(h) - both(2 * h) - 30 * worth({})) / (12 * h * h);
}
