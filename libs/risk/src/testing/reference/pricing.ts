import type { OptionTerms, Valuation } from '../../kernel/port.js';
import type { PlainPricing } from './arrays.js';
import { plainElementary } from './elementary.js';

const { normalCdf } = plainElementary;

type Piecewise = Parameters<PlainPricing['piecewise']>[0];

const intrinsic = ({ type, forward, strike }: OptionTerms): number =>
  Math.max(type === 'call' ? forward - strike : strike - forward, 0);

const cannotMove = ({ forward, strike, years, vol }: OptionTerms): boolean =>
  !(vol * Math.sqrt(years) > 0 && forward > 0 && strike > 0);

/** Black (1976) as it is printed: discount (F N(d1) - K N(d2)). */
export function plainBlack76(terms: OptionTerms): number {
  const { type, forward, strike, years, vol, discount } = terms;
  if (cannotMove(terms)) return discount * intrinsic(terms);
  const s = vol * Math.sqrt(years);
  const d1 = Math.log(forward / strike) / s + s / 2;
  const sign = type === 'call' ? 1 : -1;
  const value = forward * normalCdf(sign * d1) - strike * normalCdf(sign * (d1 - s));
  return discount * Math.max(sign * value, 0);
}

/** Bjerksund and Stensland (1993) with cost of carry b = 0, as it is printed, not below intrinsic value nor Black-76. */
export function plainAmerican(terms: OptionTerms): number {
  const floor = Math.max(plainBlack76(terms), intrinsic(terms));
  const { type, forward, strike, years, vol, discount } = terms;
  if (cannotMove(terms) || discount >= 1) return floor;
  const r = -Math.log(discount) / years;
  const [s, x] = type === 'call' ? [forward, strike] : [strike, forward];
  return Math.max(floor, flatBoundary(s, x, years, r, vol));
}

function flatBoundary(s: number, x: number, t: number, r: number, vol: number): number {
  const v2 = vol * vol;
  const beta = 0.5 + Math.sqrt(0.25 + (2 * r) / v2);
  const perpetual = (beta / (beta - 1)) * x;
  const atOnce = x; // max(X, r X / (r - b))
  const h = (-2 * vol * Math.sqrt(t) * atOnce) / (perpetual - atOnce);
  const trigger = atOnce + (perpetual - atOnce) * (1 - Math.exp(h));
  if (s >= trigger) return s - x;
  const alpha = (trigger - x) * trigger ** -beta;
  const phi = (gamma: number, top: number): number => {
    const lambda = (-r + 0.5 * gamma * (gamma - 1) * v2) * t;
    const sd = vol * Math.sqrt(t);
    const d = -(Math.log(s / top) + (gamma - 0.5) * v2 * t) / sd;
    const kappa = 2 * gamma - 1;
    const back = (trigger / s) ** kappa * normalCdf(d - (2 * Math.log(trigger / s)) / sd);
    return Math.exp(lambda) * s ** gamma * (normalCdf(d) - back);
  };
  return (
    alpha * s ** beta -
    alpha * phi(beta, trigger) +
    phi(1, trigger) -
    phi(1, x) -
    x * phi(0, trigger) +
    x * phi(0, x)
  );
}

/** The value a payoff's knots give at a price: linear between them, constant outside. */
export function plainPayoff(
  knots: Extract<Valuation, { kind: 'piecewise' }>['knots'],
  x: number,
): number {
  const above = knots.findIndex(([underlying]) => underlying >= x);
  const [toX, toY] = knots.at(above) ?? [0, 0];
  if (above <= 0) return toY;
  const [fromX, fromY] = knots[above - 1] ?? [0, 0];
  return fromY + ((toY - fromY) * (x - fromX)) / (toX - fromX);
}

/** Expectation of the payoff under the lognormal law, segment by segment: no option in it. */
export function plainPiecewise({ knots, forward, years, vol, discount }: Piecewise): number {
  const s = vol * Math.sqrt(years);
  if (!(s > 0 && forward > 0)) return discount * plainPayoff(knots, forward);
  // P(F_T <= x), and E[F_T; F_T <= x] / F.
  const below = (x: number, shift: number): number =>
    x <= 0 ? 0 : normalCdf((Math.log(x / forward) + shift) / s);
  const mass = (x: number): number => below(x, (s * s) / 2);
  const mean = (x: number): number => forward * below(x, (-s * s) / 2);
  const [firstX, firstY] = knots[0] ?? [0, 0];
  const [lastX, lastY] = knots.at(-1) ?? [0, 0];
  let value = firstY * mass(firstX) + lastY * (1 - mass(lastX));
  knots.slice(1).forEach(([toX, toY], i) => {
    const [fromX, fromY] = knots[i] ?? [0, 0];
    const slope = (toY - fromY) / (toX - fromX);
    value += (fromY - slope * fromX) * (mass(toX) - mass(fromX));
    value += slope * (mean(toX) - mean(fromX));
  });
  return discount * value;
}

/** Prices for the plain arrays. */
export const plainPricing: PlainPricing = {
  option: (terms) => (terms.style === 'american' ? plainAmerican(terms) : plainBlack76(terms)),
  piecewise: plainPiecewise,
};
