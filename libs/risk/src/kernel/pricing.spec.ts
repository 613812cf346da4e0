import { describe, expect, it } from '@jest/globals';
import { currentKernel } from '../adapters/kernel-files.js';
import { type Draw, seeded } from '../testing/random.js';
import {
  plainAmerican,
  plainBlack76,
  plainPayoff,
  plainPiecewise,
} from '../testing/reference/pricing.js';
import { vectors } from '../testing/vectors.js';
import type { OptionColumns, OptionTerms } from './port.js';

const kernel = currentKernel();

const TERMS: OptionTerms = {
  type: 'call',
  style: 'european',
  forward: 63_000,
  strike: 60_000,
  years: 30 / 365,
  vol: 0.62,
  discount: 0.997,
};

/** Terms as they come: an hour to five years, vol 3 % to 300 %, up to four standard deviations from the money. */
function randomTerms(draw: Draw, style: OptionTerms['style'] = 'european'): OptionTerms {
  const forward = 100 * Math.exp(3 * draw.normal());
  const years = Math.exp(-9 + 10.6 * draw.uniform());
  const vol = 0.03 + 2.97 * draw.uniform() ** 2;
  const strike = forward * Math.exp(vol * Math.sqrt(years) * (8 * draw.uniform() - 4));
  const discount = Math.exp(-0.15 * draw.uniform() * years);
  const type = draw.uniform() < 0.5 ? 'call' : 'put';
  return { type, style, forward, strike, years, vol, discount };
}

function each(seed: number, count: number, check: (terms: OptionTerms) => void): void {
  const draw = seeded(seed);
  for (let i = 0; i < count; i += 1) check(randomTerms(draw));
}

/** Quick in the good case: an expectation for every number would cost more than the pricing. */
function expectWithin(got: number, wanted: number, tolerance: number, of: unknown): void {
  if (Math.abs(got - wanted) <= tolerance) return;
  throw new Error(`${got}, not ${wanted}: ${JSON.stringify(of)}`);
}

const european = (terms: OptionTerms): number => kernel.optionPrice(terms);

describe('Black-76', () => {
  it('has the digits of forty-digit arithmetic, up to twelve deviations from the money', () => {
    const { black76 } = vectors<{ black76: number[][] }>('elementary');
    for (const row of black76) {
      const [forward = 0, strike = 0, years = 0, vol = 0, discount = 0, call, price = 0] = row;
      const type = call === 1 ? 'call' : 'put';
      const got = european({ ...TERMS, type, forward, strike, years, vol, discount });
      // Of the price itself, however far out it is; what is left is its own sensitivity to the last bit of the terms.
      const s = vol * Math.sqrt(years);
      const d = Math.abs(Math.log(forward / strike) / s);
      const ulps = 8 + 2 * d * d + (4 * (1 + d)) / Math.min(s, 1);
      expectWithin(got, price, 2 ** -52 * ulps * price, row);
    }
    expect(black76.length).toBeGreaterThanOrEqual(60);
  });

  it('agrees with the reference to 1e-12 of the greater of forward and strike', () => {
    each(1, 20_000, (terms) => {
      const scale = Math.max(terms.forward, terms.strike);
      expectWithin(european(terms), plainBlack76(terms), 1e-12 * scale, terms);
    });
  });

  it('keeps put-call parity and lies between intrinsic value and its limit', () => {
    each(2, 20_000, (terms) => {
      const { forward, strike, discount } = terms;
      const [call, put] = [
        european({ ...terms, type: 'call' }),
        european({ ...terms, type: 'put' }),
      ];
      const scale = Math.max(forward, strike);
      expectWithin(call - put, discount * (forward - strike), 4e-16 * scale, terms);
      const floor = discount * Math.max(forward - strike, 0);
      if (!(call >= floor && call <= discount * forward * (1 + 1e-15))) {
        throw new Error(`out of bounds: ${JSON.stringify(terms)}`);
      }
    });
  });

  it('prices a batch to the same bits as one by one, whatever its length', () => {
    for (const length of [0, 1, 2, 3, 1023, 1024, 1025, 3001]) {
      const draw = seeded(length);
      const all = Array.from({ length }, () => randomTerms(draw));
      const column = (name: keyof OptionColumns & keyof OptionTerms): Float64Array =>
        Float64Array.from(all, (terms) => terms[name]);
      const prices = kernel.black76({
        forward: column('forward'),
        strike: column('strike'),
        years: column('years'),
        vol: column('vol'),
        discount: column('discount'),
        call: Uint8Array.from(all, ({ type }) => (type === 'call' ? 1 : 0)),
      });
      expect([...prices]).toEqual(all.map(european));
    }
  });

  it.each([
    ['no vol, in the money', { vol: 0 }, 0.997 * 3000],
    ['no time', { years: 0 }, 0.997 * 3000],
    ['no vol, out of the money', { vol: 0, type: 'put' }, 0],
    ['no vol, at the money', { vol: 0, strike: 63_000 }, 0],
    ['endless vol', { vol: 1e9 }, 0.997 * 63_000],
    ['deep in the money', { strike: 1e-300 }, 0.997 * 63_000],
    ['deep out of the money', { strike: 1e300 }, 0],
    ['a forward of zero', { forward: 0, type: 'put' }, 0.997 * 60_000],
    ['a forward below zero', { forward: -37, type: 'put' }, 0.997 * 60_037],
    ['a strike below zero', { strike: -10 }, 0.997 * 63_010],
  ] as const)('gives the limit with %s', (_, change, price) => {
    expect(european({ ...TERMS, ...change })).toBeCloseTo(price, 9);
  });

  it('is finite and never negative for any valid terms', () => {
    const edges = [5e-324, 1e-300, 1e-8, 1, 1.0000000000000002, 1e8, 1e150, 1e300];
    for (const forward of [-1, 0, ...edges]) {
      for (const strike of [-1, 0, ...edges]) {
        for (const years of [0, 5e-324, 1e-9, 1, 1e9]) {
          for (const vol of [0, 5e-324, 1e-9, 0.5, 1e9]) {
            for (const style of ['european', 'american'] as const) {
              for (const discount of [1e-6, 1]) {
                const terms = { ...TERMS, style, forward, strike, years, vol, discount };
                const price = kernel.optionPrice(terms);
                if (!(price >= 0 && price < Infinity)) throw new Error(JSON.stringify(terms));
              }
            }
          }
        }
      }
    }
  });

  it.each([
    ['forward', NaN],
    ['strike', Infinity],
    ['years', -1],
    ['vol', -0.1],
    ['discount', 0],
  ] as const)('refuses a %s of %s by name', (field, value) => {
    expect(() => european({ ...TERMS, [field]: value })).toThrow(
      new RegExp(`^value-out-of-bounds: .*${field}`),
    );
  });

  it('refuses columns of unlike lengths', () => {
    const one = new Float64Array(1);
    const columns = { forward: one, strike: one, years: one, vol: one, discount: one };
    expect(() => kernel.black76({ ...columns, call: new Uint8Array(2) })).toThrow(
      /^shape-mismatch: /,
    );
  });
});

describe('the American lower bound', () => {
  it('is the printed formula, never below intrinsic value nor the European price', () => {
    each(3, 10_000, (european76) => {
      const terms = { ...european76, style: 'american' } as const;
      const price = kernel.optionPrice(terms);
      const scale = Math.max(terms.forward, terms.strike);
      const gain = terms.forward - terms.strike;
      const floor = Math.max(european(european76), terms.type === 'call' ? gain : -gain, 0);
      if (!(price >= floor && price <= scale)) throw new Error(JSON.stringify(terms));
      // The printed form raises forwards to great powers; where they overflow or cancel it has no digits to compare.
      const plain = plainAmerican(terms);
      const beta =
        0.5 + Math.sqrt(0.25 - (2 * Math.log(terms.discount)) / (terms.vol ** 2 * terms.years));
      if (beta < 20) expectWithin(price, plain, 1e-11 * scale, terms);
    });
  });

  it('is worth more than the European option where rates are high', () => {
    const terms = { ...TERMS, strike: 50_000, years: 1, vol: 0.3, discount: 0.9 };
    const american = kernel.optionPrice({ ...terms, style: 'american' });
    expect(american).toBeGreaterThan(european(terms) + 100);
  });

  it('is Black-76 where there is no rate', () => {
    const terms = { ...TERMS, discount: 1 };
    expect(kernel.optionPrice({ ...terms, style: 'american' })).toBe(european(terms));
  });
});

describe('implied volatility', () => {
  it('gives the price back', () => {
    each(4, 5000, (terms) => {
      const price = european(terms);
      const vol = kernel.impliedVol(terms, price);
      const rounding = 1e-13 * price + 4e-16 * Math.min(terms.forward, terms.strike);
      expectWithin(european({ ...terms, vol }), price, rounding, terms);
      // And the volatility, where the price is time value enough to tell.
      const intrinsic = european({ ...terms, vol: 0 });
      if (price - intrinsic > 1e-6 * price) expectWithin(vol, terms.vol, 1e-8 * terms.vol, terms);
    });
  });

  it('finds the volatility of the far wings', () => {
    const vol = kernel.impliedVol({ ...TERMS, strike: 300_000 }, 1e-12);
    expectWithin(european({ ...TERMS, strike: 300_000, vol }), 1e-12, 1e-24, vol);
  });

  it.each([
    ['below the intrinsic value', {}, 0.997 * 3000 - 1],
    ['as dear as the forward', {}, 0.997 * 63_000],
    ['above nothing where no time is left', { years: 0 }, 0.997 * 3000 + 1],
    ['a negative price', { type: 'put' }, -1],
    ['no price', {}, NaN],
  ] as const)('has none for %s', (_, change, price) => {
    expect(kernel.impliedVol({ ...TERMS, ...change }, price)).toBeNaN();
  });

  it('is zero at the intrinsic value itself', () => {
    expect(kernel.impliedVol({ ...TERMS, type: 'put' }, 0)).toBe(0);
  });
});

describe('piecewise-linear payoffs', () => {
  const knots = [
    [40_000, 10],
    [60_000, -25],
    [65_000, 300],
    [90_000, 120],
  ] as const;

  /** Change of value when the forward moves, which is all an array tells. */
  function change(forward: number, to: number, years: number, vol: number): number {
    const set = kernel.scenarioSet([Float64Array.of(to - forward)], Float64Array.of(1));
    const array = kernel.array(set, {
      kind: 'piecewise',
      size: 1,
      knots,
      forward,
      years,
      vol,
      discount: 0.98,
      horizon: 0,
      factor: 0,
      move: 'absolute',
    });
    const [value = NaN] = array.values();
    array.release();
    set.release();
    return value;
  }

  it('agrees with the expectation taken segment by segment', () => {
    const draw = seeded(5);
    for (let i = 0; i < 3000; i += 1) {
      const [from, to] = [30_000 + 90_000 * draw.uniform(), 30_000 + 90_000 * draw.uniform()];
      const [years, vol] = [2 * draw.uniform() ** 3, 0.03 + 2 * draw.uniform()];
      const at = (forward: number): number =>
        plainPiecewise({ knots, forward, years, vol, discount: 0.98, move: 'absolute' });
      expectWithin(change(from, to, years, vol), at(to) - at(from), 3e-10, [from, to, years, vol]);
    }
  });

  it('is the payoff itself at expiry, and constant outside the knots, as the ledger settles it', () => {
    const places = [-5, 0, 1, 39_999, 40_000, 50_000, 60_000, 64_000, 65_000, 80_000, 90_000, 1e6];
    for (const to of places) {
      const expected = 0.98 * (plainPayoff(knots, to) - plainPayoff(knots, 50_000));
      expectWithin(change(50_000, to, 0, 0.5), expected, 1e-12, to);
    }
    expect(plainPayoff(knots, 1)).toBe(10);
    expect(plainPayoff(knots, 62_500)).toBe(137.5);
    expect(plainPayoff(knots, 1e9)).toBe(120);
  });
});
