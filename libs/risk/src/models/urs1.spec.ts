import { describe, expect, it } from '@jest/globals';
import type { BacktestBook } from '../backtest/model.js';
import { boundsOf } from '../backtest/model.js';
import { pricingStandIn } from '../testing/pricing-standin.js';
import { vectors } from '../testing/vectors.js';
import { BookLosses } from './book-losses.js';
import { FilterHistory, filterLosses } from './filter.js';
import { greatest, shortfallOf } from './tail.js';
import { urs1Core, urs1Defaults, urs1Families } from './urs1.js';

type Leg = readonly ['lin', number, number] | readonly ['opt', number, number, number, 0 | 1];
interface Regime {
  readonly regime: string;
  readonly lastReturns: readonly (readonly number[])[];
  readonly lastDlnIV: readonly number[];
  readonly sigmaForecast: Record<'0.94' | '0.97', readonly number[]>;
  readonly longRunVol: readonly number[];
  readonly cases: readonly {
    readonly book: string;
    readonly legs: readonly Leg[];
    readonly rawWorst5: readonly number[];
    readonly ES2pct_each_filter: Record<
      'factor94' | 'factor97' | 'portfolio94' | 'portfolio97',
      number
    >;
    readonly E_union: number;
    readonly E_longrun: number;
    readonly M_buffer: number;
    readonly M_core: number;
  }[];
}
const golden = vectors<{
  readonly W: number;
  readonly IV0: number;
  readonly returns: readonly (readonly number[])[];
  readonly dlnIV: readonly number[];
  readonly regimes: readonly Regime[];
}>('urs1-core-golden');

const parameters = { ...urs1Defaults, window: golden.W };
const factors = (['relative', 'relative', 'relative', 'logVol'] as const).map((kind, i) => ({
  name: `f${i}`,
  kind,
  bounds: boundsOf(kind),
}));

function bookOf(name: string, legs: readonly Leg[]): BacktestBook {
  const weights = new Float64Array(factors.length);
  for (const leg of legs) if (leg[0] === 'lin') weights[leg[1]] = leg[2];
  const options = legs.flatMap((leg) =>
    leg[0] === 'opt'
      ? [
          {
            type: leg[4] === 1 ? ('call' as const) : ('put' as const),
            factor: leg[1],
            volFactor: 3,
            strike: leg[3],
            years: 30 / 365,
            quantity: leg[2],
          },
        ]
      : [],
  );
  return { name, weights, options };
}

const replaced = <T>(rows: readonly T[], last: readonly T[]): readonly T[] => [
  ...rows.slice(0, rows.length - last.length),
  ...last,
];

function historyOf(regime: Regime): FilterHistory {
  const history = new FilterHistory(factors, parameters.lambdas, parameters);
  const vols = replaced(golden.dlnIV, regime.lastDlnIV);
  replaced(golden.returns, regime.lastReturns).forEach((row, t) =>
    history.add([...row, vols[t] ?? NaN]),
  );
  return history;
}

const kernel = pricingStandIn;

/** Equal to 1e-12, relative where the number is above one and absolute below. */
const close = (actual: number, expected: number): void =>
  expect(Math.abs(actual - expected)).toBeLessThanOrEqual(1e-12 * Math.max(1, Math.abs(expected)));

describe.each(golden.regimes)('urs1 against its golden numbers: $regime', (regime) => {
  const history = historyOf(regime);
  const [fast = [], slow = [], longRun = [], raw = []] = urs1Families(parameters).map((family) =>
    history.columns(family),
  );
  const levels = [1, 1, 1, golden.IV0];

  it('forecasts volatility', () => {
    for (const [i, sigma] of regime.sigmaForecast['0.94'].entries())
      close(history.forecast(i, 0.94), sigma);
    for (const [i, sigma] of regime.sigmaForecast['0.97'].entries())
      close(history.forecast(i, 0.97), sigma);
    for (const [i, sigma] of regime.longRunVol.entries()) close(history.longRun(i), sigma);
  });

  it.each(regime.cases)('$book', (c) => {
    const books = new BookLosses({
      kernel,
      books: [bookOf(c.book, c.legs)],
      horizon: 1 / 365,
    });
    const of = (columns: readonly Float64Array[]): Float64Array =>
      books.losses(columns, levels)[0] ?? new Float64Array(0);
    const losses = { fast: of(fast), slow: of(slow), longRun: of(longRun), raw: of(raw) };
    for (const [j, loss] of greatest([losses.raw], 5).entries()) close(-loss, c.rawWorst5[j] ?? 0);
    const each = c.ES2pct_each_filter;
    close(shortfallOf([losses.fast], 0.02), each.factor94);
    close(shortfallOf([losses.slow], 0.02), each.factor97);
    close(shortfallOf([filterLosses(losses.raw, 0.94, parameters)], 0.02), each.portfolio94);
    close(shortfallOf([filterLosses(losses.raw, 0.97, parameters)], 0.02), each.portfolio97);
    const core = urs1Core(losses, parameters);
    close(core.shortfall, c.E_union);
    close(core.longRun, c.E_longrun);
    close(core.buffered, c.M_buffer);
    close(core.margin, c.M_core);
  });
});
