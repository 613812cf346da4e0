import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { withoutBadPrints } from './bad-print.js';
import { concentrationWeight, issuerWeight } from './concentration.js';
import { pegAddOn, pegScenarios } from './peg.js';
import { haircutInForce } from './speed.js';

const limits = { volumeShare: 0.1, fundShare: 0.2 };
const positive = fc.double({ min: 1e-3, max: 1e12, noNaN: true });

describe('concentration', () => {
  it('lets a pool count up to 10 % of volume or 20 % of the fund, whichever is less', () => {
    const pool = { totalValue: 50, dailyVolume: 1000, defaultFund: 100 };
    expect(concentrationWeight(pool, limits)).toBe(20 / 50);
    expect(concentrationWeight({ ...pool, totalValue: 20 }, limits)).toBe(1);
    expect(concentrationWeight({ ...pool, dailyVolume: 0 }, limits)).toBe(0);
  });

  it('never lets more of an asset count for less in all, nor for more than the start', () => {
    fc.assert(
      fc.property(positive, positive, positive, positive, (a, more, dailyVolume, defaultFund) => {
        const counted = (totalValue: number): number =>
          totalValue * concentrationWeight({ totalValue, dailyVolume, defaultFund }, limits);
        const start = Math.min(0.1 * dailyVolume, 0.2 * defaultFund);
        expect(counted(a + more)).toBeGreaterThanOrEqual(counted(a) * (1 - 1e-15));
        expect(counted(a)).toBeLessThanOrEqual(start * (1 + 1e-15));
      }),
    );
  });
});

describe('wrong-way by issuer', () => {
  it('counts nothing that the member or its group issues', () => {
    const of = (issuer?: string): number =>
      issuerWeight({
        member: 'alpha',
        affiliates: new Set(['alpha-labs']),
        ...(issuer === undefined ? {} : { issuer }),
      });
    expect([of(), of('beta'), of('alpha'), of('alpha-labs')]).toEqual([1, 1, 0, 0]);
  });
});

describe('peg', () => {
  it('charges three times the depth under 0.99', () => {
    const rule = { threshold: 0.99, factor: 3 };
    expect(pegAddOn(1, rule)).toBe(0);
    expect(pegAddOn(0.99, rule)).toBe(0);
    expect(pegAddOn(0.9, rule)).toBeCloseTo(0.27, 12);
    expect(pegAddOn(0.1, rule)).toBe(1);
  });

  it('prices the two falls on record', () => {
    const held = [{ asset: 'USDE', units: 1000, price: 1 }];
    const [first, second] = pegScenarios(held, [0.9, 0.65]);
    expect(first?.loss).toBeCloseTo(100, 9);
    expect(second?.loss).toBeCloseTo(350, 9);
    expect(pegScenarios([{ asset: 'X', units: 5, price: 0.8 }], [0.9])[0]?.loss).toBe(0);
  });
});

describe('speed of a haircut', () => {
  const speed = { risePerHour: 0.25, fallPerDay: 0.1 };
  const start = { haircut: 0.2, hour: 100 };

  it('rises by a quarter an hour and falls by less than a tenth a day', () => {
    expect(haircutInForce(start, 0.9, 101, speed)).toEqual({ haircut: 0.25, hour: 101 });
    expect(haircutInForce(start, 0.22, 101, speed).haircut).toBe(0.22);
    const day = haircutInForce(start, 0.01, 124, speed).haircut;
    expect(day).toBeGreaterThan(0.18);
    expect(day).toBeLessThan(0.182);
    expect(haircutInForce(start, 0.9, 100, speed)).toEqual(start);
    expect(haircutInForce(start, 0.9, 99, speed)).toEqual(start);
  });

  it('obeys a named override, and lets an asset without haircut get its first', () => {
    expect(haircutInForce(start, 0.9, 100, speed, true).haircut).toBe(0.9);
    expect(haircutInForce({ haircut: 0, hour: 100 }, 0.3, 100, speed).haircut).toBe(0.3);
  });

  it('does not depend on how often it is asked, and reaches the target', () => {
    const share = fc.double({ min: 0.001, max: 1, noNaN: true });
    fc.assert(
      fc.property(share, share, fc.array(fc.nat(9), { maxLength: 20 }), (from, target, steps) => {
        const first = { haircut: from, hour: 0 };
        const last = steps.reduce((sum, step) => sum + step, 0);
        let walked = first;
        let hour = 0;
        for (const step of steps) walked = haircutInForce(walked, target, (hour += step), speed);
        expect(walked).toEqual(haircutInForce(first, target, last, speed));
        expect(haircutInForce(first, target, 5000, speed).haircut).toBe(target);
      }),
    );
  });
});

describe('bad prints', () => {
  const rule = { spike: 0.25, agreement: 0.05 };

  it('takes out a spike that is gone at once and leaves a fall that stays', () => {
    expect(withoutBadPrints([1, 0.2, 1, 1], rule)).toEqual({ prices: [1, 1, 1], rejected: [1] });
    expect(withoutBadPrints([1, 3.99, 1.01], rule).rejected).toEqual([1]);
    expect(withoutBadPrints([1, 0.7, 0.4, 0.2, 0.1], rule).rejected).toEqual([]);
    expect(withoutBadPrints([1, 0.6, 0.8, 0.7], rule).rejected).toEqual([]);
  });

  it('takes out what is no price', () => {
    expect(withoutBadPrints([1, Number.NaN, 0, -1, 1], rule).rejected).toEqual([1, 2, 3]);
  });
});
