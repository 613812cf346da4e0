import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Elementary } from '../kernel/port.js';
import { type HealthInput, healthOf, healthScore } from './health.js';
import { lossExceededWith, lossTail, probabilityAbove } from './tail.js';

/** The engine's own functions in place of the kernel's: these tests are about the rules, not about the last bit. */
const kernel = { exp: Math.exp, log: Math.log } as unknown as Elementary;
const tailRule = { tail: 0.05, maximumShape: 0.5 };
const rule = { pointsPerDecade: 25, ruinTargets: [1e-3, 1e-4] };

function equalWeights(n: number): number[] {
  return Array.from({ length: n }, () => 1 / n);
}

/** n losses at the mid-points of a generalised Pareto law: shape xi, scale beta. */
function paretoLosses(n: number, shape: number, scale: number): number[] {
  return Array.from({ length: n }, (_, i) => {
    const survival = (i + 0.5) / n;
    return shape === 0
      ? -scale * Math.log(survival)
      : (scale * (Math.pow(survival, -shape) - 1)) / shape;
  });
}

const input: HealthInput = {
  equity: 90_00n,
  equityBeforeHaircuts: 100_00n,
  initialMargin: 50_00n,
  maintenanceMargin: 40_00n,
  scale: 2,
};

describe('tail of losses', () => {
  it.each([
    [0, 1],
    [0.2, 3],
    [0.35, 0.01],
  ])('finds shape %d and scale %d again', (shape, scale) => {
    const losses = paretoLosses(100_000, shape, scale);
    const tail = lossTail(losses, equalWeights(losses.length), tailRule);
    // Over its threshold a generalised Pareto law keeps its shape; its scale grows by shape x threshold.
    expect(tail.shape).toBeCloseTo(shape, 2);
    expect(tail.scale / (scale + shape * tail.threshold)).toBeCloseTo(1, 2);
    expect(tail.mass).toBeCloseTo(0.05, 4);
    const far = 1e-8;
    const exact = shape === 0 ? -scale * Math.log(far) : (scale * (far ** -shape - 1)) / shape;
    expect(lossExceededWith(kernel, tail, far) / exact).toBeCloseTo(1, 1);
  });

  it('counts inside the sample', () => {
    const losses = [5, -1, 3, 3, 0];
    const tail = lossTail(losses, [0.1, 0.3, 0.2, 0.1, 0.3], { ...tailRule, tail: 0.15 });
    expect(tail.losses).toEqual([5, 3, 0, -1]);
    expect(probabilityAbove(kernel, tail, 3)).toBe(0.1);
    expect(probabilityAbove(kernel, tail, 2.9)).toBeCloseTo(0.4, 12);
    expect(probabilityAbove(kernel, tail, -2)).toBe(1);
    expect(probabilityAbove(kernel, tail, 5)).toBeLessThanOrEqual(0.1);
    expect(probabilityAbove(kernel, tail, 50)).toBeLessThan(1e-6);
    expect(lossExceededWith(kernel, tail, 0.39)).toBe(3);
    expect(lossExceededWith(kernel, tail, 0.45)).toBe(0);
    expect(lossExceededWith(kernel, tail, 0.1)).toBe(3);
  });

  it('names what it cannot use', () => {
    expect(() => lossTail([], [], tailRule)).toThrow(/out-of-bounds: losses/);
    expect(() => lossTail([1, Number.NaN], [0.5, 0.5], tailRule)).toThrow(/losses\[1\]/);
    expect(() => lossTail([1, 2], [1], tailRule)).toThrow(/one weight per loss/);
  });

  const sample = fc
    .array(fc.double({ min: -100, max: 100, noNaN: true }), { minLength: 1, maxLength: 300 })
    .map((losses) => ({ losses, weights: equalWeights(losses.length) }));
  const level = fc.double({ min: -200, max: 2000, noNaN: true });

  it('falls with the level, stays within [0, 1], and its inverse is one', () => {
    const probability = fc.double({ min: 1e-7, max: 0.9, noNaN: true });
    fc.assert(
      fc.property(sample, level, level, probability, ({ losses, weights }, a, b, p) => {
        const tail = lossTail(losses, weights, tailRule);
        const [low, high] = a < b ? [a, b] : [b, a];
        const atLow = probabilityAbove(kernel, tail, low);
        expect(atLow).toBeLessThanOrEqual(1);
        expect(probabilityAbove(kernel, tail, high)).toBeLessThanOrEqual(atLow);
        expect(probabilityAbove(kernel, tail, high)).toBeGreaterThanOrEqual(0);
        expect(tail.shape >= 0 && tail.shape <= 0.5).toBe(true);
        const loss = lossExceededWith(kernel, tail, p);
        expect(probabilityAbove(kernel, tail, loss)).toBeLessThanOrEqual(p * (1 + 1e-9));
      }),
      { numRuns: 1000 },
    );
  });

  it('does not know the unit: losses and level times two, the same probability to the last bit', () => {
    fc.assert(
      fc.property(sample, level, ({ losses, weights }, at) => {
        const once = lossTail(losses, weights, tailRule);
        const twice = lossTail(
          losses.map((loss) => 2 * loss),
          weights,
          tailRule,
        );
        expect(probabilityAbove(kernel, twice, 2 * at)).toBe(probabilityAbove(kernel, once, at));
        expect(lossExceededWith(kernel, twice, 1e-4)).toBe(
          2 * lossExceededWith(kernel, once, 1e-4),
        );
      }),
    );
  });

  it('does not know the order of scenarios', () => {
    fc.assert(
      fc.property(sample, ({ losses, weights }) => {
        expect(lossTail([...losses].reverse(), weights, tailRule)).toEqual(
          lossTail(losses, weights, tailRule),
        );
      }),
    );
  });
});

describe('health', () => {
  const losses = paretoLosses(3000, 0.2, 10);
  const weights = equalWeights(3000);
  const tail = lossTail(losses, weights, tailRule);

  it('worked example', () => {
    const health = healthOf(kernel, tail, input, rule);
    expect(health).toMatchObject({
      ratio: '2.2500',
      cushion: '1.2500',
      utilisation: '0.5555',
      idleCapital: 40_00n,
    });
    // (1 + .2 t)^-5 at equity 100 and at equity less maintenance margin 50, scale 10: 0.0041 and 0.03125.
    expect(Number(health.probabilityOfRuin)).toBeCloseTo(Math.pow(1 + 0.2 * 10, -5), 3);
    expect(Number(health.probabilityOfDistress)).toBeCloseTo(Math.pow(2, -5), 3);
    expect(Number(health.score)).toBeCloseTo(-25 * Math.log10(Math.pow(2, -5)), 0);
    const [one, two] = health.sizes;
    expect(one?.probability).toBe('0.00100000');
    // Three of 3,000 may be above: the fourth loss, 50 ((3000/3.5)^.2 - 1) = 143.0, so 70 % of the book is the largest size.
    expect(Number(one?.multiple)).toBeCloseTo(100 / (50 * (Math.pow(3000 / 3.5, 0.2) - 1)), 4);
    expect(Number(two?.multiple)).toBeLessThan(Number(one?.multiple));
  });

  it('scores a decade of probability with 25 points', () => {
    expect(healthScore(kernel, 0.1, 25)).toBeCloseTo(25, 12);
    expect(healthScore(kernel, 0.01, 25)).toBeCloseTo(50, 12);
    expect(healthScore(kernel, 1e-4, 25)).toBeCloseTo(100, 12);
    expect(healthScore(kernel, 1e-9, 25)).toBe(100);
    expect(healthScore(kernel, 0, 25)).toBe(100);
    expect(healthScore(kernel, 1, 25)).toBeCloseTo(0, 12);
  });

  it('nothing at risk: no ratio, no ruin, full score', () => {
    const none = lossTail([0, 0], [0.5, 0.5], tailRule);
    const free = { ...input, initialMargin: 0n, maintenanceMargin: 0n };
    expect(healthOf(kernel, none, free, rule)).toMatchObject({
      ratio: null,
      cushion: null,
      probabilityOfRuin: '0.00000000',
      probabilityOfDistress: '0.00000000',
      score: '100.0',
      idleCapital: 90_00n,
      utilisation: '0.0000',
      sizes: [{ multiple: null }, { multiple: null }],
    });
    const empty = { ...free, equity: 0n, equityBeforeHaircuts: 0n };
    expect(healthOf(kernel, none, empty, rule)).toMatchObject({
      score: '100.0',
      utilisation: null,
    });
  });

  it('equity gone: ruin is certain, score 0, no size at all', () => {
    const gone = { ...input, equity: -1n, equityBeforeHaircuts: -1n };
    expect(healthOf(kernel, tail, gone, rule)).toMatchObject({
      ratio: '-0.0003',
      probabilityOfRuin: '1.00000000',
      probabilityOfDistress: '1.00000000',
      score: '0.0',
      idleCapital: 0n,
      utilisation: null,
      sizes: [{ multiple: '0.0000' }, { multiple: '0.0000' }],
    });
    const below = healthOf(kernel, tail, { ...input, maintenanceMargin: 90_01n }, rule);
    expect(below).toMatchObject({ ratio: '0.9998', cushion: '-0.0002', score: '0.0' });
  });

  it('a cent of equity more never hurts, a cent of margin more never helps', () => {
    const cents = fc.bigInt({ min: -500_00n, max: 2000_00n });
    const extra = fc.bigInt({ min: 0n, max: 100_00n });
    const number = (text: string | null | undefined): number => Number(text ?? Number.NaN);
    fc.assert(
      fc.property(cents, cents, extra, extra, (equity, margin, more, gap) => {
        const maintenanceMargin = margin < 1n ? 1n : margin;
        const initialMargin = (maintenanceMargin * 5n) / 4n;
        const of = (e: bigint, mm = maintenanceMargin): ReturnType<typeof healthOf> =>
          healthOf(
            kernel,
            tail,
            {
              equity: e,
              equityBeforeHaircuts: e + gap,
              initialMargin,
              maintenanceMargin: mm,
              scale: 2,
            },
            rule,
          );
        const base = of(equity);
        const richer = of(equity + more);
        const asked = of(equity, maintenanceMargin + more);
        expect(number(richer.ratio)).toBeGreaterThanOrEqual(number(base.ratio));
        expect(number(richer.score)).toBeGreaterThanOrEqual(number(base.score));
        expect(number(richer.probabilityOfRuin)).toBeLessThanOrEqual(
          number(base.probabilityOfRuin),
        );
        expect(richer.idleCapital >= base.idleCapital).toBe(true);
        expect(number(richer.sizes[0]?.multiple)).toBeGreaterThanOrEqual(
          number(base.sizes[0]?.multiple),
        );
        expect(number(asked.score)).toBeLessThanOrEqual(number(base.score));
      }),
      { numRuns: 300 },
    );
  });

  it('a book and its equity a thousand times larger have the same health', () => {
    const large = lossTail(
      losses.map((loss) => loss * 1000),
      weights,
      tailRule,
    );
    const times = (amount: bigint): bigint => amount * 1000n;
    const scaled = {
      equity: times(input.equity),
      equityBeforeHaircuts: times(input.equityBeforeHaircuts),
      initialMargin: times(input.initialMargin),
      maintenanceMargin: times(input.maintenanceMargin),
      scale: 2,
    };
    const { idleCapital, ...once } = healthOf(kernel, tail, input, rule);
    expect(healthOf(kernel, large, scaled, rule)).toEqual({
      ...once,
      idleCapital: 1000n * idleCapital,
    });
  });
});
