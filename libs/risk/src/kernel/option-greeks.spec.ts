import { describe, expect, it } from '@jest/globals';
import { currentKernel } from '../adapters/kernel-files.js';
import { seeded } from '../testing/random.js';
import type { OptionTerms, RawGreeks } from './port.js';

const kernel = currentKernel();

type Moved = 'forward' | 'vol' | 'years' | 'rate';

/** Price with one term moved; the rate stays when the years move. */
function moved(terms: OptionTerms, term: Moved, by: number): number {
  const rate = -kernel.log(terms.discount) / terms.years + (term === 'rate' ? by : 0);
  const at = term === 'rate' ? terms : { ...terms, [term]: terms[term] + by };
  return kernel.optionPrice({ ...at, discount: kernel.exp(-rate * at.years) });
}

/** Central difference of sixth order: truncation far below what rounding leaves. */
function slope(terms: OptionTerms, term: Moved, h: number): number {
  const pair = (k: number): number => moved(terms, term, k * h) - moved(terms, term, -k * h);
  return (45 * pair(1) - 9 * pair(2) + pair(3)) / (60 * h);
}

function curvature(terms: OptionTerms, h: number): number {
  const pair = (k: number): number =>
    moved(terms, 'forward', k * h) + moved(terms, 'forward', -k * h);
  return (
    (270 * pair(1) - 27 * pair(2) + 2 * pair(3) - 490 * moved(terms, 'forward', 0)) / (180 * h * h)
  );
}

/** What the derivatives are measured against: their own size, or where they pass through zero, their terms'. */
function scales({ vol, years, discount }: OptionTerms, greeks: RawGreeks): RawGreeks {
  const decay = Math.abs((greeks.vega * vol) / (2 * years));
  const carry = Math.abs((kernel.log(discount) / years) * greeks.price);
  return {
    price: greeks.price,
    delta: Math.abs(greeks.delta),
    gamma: greeks.gamma,
    vega: greeks.vega,
    theta: decay + carry,
    rho: Math.abs(greeks.rho),
  };
}

const NAMES = ['delta', 'gamma', 'vega', 'theta', 'rho'] as const;

describe('Greeks of one option', () => {
  it('are central differences of the price within 1e-6 relative, on 5,000 options', () => {
    const draw = seeded(7);
    for (let i = 0; i < 5000; i += 1) {
      const forward = 20_000 + 100_000 * draw.uniform();
      const years = (1 + 729 * draw.uniform()) / 365;
      const vol = 0.1 + 1.4 * draw.uniform();
      const s = vol * Math.sqrt(years);
      const terms: OptionTerms = {
        // Out of the money (or nearly), where the price has all its digits for the difference to keep.
        type: i % 2 === 0 ? 'call' : 'put',
        style: 'european',
        forward,
        strike: forward * Math.exp((i % 2 === 0 ? 1 : -1) * s * (2.5 * draw.uniform() - 0.1)),
        years,
        vol,
        discount: Math.exp(-(0.005 + 0.1 * draw.uniform()) * years),
      };
      const greeks = kernel.optionGreeks(terms);
      const scale = scales(terms, greeks);
      const differences = {
        delta: slope(terms, 'forward', 0.02 * s * forward),
        gamma: curvature(terms, 0.02 * s * forward),
        vega: slope(terms, 'vol', 0.02 * vol),
        theta: -slope(terms, 'years', 0.02 * years),
        rho: slope(terms, 'rate', 0.01 / years),
      };
      expect(greeks.price).toBe(kernel.optionPrice(terms));
      for (const name of NAMES) {
        const wrong = Math.abs(greeks[name] - differences[name]) / scale[name];
        if (!(wrong < 1e-6)) throw new Error(`${name} ${wrong}: ${JSON.stringify(terms)}`);
      }
    }
  });

  const terms: OptionTerms = {
    type: 'call',
    style: 'european',
    forward: 63_000,
    strike: 60_000,
    years: 0.5,
    vol: 0.6,
    discount: 0.97,
  };

  it('of call and put differ by those of the forward', () => {
    const call = kernel.optionGreeks(terms);
    const put = kernel.optionGreeks({ ...terms, type: 'put' });
    expect(call.delta - put.delta).toBeCloseTo(0.97, 14);
    expect(put.gamma).toBe(call.gamma);
    expect(put.vega).toBe(call.vega);
    const rate = -Math.log(0.97) / 0.5;
    expect(call.theta - put.theta).toBeCloseTo(rate * 0.97 * 3000, 9);
    expect(call.rho - put.rho).toBeCloseTo(-0.5 * 0.97 * 3000, 9);
  });

  it.each([
    ['no time, in the money', { years: 0 }, 0.97],
    ['no time, out of the money', { years: 0, strike: 70_000 }, 0],
    ['no vol, at the money', { vol: 0, strike: 63_000 }, 0.485],
    ['a put without time', { years: 0, type: 'put', strike: 70_000 }, -0.97],
    ['a forward below zero', { forward: -37 }, 0],
  ] as const)('are the slopes of the payoff with %s', (_, change, delta) => {
    const greeks = kernel.optionGreeks({ ...terms, ...change });
    expect(greeks.delta).toBeCloseTo(delta, 14);
    expect(greeks.gamma).toBe(0);
    for (const name of NAMES) expect(greeks[name]).not.toBeNaN();
  });

  it('of an American option are those of its bound', () => {
    const american = { ...terms, style: 'american', discount: 0.9 } as const;
    const greeks = kernel.optionGreeks(american);
    expect(greeks.price).toBe(kernel.optionPrice(american));
    expect(greeks.delta).toBeGreaterThan(kernel.optionGreeks({ ...terms, discount: 0.9 }).delta);
    const h = 1;
    const up = kernel.optionPrice({ ...american, forward: 63_000 + h });
    const down = kernel.optionPrice({ ...american, forward: 63_000 - h });
    expect(greeks.delta).toBeCloseTo((up - down) / (2 * h), 6);
    const exercised = kernel.optionGreeks({ ...american, strike: 5000 });
    expect(exercised).toMatchObject({ price: 58_000, vega: 0 });
    expect(exercised.delta).toBeCloseTo(1, 12);
  });
});
