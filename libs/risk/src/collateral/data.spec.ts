import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { shippedUrsParameters } from '../adapters/parameter-files.js';
import { describeShared, sharedRoot } from '../testing/shared.js';
import { withoutBadPrints } from './bad-print.js';
import { haircut, type HaircutParameters } from './haircut.js';
import { consensusMark } from './mark.js';
import { pegAddOn } from './peg.js';
import { returnStatistics, simpleReturns } from './returns.js';
import { collateralRules } from './rules.js';

/** Against real prices, where they are at hand. None of them is part of this repository. */
const rules = collateralRules(shippedUrsParameters());
const COINS = 'BTC ETH SOL BNB XRP ADA DOGE LINK LTC BCH DOT MATIC AAVE UNI ATOM ETC FIL'.split(
  ' ',
);
const DAY = 86_400_000;
/** Returns an evening looks back on: four years, so that the test is quick; the rules' long run is ten. */
const WINDOW = 1000;

function rows(folder: string, name: string): readonly (readonly string[])[] {
  const bytes = readFileSync(join(sharedRoot, 'data', folder, `${name}.csv.gz`));
  return gunzipSync(bytes)
    .toString('utf8')
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => line.split(','));
}

const numbers = (table: readonly (readonly string[])[], column: number): number[] =>
  table.map((row) => Number(row[column])).filter((value) => Number.isFinite(value) && value > 0);

/** Close of each day at midnight UTC, of an hourly file. */
function dailyCloses(name: string): number[] {
  const hours = rows('prices', name).filter(([time]) => (Number(time) + DAY / 24) % DAY === 0);
  return numbers(hours, 4);
}

/** Haircuts of an evening: as the rules have it, without the floor of long-run volatility, and with a plain normal quantile. */
const KINDS = {
  full: rules.haircut,
  unstressed: { ...rules.haircut, longRunShare: 0 },
  normal: { ...rules.haircut, longRunShare: 0, maximumSkew: 0, maximumKurtosis: 0 },
} as const;
type Kind = keyof typeof KINDS;

/** Share of days (of every n-th, for speed) on which a holder lost no more than the haircut of the evening before, from the second year on. */
function coverage(prices: readonly number[], every: number): Record<Kind, number> {
  const returns = simpleReturns(prices);
  const deep = { spread: 0, dailyVolume: 1e12, totalValue: 0 };
  const from = rules.haircut.momentHistory + rules.returns.seed;
  let days = 0;
  const covered: Record<Kind, number> = { full: 0, unstressed: 0, normal: 0 };
  for (let t = from; t < returns.length; t += every) {
    days += 1;
    const known = returns.slice(Math.max(0, t - WINDOW), t);
    const statistics = returnStatistics(known, rules.returns);
    for (const [kind, parameters] of Object.entries(KINDS) as [Kind, HaircutParameters][]) {
      const { parts } = haircut(statistics, deep, parameters);
      if (-(returns[t] ?? 0) <= parts.market) covered[kind] += 1;
    }
  }
  return {
    full: covered.full / days,
    unstressed: covered.unstressed / days,
    normal: covered.normal / days,
  };
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

const SETS: readonly (readonly [
  set: string,
  file: readonly string[],
  every: number,
  read: () => readonly number[][],
])[] = [
  [
    '17 coins',
    ['prices', 'binance_usdm_perp_BTCUSDT_1h_202010_202406.csv.gz'],
    1,
    () => COINS.map((coin) => dailyCloses(`binance_usdm_perp_${coin}USDT_1h_202010_202406`)),
  ],
  [
    '7 markets from 2000',
    ['equity_fx_commodity', 'yahoo_NDX100_1d.csv.gz'],
    5,
    () => [
      numbers(since2000('yahoo_SP500_1d_1985_2026_mit'), 4),
      numbers(since2000('yahoo_NDX100_1d'), 4),
      numbers(since2000('yahoo_gold_1d_mit'), 4),
      numbers(since2000('yahoo_silver_fut_SI_1d'), 4),
      numbers(since2000('eia_Brent_spot_1d'), 1),
      numbers(since2000('ecb_eurofxref_1d_1999_2024'), 1),
      numbers(since2000('ecb_eurofxref_1d_1999_2024'), 2),
    ],
  ],
];

function since2000(name: string): readonly (readonly string[])[] {
  return rows('equity_fx_commodity', name).filter(([date = '']) => date >= '2000');
}

for (const [set, [folder = '', file = ''], every, read] of SETS) {
  describeShared(`haircuts of ${set}`, ['data', folder, file], () => {
    it('cover 99.5 % of days on average, which the normal quantile does not', () => {
      const series = read();
      const found = series.map((prices) => coverage(prices, every));
      const of = (kind: Kind): number[] => found.map((each) => each[kind]);
      const [full, unstressed, normal] = [of('full'), of('unstressed'), of('normal')];
      expect(mean(full)).toBeGreaterThan(0.995);
      expect(mean(unstressed)).toBeGreaterThan(0.995);
      expect(Math.min(...full)).toBeGreaterThan(0.994);
      expect(mean(normal)).toBeLessThan(0.995);
    });
  });
}

describeShared(
  'USDe on 10 October 2025',
  ['data', 'prices', 'binance_spot_USDEUSDT_1m_20251009_20251013.csv.gz'],
  () => {
    const SCALE = 1e6;
    const minutes = rows('prices', 'binance_spot_USDEUSDT_1m_20251009_20251013');
    const pool = rows('onchain', 'uniswap_v3_USDe_USDT_pool_by_block_20251010');
    const units = (price: number): bigint => BigInt(Math.round(price * SCALE));

    it('one venue prints 0.65; a median of three never follows it, and names it', () => {
      // The pool's latest price at the end of each minute; a third venue at par stands for the others of that day.
      let next = 0;
      let last = Number.NaN;
      let lowest = Infinity;
      let lowestVenue = Infinity;
      let rejected = 0;
      for (const [time = '', , , low = ''] of minutes) {
        const end = Number(time) / 1000 + 60;
        for (; next < pool.length && Number(pool[next]?.[1]) < end; next += 1)
          last = Number(pool[next]?.[5]);
        if (next === 0 || next >= pool.length) continue;
        const found = consensusMark(
          [
            { venue: 'binance', price: units(Number(low)) },
            { venue: 'uniswap', price: units(last) },
            { venue: 'third', price: units(1) },
          ],
          rules.mark,
        );
        if (found.kind === 'none') throw new Error('three venues quote');
        lowestVenue = Math.min(lowestVenue, Number(low));
        lowest = Math.min(lowest, Number(found.price) / SCALE);
        if (found.rejected.includes('binance')) rejected += 1;
      }
      expect(lowestVenue).toBeLessThanOrEqual(0.66);
      expect(lowest).toBeGreaterThan(0.99);
      expect(rejected).toBeGreaterThan(10);
    });

    it('charges the peg of that venue what its price says, and the median’s nothing', () => {
      expect(pegAddOn(0.65, rules.peg)).toBe(1);
      expect(pegAddOn(0.994, rules.peg)).toBe(0);
    });
  },
);

describeShared(
  'USDC on one venue',
  ['data', 'prices', 'binance_spot_USDCUSDT_1h_stress.csv.gz'],
  () => {
    it('loses its two bad prints and keeps the fall of March 2023', () => {
      const hours = rows('prices', 'binance_spot_USDCUSDT_1h_stress');
      // Lows and highs, for it was prints that were bad, not closes.
      const prints = hours.flatMap(([, open, high, low, close]) =>
        [open, low, high, close].map(Number),
      );
      const { prices, rejected } = withoutBadPrints(prints, rules.badPrint);
      const found = rejected.map((at) => [hours[at >> 2]?.[0], prints[at]]);
      expect(found).toEqual([
        [String(Date.parse('2021-12-04T08:00:00Z')), 0.2],
        [String(Date.parse('2022-05-11T20:00:00Z')), 3.99],
      ]);
      // 0.882 is what others saw near that hour too (0.8726 in a pool, 0.8994 on another venue): a fall, not a bad print.
      expect(Math.min(...prices)).toBe(0.882);
    });
  },
);

describe('collateral rules', () => {
  it('are those of the parameter document', () => {
    expect(rules).toMatchObject({
      haircut: { quantile: 2.576, maximumKurtosis: 8, impact: 1, participation: 0.1, horizon: 1 },
      returns: { decay: 0.97, longRun: 2500 },
      speed: { risePerHour: 0.25, fallPerDay: 0.1 },
      mark: { minimumVenues: 3, maximumDeviation: 300 },
      peg: { threshold: 0.99, factor: 3 },
      pegLevels: [0.9, 0.65],
    });
  });
});
