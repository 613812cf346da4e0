import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { RiskError } from '../risk-error.js';
import { pricingStandIn } from '../testing/pricing-standin.js';
import { vectors } from '../testing/vectors.js';
import {
  nseExposure,
  nseScanRange,
  scanRisk,
  spanArray,
  spanMargin,
  type SpanPosition,
  spanScenarios,
} from './span.js';

const golden = vectors<{
  readonly riskArrays: {
    readonly futureLong1: readonly number[];
    readonly callDec410Long1: readonly number[];
    readonly coveredWrite: readonly number[];
    readonly requirements: Record<'longFuture' | 'longCall' | 'coveredWrite' | 'shortCall', number>;
  };
  readonly cmeSpreads: {
    readonly inter: Record<
      'corn' | 'soybeans' | 'credit' | 'outright' | 'saving' | 'margin',
      number
    > & { readonly ratio: readonly [number, number] };
    readonly intra: readonly {
      readonly legs: readonly [string, string];
      readonly outright: readonly [number, number];
      readonly charge: number;
      readonly margin: number;
    }[];
  };
  readonly nse: {
    readonly brokerVsModel: readonly {
      readonly case: string;
      readonly brokerSpan: number;
      readonly brokerTotal: number;
      readonly modelSpan?: number;
    }[];
  };
}>('span-worked-examples');

const { riskArrays, cmeSpreads } = golden;
const held = (quantity: number, array: ArrayLike<number>, month = 'M'): SpanPosition => ({
  quantity,
  array,
  month,
  delta: 1,
});
const future = (price: number): Float64Array =>
  spanArray(pricingStandIn, { kind: 'future' }, { price, vol: 0, size: 1, lookahead: 0 });

describe('SPAN worked examples', () => {
  const one = held(1, riskArrays.futureLong1);
  const call = (quantity: number): SpanPosition => held(quantity, riskArrays.callDec410Long1);

  it("has the sixteen scenarios in SPAN's order", () => {
    expect(spanScenarios()).toHaveLength(16);
    const rounded = [...future(10_000)].map((x) => Math.round(x / 10) * 10);
    expect(rounded).toEqual(riskArrays.futureLong1);
  });

  it('adds arrays to the covered write of the book', () => {
    const sum = riskArrays.futureLong1.map((x, j) => x - (riskArrays.callDec410Long1[j] ?? 0));
    expect(sum).toEqual(riskArrays.coveredWrite);
  });

  it.each([
    ['longFuture', [one]],
    ['longCall', [call(1)]],
    ['shortCall', [call(-1)]],
    ['coveredWrite', [one, call(-1)]],
  ] as const)('%s', (name, positions) => {
    expect(scanRisk(positions).scan).toBe(riskArrays.requirements[name]);
  });

  it('credits corn against soybeans', () => {
    const { corn, soybeans, ratio, credit, outright, saving, margin } = cmeSpreads.inter;
    const portfolio = new Map([
      ['corn', { positions: [held(ratio[0], future(corn))], priceRisk: corn }],
      ['soybeans', { positions: [held(-ratio[1], future(soybeans))], priceRisk: soybeans }],
    ]);
    const alone = spanMargin(portfolio).total;
    const spread = spanMargin(portfolio, [
      {
        legs: [
          { commodity: 'corn', deltas: ratio[0] },
          { commodity: 'soybeans', deltas: ratio[1] },
        ],
        credit,
      },
    ]).total;
    expect([alone, alone - spread, spread]).toEqual([outright, saving, margin]);
  });

  it.each(cmeSpreads.intra)('charges the calendar spread $legs', (c) => {
    const months = c.legs.map((leg) => leg.split(' ')[1] ?? '') as [string, string];
    const positions = [
      held(1, future(c.outright[0]), months[0]),
      held(-1, future(c.outright[1]), months[1]),
    ];
    const commodity = {
      positions,
      priceRisk: c.outright[0],
      spreads: [{ months, charge: c.charge }],
    };
    expect(spanMargin(new Map([['crude', commodity]])).total).toBe(c.margin);
  });

  it('scans an NSE index future by its floor, long and short', () => {
    const notional = 65 * 24_341.9;
    const scan = spanMargin(
      new Map([
        ['NIFTY', { positions: [held(1, future(notional * nseScanRange(0.005)))], priceRisk: 1 }],
      ]),
    ).total;
    for (const name of ['NIFTY SEP FUT long 65', 'NIFTY SEP FUT short 65']) {
      const row = golden.nse.brokerVsModel.find((each) => each.case === name);
      expect(Math.round(scan)).toBe(row?.modelSpan);
      // The broker's exposure margin is its total less its SPAN.
      const exposure = (row?.brokerTotal ?? 0) - (row?.brokerSpan ?? 0);
      expect(Math.abs(exposure - nseExposure.index * notional)).toBeLessThan(1);
    }
  });

  it("follows the broker's exposure margin of short options: one of equal size for each", () => {
    const exposure = (name: string): number => {
      const row = golden.nse.brokerVsModel.find((each) => each.case.startsWith(name));
      return (row?.brokerTotal ?? 0) - (row?.brokerSpan ?? 0);
    };
    const future = nseExposure.index * 65 * 24_341.9;
    const short = exposure('bull call spread');
    expect(Math.abs(exposure('short straddle') - 2 * short)).toBeLessThan(2);
    expect(Math.abs(exposure('iron butterfly') - 2 * short)).toBeLessThan(2);
    expect(Math.abs(exposure('calendar') - short)).toBeLessThan(2);
    expect(Math.abs(exposure('long future') - future - short)).toBeLessThan(2);
  });

  it('takes six sigmas over two days where they exceed the floor', () => {
    expect(nseScanRange(0.02, 'stock')).toBeCloseTo(0.1697, 4);
    expect(nseScanRange(0.01, 'stock')).toBe(0.142);
    expect(nseScanRange(0.01, 'longDatedIndex')).toBe(0.177);
  });
});

describe('scan', () => {
  const range = { price: 10, vol: 0.04, size: 100, lookahead: 1 / 365 };
  const option = (strike: number, type: 'call' | 'put') =>
    spanArray(
      pricingStandIn,
      { kind: 'option', type, forward: 100, strike, years: 0.1, vol: 0.3, discount: 1 },
      range,
    );
  const arrays = [future(1000), option(90, 'put'), option(100, 'call'), option(130, 'call')];
  const quantities = fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 4, maxLength: 4 });
  const positions = (q: readonly number[]): SpanPosition[] =>
    arrays.map((array, i) => held(q[i] ?? 0, array));

  it('is coherent inside a commodity: netting never raises it, and it scales', () => {
    fc.assert(
      fc.property(quantities, quantities, (a, b) => {
        const both = a.map((x, i) => x + (b[i] ?? 0));
        const [ra, rb, rab] = [a, b, both].map((q) => scanRisk(positions(q)).scan) as [
          number,
          number,
          number,
        ];
        expect(rab).toBeLessThanOrEqual((ra + rb) * (1 + 1e-12) + 1e-9);
        const double = scanRisk(positions(a.map((x) => 2 * x))).scan;
        expect(Math.abs(double - 2 * ra)).toBeLessThanOrEqual(1e-9 * (1 + ra));
        expect(ra).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  it('asks at least the minimum for short options, however far out of the money', () => {
    const far = option(1000, 'call');
    const ask = (quantity: number): number =>
      spanMargin(
        new Map([
          [
            'X',
            {
              positions: [{ ...held(quantity, far), delta: 0, option: true }],
              priceRisk: 1000,
              shortOptionMinimum: 50,
            },
          ],
        ]),
      ).total;
    expect(ask(-3)).toBe(150);
    expect(ask(3)).toBeLessThan(1e-6);
  });

  it('spends each delta once: a month in two spreads pays for what is left', () => {
    const flat = new Float64Array(16);
    const positions = [held(3, flat, 'A'), held(-2, flat, 'B'), held(-5, flat, 'C')];
    const spreads = [
      { months: ['A', 'B'], charge: 10 },
      { months: ['A', 'C'], charge: 100 },
      { months: ['B', 'C'], charge: 1000 },
    ] as const;
    const commodity = { positions, priceRisk: 0, spreads };
    expect(spanMargin(new Map([['X', commodity]])).total).toBe(2 * 10 + 1 * 100);
  });

  it('refuses arrays of two scenario sets, and what is no number', () => {
    expect(() => scanRisk([held(1, [1, 2]), held(1, [1])])).toThrow(RiskError);
    expect(() => scanRisk([held(NaN, [1])])).toThrow(/not-finite: quantity/);
    expect(() => future(0)).toThrow(/out-of-bounds: priceRange/);
  });
});
