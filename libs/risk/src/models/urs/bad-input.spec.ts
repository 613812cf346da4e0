import { describe, expect, it } from '@jest/globals';
import { currentKernel } from '../../adapters/kernel-files.js';
import { shippedUrsParameters } from '../../adapters/parameter-files.js';
import type { Book } from '../../book.js';
import type { RiskInstrument } from '../../instrument.js';
import type { Market, Underlying } from '../../market.js';
import { buildScenarios } from '../../scenarios/scenarios.js';
import { testMarket } from '../../testing/market.js';
import { randomHistory } from '../../testing/random-history.js';
import { UrsModel } from './urs.js';

const kernel = currentKernel();
const parameters = shippedUrsParameters();
const coins = randomHistory('coins', ['A', 'B'], 200, 7);
const oil = randomHistory('oil', ['WTI'], 200, 11);
const scenarios = [
  buildScenarios(kernel, parameters, {
    ...coins,
    factors: [...coins.factors, { id: 'A-IV', kind: 'iv', move: 'relative' }],
    days: coins.days.map(({ date, values: [a, b] }) => ({
      date,
      values: [a ?? 1, b ?? 1, 0.5 + (a ?? 0) / 1000],
    })),
  }),
  buildScenarios(kernel, parameters, {
    ...oil,
    factors: [{ id: 'WTI', kind: 'price', move: 'absolute' }],
    days: oil.days.map(({ date, values: [level] }, t) => ({
      date,
      values: [t === 199 ? -36.98 : 10 + (level ?? 0) / 10],
    })),
  }),
];
const model = new UrsModel({ kernel, parameters, scenarios });
const base = testMarket();
const deep = testMarket({ adv: 1e18 }).underlyings;
const QUANTITY = 10n ** 8n;

const bookOf = (instrument: string, q = 1n, collateral: Book['collateral'] = []): Book => ({
  account: 'M1-H',
  positions: [{ instrument, quantity: q * QUANTITY, quantityScale: 8 }],
  collateral,
});
/** The test market with one instrument's terms, mark or underlying changed. */
function changed(
  id: string,
  change: { readonly terms?: object; readonly mark?: object; readonly underlying?: object },
): Market {
  const instrument = base.instruments.get(id);
  const terms = { ...instrument, ...change.terms } as RiskInstrument;
  const underlying = {
    ...(base.underlyings.get(terms.underlying) ?? base.underlyings.get('A')),
    ...change.underlying,
  } as Underlying;
  return {
    ...base,
    instruments: new Map([...base.instruments, [id, terms]]),
    marks: new Map([
      ...base.marks,
      [id, { source: 'x', price: 1, ...base.marks.get(id), ...change.mark }],
    ]),
    underlyings: new Map([...base.underlyings, [terms.underlying, underlying]]),
  };
}

type Change = Parameters<typeof changed>[1];
const option = { type: 'call', style: 'european', strike: 100, premium: 'futures-style' } as const;
const knots = (...points: readonly (readonly number[])[]): Change => ({
  terms: { payoff: { form: 'piecewise', knots: points, premium: 'futures-style' } },
});

describe('an instrument, mark or underlying that means nothing is refused by name', () => {
  it.each<[string, string, Change, RegExp]>([
    ['no size', 'A-PERP', { terms: { contractSize: 0 } }, /^out-of-bounds: A-PERP contractSize/],
    ['NaN size', 'A-PERP', { terms: { contractSize: NaN } }, /^not-finite: A-PERP contractSize/],
    ['an inverse option', 'A-CALL', { terms: { settlement: 'inverse' } }, /^instrument-invalid/],
    [
      'an inverse below zero',
      'A-INV',
      { terms: { allowsNegativePrice: true } },
      /^instrument-invalid/,
    ],
    [
      'an inverse of absolute moves',
      'A-INV',
      { terms: { underlying: 'WTI' }, underlying: { price: 20 } },
      /^instrument-invalid: A-INV: it is inverse, and WTI moves in absolute steps/,
    ],
    [
      'below zero of relative moves',
      'A-PERP',
      { terms: { allowsNegativePrice: true } },
      /^instrument-invalid: A-PERP: its price may be below zero/,
    ],
    ['a volatility as underlying', 'A-PERP', { terms: { underlying: 'A-IV' } }, /of kind iv/],
    [
      'a vol factor nobody has',
      'A-CALL',
      { terms: { option: { ...option, volFactor: 'A-VOL' } } },
      /^instrument-invalid: A-CALL: A-VOL is no factor of kind iv in the set coins/,
    ],
    [
      'a basis that is a price',
      'A-FUT',
      { terms: { basisFactor: 'B' } },
      /^instrument-invalid: A-FUT: B is no factor of kind difference/,
    ],
    [
      'a strike of zero',
      'A-CALL',
      { terms: { option: { ...option, strike: 0 } } },
      /^out-of-bounds: A-CALL strike/,
    ],
    ['no expiry', 'A-FUT', { terms: { expiry: NaN } }, /^not-finite: A-FUT expiry/],
    ['one knot', 'A-FLY', knots([90, 0]), /^instrument-invalid: A-FLY: .*two knots/],
    ['knots that fall', 'A-FLY', knots([90, 0], [80, 1]), /^instrument-invalid: A-FLY: knot 1/],
    ['a knot of NaN', 'A-FLY', knots([90, 0], [91, NaN]), /^not-finite: A-FLY knot 1/],
    ['a mark beyond reason', 'A-PERP', { mark: { price: 1e300 } }, /^out-of-bounds: A-PERP mark/],
    ['an infinite mark', 'A-PERP', { mark: { price: Infinity } }, /^not-finite: A-PERP mark/],
    ['an option below zero', 'A-CALL', { mark: { price: -1 } }, /^price-not-positive: A-CALL/],
    ['a vol below zero', 'A-CALL', { mark: { vol: -0.1 } }, /^out-of-bounds: A-CALL vol/],
    ['an infinite vol', 'A-CALL', { mark: { vol: Infinity } }, /^not-finite: A-CALL vol/],
    ['a discount of zero', 'A-CALL', { mark: { discount: 0 } }, /^out-of-bounds: A-CALL discount/],
    [
      'a forward below zero',
      'A-CALL',
      { mark: { forward: -1 } },
      /^price-not-positive: A-CALL forward|^price-not-positive: A-CALL/,
    ],
    ['NaN funding', 'A-PERP', { mark: { funding: NaN } }, /^not-finite: A-PERP funding/],
    ['a spread of two', 'A-PERP', { underlying: { spread: 2 } }, /^out-of-bounds: A spread/],
    ['no volume', 'A-PERP', { underlying: { adv: 0 } }, /^out-of-bounds: A adv/],
    ['a price of zero', 'A-PERP', { underlying: { price: 0 } }, /^price-not-positive: A/],
    ['a quote nobody prices', 'A-PERP', { terms: { quote: 'XYZ' } }, /^asset-unknown: XYZ/],
  ])('%s', (_what, id, change, pattern) => {
    expect(() => model.assess(bookOf(id), changed(id, change))).toThrow(pattern);
  });

  it.each<[string, Partial<Market>, RegExp]>([
    ['a peg of NaN', { pegs: new Map([['USDC', NaN]]) }, /^not-finite: USDC peg/],
    [
      'a scale that is none',
      { numeraire: { asset: 'USDT', scale: 2.5 } },
      /^out-of-bounds: numeraire/,
    ],
    ['no time', { time: NaN }, /^not-finite: time/],
    ['a negative close-out', { liquidationDays: -1 }, /^out-of-bounds: liquidationDays/],
  ])('a market with %s', (_what, change, pattern) => {
    expect(() => model.assess(bookOf('A-PERP'), { ...base, ...change })).toThrow(pattern);
  });

  it('an inverse contract settled at no price', () => {
    const [position] = bookOf('A-INV').positions;
    const book = { ...bookOf('A-INV'), positions: [{ ...position!, settledPrice: 0 }] };
    expect(() => model.assess(book, base)).toThrow(/^price-not-positive: A-INV settledPrice/);
  });
});

describe('a huge quantity', () => {
  it('is margined while it means something, and refused beyond', () => {
    const one = model.assess(bookOf('A-PERP'), { ...base, underlyings: deep });
    const many = model.assess(bookOf('A-PERP', 10n ** 15n), { ...base, underlyings: deep });
    const core = ({ explanation }: typeof one): bigint =>
      explanation.initialMargin.parts?.find(({ name }) => name === 'core')?.amount ?? 0n;
    expect(core(many) / 10n ** 15n - core(one)).toBeLessThan(2n);
    for (const sign of [1n, -1n]) {
      const huge = bookOf('A-PERP', sign * 10n ** 25n);
      expect(() => model.assess(huge, base)).toThrow(/^out-of-bounds: A-PERP quantity/);
      const beyond = bookOf('A-PERP', sign * 10n ** 400n);
      expect(() => model.assess(beyond, base)).toThrow(/^out-of-bounds: A-PERP/);
    }
  });
});

describe('collateral that cannot be trusted', () => {
  const holding = (asset: string, q: bigint) => [
    { asset, quantity: q * QUANTITY, quantityScale: 8 },
  ];
  const withAsset = (change: object): Market => ({
    ...base,
    assets: new Map([...base.assets, ['A', { ...base.assets.get('A')!, ...change }]]),
  });

  it.each([
    ['stale', { stale: true }, 'mark-stale'],
    ['moved by a factor nobody has', { factor: 'Z' }, 'factor-unmapped'],
  ])('%s: counts for nothing, double where owed, and is named', (_what, change, code) => {
    const market = withAsset(change);
    const held = model.assess(bookOf('A-PERP', 0n, holding('A', 5n)), market);
    expect(held.equity).toBe(0n);
    expect(held.fallbacks).toMatchObject([{ code, field: 'A' }]);
    expect(model.assess(bookOf('A-PERP', 0n, holding('A', -5n)), market).equity).toBe(
      -1000n * QUANTITY,
    );
  });

  it('a stale quote currency takes all confidence from what is quoted in it', () => {
    const market = {
      ...changed('A-PERP', { terms: { quote: 'CASHLIKE' } }),
      assets: new Map([
        ...base.assets,
        ['CASHLIKE', { price: 1, source: 'x', haircut: 0, stale: true }],
      ]),
    };
    const { fallbacks, explanation } = model.assess(bookOf('A-PERP'), market);
    expect(fallbacks).toMatchObject([{ code: 'mark-stale', field: 'A-PERP' }]);
    const oracle = explanation.initialMargin.parts?.find(({ name }) => name === 'oracle');
    expect(oracle?.amount).toBe(10_010_000_000n);
  });
});

describe('a price below zero where one can be: WTI, 20 April 2020', () => {
  const terms = { underlying: 'WTI', allowsNegativePrice: true, contractSize: 1000 };
  const at = (price: number): Market =>
    changed('A-FUT', { terms, mark: { price }, underlying: { price, group: 'commodity' } });

  it.each([-36.98, 0, 18.27])('margins long and short at %d by absolute moves', (price) => {
    const [long, short] = [1n, -1n].map((q) => model.assess(bookOf('A-FUT', q), at(price)));
    // Moves are in dollars a barrel: the core does not ask whether the price is 50, 0 or below.
    for (const each of [long, short]) {
      expect(each?.fallbacks).toEqual([]);
      expect(Number(each?.initialMargin) / 1e8).toBeGreaterThan(500);
    }
    const core = (each: typeof long) => each?.explanation.initialMargin.parts?.[0]?.amount;
    expect(core(long)).toBe(core(model.assess(bookOf('A-FUT', 1n), at(50))));
  });

  it('settles a loss through zero', () => {
    const [position] = bookOf('A-FUT').positions;
    const book = { ...bookOf('A-FUT'), positions: [{ ...position!, settledPrice: 18.27 }] };
    expect(model.assess(book, at(-36.98)).equity).toBe(-55_250n * QUANTITY);
  });
});
