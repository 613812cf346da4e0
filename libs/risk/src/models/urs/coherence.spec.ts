import { describe, expect, it } from '@jest/globals';
import { currentKernel } from '../../adapters/kernel-files.js';
import { shippedUrsParameters } from '../../adapters/parameter-files.js';
import type { Book } from '../../book.js';
import type { RuleTotals } from '../../kernel/rule-tables.js';
import type { Market } from '../../market.js';
import { buildScenarios } from '../../scenarios/scenarios.js';
import { testMarket } from '../../testing/market.js';
import { seeded } from '../../testing/random.js';
import { randomHistory } from '../../testing/random-history.js';
import { UrsModel } from './urs.js';

/** Pairs of books of every property: the seed is fixed, so a failure's number shows the same books again. */
const CASES = 100_000;
const SEED = 20261125;

const kernel = currentKernel();
const parameters = shippedUrsParameters();
const scenarios = buildScenarios(kernel, parameters, randomHistory('short', ['A', 'B'], 182, 3));
const model = new UrsModel({ kernel, parameters, scenarios: [scenarios] });

/** A market in which every rule asks for something. */
const calm = testMarket({
  adv: 20_000,
  underlying: { tier: 'small', openInterest: 3e7, crowding: 0.3, oracleConfidence: 0.5 },
  market: { pegs: new Map([['USDC', 0.98]]) },
});
const perpetual = { price: 100.1, source: 'settlement', funding: 0.0003 };
const market: Market = { ...calm, marks: new Map([...calm.marks, ['A-PERP', perpetual]]) };

/** Quantities in quarters: of every instrument in order, the last one of collateral. Sums of them are exact. */
type Vector = readonly number[];
const IDS = [...market.instruments.keys()];
const SIZE = IDS.length + 1;
const plus = (a: Vector, b: Vector): Vector => a.map((each, i) => each + (b[i] ?? 0));
const times = (c: number, a: Vector): Vector => a.map((each) => c * each);
const single = (a: Vector, at: number): Vector => a.map((each, i) => (i === at ? each : 0));

function bookOf(vector: Vector, isTurned = false): Book {
  const of = (each: number) => ({ quantity: 25n * BigInt(each), quantityScale: 2 });
  const positions = IDS.flatMap((instrument, i) => {
    const quantity = vector[i] ?? 0;
    return quantity === 0 ? [] : [{ instrument, ...of(quantity), settledPrice: 90 + i }];
  });
  return {
    account: 'x',
    positions: isTurned ? positions.toReversed() : positions,
    collateral: [{ asset: 'A', ...of(vector[IDS.length] ?? 0) }],
  };
}

const margins = (vector: Vector): RuleTotals => model.margins(bookOf(vector), market);
const draw = seeded(SEED);
const vector = (): Vector =>
  Array.from({ length: SIZE }, () => (draw.uniform() < 0.65 ? 0 : draw.whole(-64, 65)));

/** What float sums may differ by: parts in 10^15 of what the books hold, far below the minor unit that margin is rounded up to. */
const noise = (...vectors: readonly Vector[]): number =>
  vectors.flat().reduce((sum, each) => sum + Math.abs(each) * 100, 100) * 1e-13;

/** How each declared rule is read off an assessment; `open-orders` has a test of its own. */
const RULES: Readonly<Record<string, (totals: RuleTotals) => number>> = {
  core: ({ core }) => core,
  'tail-grid': ({ core, grid }) => Math.max(core, grid),
  floor: ({ risk }) => risk,
  'open-interest': ({ openInterest }) => openInterest,
  oracle: ({ oracle }) => oracle,
  peg: ({ peg }) => peg,
  funding: ({ funding }) => funding,
  'unrealised-gains': ({ unrealised }) => unrealised,
  fallback: ({ fallback }) => fallback,
  liquidity: ({ liquidity }) => liquidity,
  crowding: ({ crowding }) => crowding,
  concentration: ({ concentration }) => concentration,
};
const declared = (subadditive: boolean): readonly string[] =>
  parameters.document.rules
    .filter((rule) => rule.subadditive === subadditive && rule.name !== 'open-orders')
    .map(({ name }) => name);

describe('coherence of urs: core, tail grid, floors and the add-ons declared subadditive', () => {
  it(`holds in ${CASES} pairs of books of every kind of instrument, with collateral`, () => {
    const subadditive = declared(true).map((name) => [name, RULES[name]!] as const);
    const isolated = new Map<string, number>();
    const alone = (a: Vector, at: number): number => {
      const key = `${at} ${a[at] ?? 0}`;
      const kept = isolated.get(key);
      if (kept !== undefined) return kept;
      const { risk } = margins(single(a, at));
      isolated.set(key, risk);
      return risk;
    };
    const asked = new Set<string>();
    const failed: string[] = [];
    for (let index = 0; index < CASES && failed.length < 10; index += 1) {
      const [a, b] = [vector(), vector()];
      const [left, right, both] = [margins(a), margins(b), margins(plus(a, b))];
      const slack = noise(a, b);
      for (const [name, of] of subadditive) {
        if (of(left) > 0) asked.add(name);
        if (!(of(both) >= 0)) failed.push(`${index} ${name}: below zero`);
        if (!(of(both) <= of(left) + of(right) + slack)) failed.push(`${index} ${name}: M(a + b)`);
      }
      const apart = a.reduce((sum, each, at) => (each === 0 ? sum : sum + alone(a, at)), 0);
      if (!(left.risk <= apart + slack)) failed.push(`${index}: cross above isolated`);
      // The core alone has 100,000 cases of this in kernel/coherence.spec.ts.
      if (index % 4 !== 0) continue;
      const c = 2 ** (index % 9);
      if (margins(times(c, a)).risk !== c * left.risk) failed.push(`${index}: M(ca)`);
      const turned = model.margins(bookOf(a, true), market);
      if (turned.initialMargin !== left.initialMargin || turned.risk !== left.risk) {
        failed.push(`${index}: order of positions`);
      }
    }
    expect(failed).toEqual([]);
    // No property holds for want of a case: every rule asked for something.
    expect([...asked].sort()).toEqual([...declared(true)].sort());
  });

  it('open orders: two books with all that is open ask no more together than apart', () => {
    const quiet = new UrsModel({
      kernel,
      parameters: parameters.with('test', { 'liquidity.impact': 0 }),
      scenarios: [scenarios],
    });
    const deep = testMarket();
    const asked = (book: Book): bigint =>
      quiet.assess(book, deep, { detail: 'summary' }).initialMargin;
    const withOrders = (): Book => ({ ...bookOf(vector()), orders: bookOf(vector()).positions });
    for (let index = 0; index < 1000; index += 1) {
      const [a, b] = [withOrders(), withOrders()];
      const joined: Book = {
        account: 'x',
        positions: [...a.positions, ...b.positions],
        collateral: [...a.collateral, ...b.collateral],
        orders: [...(a.orders ?? []), ...(b.orders ?? [])],
      };
      expect(asked(joined)).toBeLessThanOrEqual(asked(a) + asked(b));
    }
  });
});

describe('rules that are meant to ask more of two books together', () => {
  it('are those the parameters declare, and do: twice a book asks more than twice', () => {
    const superadditive = declared(false);
    expect([...superadditive].sort()).toEqual(['concentration', 'crowding', 'liquidity']);
    const a = single(Array<number>(SIZE).fill(400), IDS.indexOf('A-PERP'));
    const [once, twice] = [margins(a), margins(times(2, a))];
    for (const name of superadditive) {
      const of = RULES[name]!;
      expect(of(once)).toBeGreaterThan(0);
      expect(of(twice)).toBeGreaterThan(2 * of(once));
    }
  });

  it('every rule of the document is tested one way or the other', () => {
    const names = parameters.document.rules.map(({ name }) => name);
    expect(names.toSorted()).toEqual([...Object.keys(RULES), 'open-orders'].sort());
  });
});
