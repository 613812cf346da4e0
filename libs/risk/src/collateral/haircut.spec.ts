import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { clippedMoments, cornishFisher } from './cornish-fisher.js';
import { haircut, type HaircutParameters, type Liquidity } from './haircut.js';
import { returnStatistics, simpleReturns, type ReturnStatistics } from './returns.js';

const parameters: HaircutParameters = {
  quantile: 2.576,
  longRunShare: 0.8,
  impact: 1,
  participation: 0.1,
  horizon: 1,
  minimum: 0.005,
  momentHistory: 250,
  volatilityHistory: 60,
  maximumSkew: 1,
  maximumKurtosis: 8,
};
const liquidity: Liquidity = { spread: 0.001, dailyVolume: 1e9, totalValue: 1e6 };
const statistics: ReturnStatistics = {
  volatility: 0.03,
  longRun: 0.04,
  moments: { skew: 0.2, kurtosis: 3 },
  observations: 750,
};
const window = { decay: 0.97, seed: 60, moments: 750, longRun: 2500 };

/** Returns of unit variance whose kurtosis is that of a jump of +-j once in `every` days; alternating signs, no skew. */
function jumpy(every: number): number[] {
  const calm = Math.sqrt((1 - 0.5) / (1 - 1 / every));
  const jump = Math.sqrt(0.5 * every);
  return Array.from({ length: 1200 }, (_, t) => {
    const sign = t % 2 === 0 ? 1 : -1;
    const large = t % every === 0;
    const flip = large ? (Math.floor(t / every) % 2 === 0 ? 1 : -1) : sign;
    return 0.02 * flip * (large ? jump : calm);
  });
}

describe('haircut', () => {
  it('worked example: z sigma + s/2 + Y sigma sqrt(V/ADV)', () => {
    // By hand: z_CF = 2.576 + 5.635776*.2/6 + 9.366027*3/24 - (2*17.094... - 12.88)*.04/36
    const z = 2.576;
    const expected =
      z +
      ((z * z - 1) * 0.2) / 6 +
      ((z * z * z - 3 * z) * 3) / 24 -
      ((2 * z * z * z - 5 * z) * 0.04) / 36;
    const result = haircut(statistics, liquidity, parameters);
    expect(result.quantile).toBeCloseTo(expected, 12);
    expect(result.volatility).toBe(0.8 * 0.04);
    const sum = expected * 0.032 + 0.0005 + 0.032 * Math.sqrt(0.001);
    expect(result.haircut).toBeCloseTo(sum, 12);
    expect(result.haircut).toBe(result.parts.market + result.parts.spread + result.parts.impact);
  });

  it('of an asset inside the arrays covers liquidity alone', () => {
    const inside = haircut(statistics, liquidity, parameters, true);
    expect(inside.parts).toEqual({
      ...haircut(statistics, liquidity, parameters).parts,
      market: 0,
    });
    // Beyond what a day can take, the days of selling after the arrays' horizon are charged too.
    const large = haircut(statistics, { ...liquidity, totalValue: 9e8 }, parameters, true);
    expect(large.days).toBe(9);
    expect(large.parts.market).toBeCloseTo(large.quantile * large.volatility * 2, 12);
  });

  it('is what is missing, read against the holder', () => {
    const none = haircut({ ...statistics, observations: 59 }, liquidity, parameters);
    expect(none).toMatchObject({ haircut: 1, cautions: ['no-history'] });
    const unsold = haircut(statistics, { ...liquidity, dailyVolume: 0 }, parameters);
    expect(unsold).toMatchObject({ haircut: 1, cautions: ['no-volume'] });
    const short = haircut({ ...statistics, observations: 249 }, liquidity, parameters);
    expect(short.cautions).toEqual(['short-history']);
    expect(short.quantile).toBe(cornishFisher(2.576, { skew: 1, kurtosis: 8 }));
    expect(haircut(statistics, { ...liquidity, totalValue: 1e13 }, parameters).haircut).toBe(1);
  });

  it('names a number that is none', () => {
    expect(() => returnStatistics([0.01, Number.NaN], window)).toThrow(/returns\[1\]/);
    expect(() => haircut(statistics, { ...liquidity, spread: -1 }, parameters)).toThrow(/spread/);
  });

  it('two assets of one variance: the one with fat tails is cut more', () => {
    // Same variance in the long run; excess kurtosis about 0 against about 27.
    const calm = returnStatistics(jumpy(2), window);
    const fat = returnStatistics(jumpy(120), window);
    expect(fat.longRun).toBeCloseTo(calm.longRun, 3);
    expect(fat.moments.kurtosis).toBeGreaterThan(8);
    const same = { volatility: 0.02, longRun: 0.02 };
    const ofCalm = haircut({ ...calm, ...same }, liquidity, parameters).haircut;
    expect(haircut({ ...fat, ...same }, liquidity, parameters).haircut).toBeGreaterThan(ofCalm);
  });

  const unit = fc.double({ min: 0, max: 1, noNaN: true });
  const moments = fc.record({
    skew: fc.double({ min: -3, max: 3, noNaN: true }),
    kurtosis: fc.double({ min: -2, max: 100, noNaN: true }),
  });
  const asset = fc.record({
    volatility: fc.double({ min: 1e-6, max: 0.3, noNaN: true }),
    longRun: fc.double({ min: 1e-6, max: 0.3, noNaN: true }),
    moments,
    observations: fc.integer({ min: 0, max: 750 }),
  });
  const market = fc.record({
    spread: fc.double({ min: 0, max: 0.5, noNaN: true }),
    dailyVolume: fc.double({ min: 0, max: 1e12, noNaN: true }),
    totalValue: fc.double({ min: 0, max: 1e12, noNaN: true }),
  });

  it('rises with kurtosis, volatility, spread and size and falls with volume; always within [0, 1]', () => {
    fc.assert(
      fc.property(asset, market, fc.boolean(), unit, (of, trading, inArrays, step) => {
        const cut = (change: Partial<ReturnStatistics>, trade: Partial<Liquidity> = {}): number =>
          haircut({ ...of, ...change }, { ...trading, ...trade }, parameters, inArrays).haircut;
        const base = cut({});
        expect(base >= 0 && base <= 1).toBe(true);
        const { skew, kurtosis } = of.moments;
        expect(cut({ moments: { skew, kurtosis: kurtosis + 20 * step } })).toBeGreaterThanOrEqual(
          base,
        );
        expect(cut({ volatility: of.volatility * (1 + step) })).toBeGreaterThanOrEqual(base);
        expect(cut({ longRun: of.longRun * (1 + step) })).toBeGreaterThanOrEqual(base);
        expect(cut({}, { spread: trading.spread + step })).toBeGreaterThanOrEqual(base);
        expect(cut({}, { totalValue: trading.totalValue * (1 + step) })).toBeGreaterThanOrEqual(
          base,
        );
        expect(cut({}, { dailyVolume: trading.dailyVolume * (1 - step) })).toBeGreaterThanOrEqual(
          base,
        );
      }),
      { numRuns: 3000 },
    );
  });

  it('strictly: more kurtosis inside the bounds, or half the depth, is a larger haircut', () => {
    const of = (kurtosis: number): number =>
      haircut({ ...statistics, moments: { skew: 0, kurtosis } }, liquidity, parameters).haircut;
    expect(of(8)).toBeGreaterThan(of(3));
    const half = { ...liquidity, dailyVolume: liquidity.dailyVolume / 2 };
    expect(haircut(statistics, half, parameters).haircut).toBeGreaterThan(
      haircut(statistics, liquidity, parameters).haircut,
    );
  });

  it('Cornish-Fisher inside its bounds is a quantile where losses are the fat side: it rises with z', () => {
    fc.assert(
      fc.property(moments, fc.double({ min: 1.8, max: 3, noNaN: true }), (raw, z) => {
        const clipped = clippedMoments({ ...raw, skew: Math.abs(raw.skew) }, parameters);
        expect(cornishFisher(z + 0.01, clipped)).toBeGreaterThan(cornishFisher(z, clipped));
      }),
    );
  });

  it('standardised moments do not know the unit of returns', () => {
    const returns = simpleReturns([100, 101, 99, 104, 103, 99, 98, 102, 105, 103]);
    const small = { ...window, seed: 3 };
    const once = returnStatistics(returns, small);
    const doubled = returnStatistics(
      returns.map((value) => 2 * value),
      small,
    );
    expect(doubled.moments).toEqual(once.moments);
    expect(doubled.volatility).toBe(2 * once.volatility);
  });
});
