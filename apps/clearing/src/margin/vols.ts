import type { Mark, RiskInstrument, RiskKernel } from '#risk';
import type { HouseMarket } from './market.js';

const MICROS_PER_YEAR = 365 * 86_400 * 1_000_000;

/**
 * The market with the volatilities its options' own settlement prices imply (Black-76, no discounting: variation margin is paid
 * in cash at every cut). An option whose price implies none has none, and the model's documented worst case is asked.
 */
export function withVols(kernel: RiskKernel, market: HouseMarket): HouseMarket {
  const marks = new Map(market.marks);
  for (const [id, mark] of market.marks) {
    const instrument = market.instruments.get(id);
    const vol = instrument && impliedVol(kernel, instrument, mark, market.time);
    if (vol !== undefined) marks.set(id, { ...mark, vol });
  }
  return { ...market, marks };
}

function impliedVol(
  kernel: RiskKernel,
  instrument: RiskInstrument,
  { forward, price }: Mark,
  now: number,
): number | undefined {
  if (instrument.kind !== 'option' || forward === undefined) return undefined;
  const { type, strike } = instrument.option;
  const years = Math.max((instrument.expiry - now) / MICROS_PER_YEAR, 0);
  const vol = kernel.impliedVol({ type, forward, strike, years, discount: 1 }, price);
  return Number.isFinite(vol) ? vol : undefined;
}
