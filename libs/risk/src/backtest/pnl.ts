import type { Pricing } from '../kernel/port.js';
import type { BacktestBook, BacktestDay, BacktestSetup, OptionLeg } from './model.js';

/** The kernel's clip of a shocked volatility. */
const clipVol = (vol: number): number => Math.min(Math.max(vol, 0.03), 3);

/**
 * Losses of the books over one day, fractions of notional; positive is a loss. Volatility levels are those at the day's start,
 * `before`. What a model's scenarios are to be measured against, so it shares their pricing and nothing else.
 */
export function lossesOf(
  { kernel, books, horizon }: BacktestSetup,
  before: BacktestDay,
  day: BacktestDay,
): Float64Array {
  const values = new Map<string, number>();
  const change = (leg: OptionLeg): number => {
    const key = `${leg.type} ${leg.factor} ${leg.volFactor} ${leg.strike} ${leg.years}`;
    let value = values.get(key);
    if (value === undefined)
      values.set(key, (value = optionChange(kernel, leg, before, day, horizon)));
    return value;
  };
  return Float64Array.from(books, (book) => lossOf(book, day.moves, change));
}

function lossOf(
  { weights, options }: BacktestBook,
  moves: Float64Array,
  change: (leg: OptionLeg) => number,
): number {
  let gain = 0;
  for (let i = 0; i < weights.length; i += 1) {
    const weight = weights[i] ?? 0;
    if (weight !== 0) gain += weight * (moves[i] ?? 0);
  }
  for (const leg of options) gain += leg.quantity * change(leg);
  return -gain;
}

function optionChange(
  { optionPrice }: Pricing,
  { type, factor, volFactor, strike, years }: OptionLeg,
  before: BacktestDay,
  day: BacktestDay,
  horizon: number,
): number {
  const terms = { type, style: 'european', strike, discount: 1 } as const;
  const vol = before.levels[volFactor] ?? Number.NaN;
  const volAfter = clipVol(day.levels[volFactor] ?? Number.NaN);
  const forward = 1 + (day.moves[factor] ?? Number.NaN);
  const after = optionPrice({
    ...terms,
    forward,
    years: Math.max(years - horizon, 0),
    vol: volAfter,
  });
  return after - optionPrice({ ...terms, forward: 1, years, vol });
}
