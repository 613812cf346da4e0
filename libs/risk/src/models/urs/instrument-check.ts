import type { Payoff, RiskInstrument } from '../../instrument.js';
import type { Mark, Market, Underlying } from '../../market.js';
import { finite, RiskError, within } from '../../risk-error.js';
import { powerOfTen } from '../../exact.js';

/** Volatility per square root of a year beyond which a mark is a mistake. */
const GREATEST_VOL = 100;
const GREATEST_DISCOUNT = 10;
/** Prices, sizes and strikes beyond which nothing is meant, and products would leave float64. */
const LARGE = 1e15;

/** What belongs to no instrument. Throws `out-of-bounds` or `not-finite`. */
export function checkMarket(market: Market): void {
  powerOfTen(market.numeraire.scale, 'numeraire scale');
  finite(market.time, 'time');
  for (const [asset, price] of market.pegs) within(price, 0, 10, `${asset} peg`);
  const { liquidationDays } = market;
  if (liquidationDays !== undefined) within(liquidationDays, 0, 365, 'liquidationDays');
}

/** Terms that contradict each other or mean nothing. Throws `instrument-invalid`, `out-of-bounds` or `not-finite`. */
export function checkInstrument(instrument: RiskInstrument): void {
  const { id, contractSize, settlement, allowsNegativePrice } = instrument;
  within(contractSize, Number.MIN_VALUE, LARGE, `${id} contractSize`);
  if ('expiry' in instrument) finite(instrument.expiry, `${id} expiry`);
  if (settlement === 'inverse') {
    const isLinear = instrument.kind !== 'option' && instrument.kind !== 'payoff';
    if (!isLinear)
      throw invalid(id, 'an inverse option or payoff has no pricer', 'quote it linear');
    if (allowsNegativePrice) {
      throw invalid(id, 'one over a price that may be zero is no value', 'settle it linear');
    }
  }
  if (allowsNegativePrice && instrument.basisFactor !== undefined) {
    const reason = 'its basis is a fraction of a price that may be zero';
    throw invalid(id, reason, 'leave the basis factor out');
  }
  if (instrument.kind === 'option') {
    const { strike } = instrument.option;
    within(strike, allowsNegativePrice ? -LARGE : Number.MIN_VALUE, LARGE, `${id} strike`);
  }
  if (instrument.kind === 'payoff') checkPayoff(id, instrument.payoff);
}

function checkPayoff(id: string, payoff: Payoff): void {
  if (payoff.form === 'declared') {
    within(payoff.worstCaseLoss.long, 0, LARGE, `${id} worstCaseLoss long`);
    within(payoff.worstCaseLoss.short, 0, LARGE, `${id} worstCaseLoss short`);
    return;
  }
  if (payoff.form === 'digital') {
    within(payoff.strike, -LARGE, LARGE, `${id} strike`);
    within(payoff.payout, -LARGE, LARGE, `${id} payout`);
    if (payoff.strike !== 0) return;
    throw invalid(id, 'a digital at zero has no width', 'state it as a piecewise payoff');
  }
  const { knots } = payoff;
  if (knots.length < 2) throw invalid(id, 'it has fewer than two knots', 'give at least two');
  knots.forEach(([underlying, value], i) => {
    within(value, -LARGE, LARGE, `${id} knot ${i}`);
    if (within(underlying, -LARGE, LARGE, `${id} knot ${i}`) > (knots[i - 1]?.[0] ?? -Infinity))
      return;
    throw invalid(id, `knot ${i} does not rise`, 'give strictly rising underlyings');
  });
}

/** A mark of an instrument. A volatility that is missing has a fallback and passes; one that is nonsense does not. */
export function checkMark(instrument: RiskInstrument, mark: Mark): void {
  const { id, kind } = instrument;
  const isWorth = kind === 'option' || kind === 'payoff';
  within(mark.price, -LARGE, LARGE, `${id} mark`);
  const isPossible =
    mark.price > 0 || instrument.allowsNegativePrice || (isWorth && mark.price === 0);
  if (!isPossible && kind !== 'payoff') throw notPositive(id, mark.price);
  if (mark.vol !== undefined) within(mark.vol, 0, GREATEST_VOL, `${id} vol`);
  if (mark.discount !== undefined) {
    within(mark.discount, Number.MIN_VALUE, GREATEST_DISCOUNT, `${id} discount`);
  }
  if (mark.funding !== undefined) within(mark.funding, -1, 1, `${id} funding`);
  if (mark.forward === undefined) return;
  within(mark.forward, -LARGE, LARGE, `${id} forward`);
  if (!(mark.forward > 0) && !instrument.allowsNegativePrice) throw notPositive(id, mark.forward);
}

/** An underlying as an instrument needs it. */
export function checkUnderlying(instrument: RiskInstrument, underlying: Underlying): void {
  const id = instrument.underlying;
  within(underlying.price, -LARGE, LARGE, `${id} price`);
  if (!(underlying.price > 0) && !instrument.allowsNegativePrice) {
    throw notPositive(id, underlying.price);
  }
  within(underlying.spread, 0, 1, `${id} spread`);
  within(underlying.adv, Number.MIN_VALUE, 1e18, `${id} adv`);
  within(underlying.openInterest, 0, 1e18, `${id} openInterest`);
  within(underlying.oracleConfidence, 0, 1, `${id} oracleConfidence`);
  within(underlying.crowding, 0, 1, `${id} crowding`);
}

export function invalid(id: string, reason: string, fix: string): RiskError {
  return new RiskError('instrument-invalid', id, reason, fix);
}

export function notPositive(field: string, price: number): RiskError {
  return new RiskError(
    'price-not-positive',
    field,
    `${price} is not above zero, and the instrument allows no such price`,
    'correct the price, or list the instrument as one that may trade below zero',
  );
}
