import type { OptionTerms, RawGreeks, RiskKernel, Valuation } from '../kernel/port.js';
import { slopeChanges } from '../models/urs/payoff.js';

/** Per contract, numeraire: per unit of forward, of volatility (1.00), per year that passes, of rate (1.00). */
export type Raw = Omit<RawGreeks, 'price'>;
/** What has a volatility, and so more than a delta. */
export type Curved = Extract<Valuation, { readonly kind: 'option' | 'piecewise' }>;

/** Greeks of one contract, in raw units. American style: differences of the pricing bound, inside the kernel. */
export function rawGreeks(kernel: RiskKernel, valuation: Curved): Raw {
  return valuation.kind === 'option'
    ? times(kernel.optionGreeks(valuation.terms), valuation.size)
    : payoffGreeks(kernel, valuation);
}

export function forwardOf(valuation: Curved): number {
  return valuation.kind === 'option' ? valuation.terms.forward : valuation.forward;
}

export function volatilityOf(valuation: Curved): number {
  return valuation.kind === 'option' ? valuation.terms.vol : valuation.vol;
}

export function yearsOf(valuation: Curved): number {
  return valuation.kind === 'option' ? valuation.terms.years : valuation.years;
}

/** A payoff's are those of the calls it is made of; the constant it starts from has rho and theta alone. */
function payoffGreeks(
  kernel: RiskKernel,
  { knots, forward, years, vol, discount, size }: Extract<Valuation, { kind: 'piecewise' }>,
): Raw {
  const call: Omit<OptionTerms, 'strike'> = {
    ...{ type: 'call', style: 'european', forward, years, vol, discount },
  };
  const rate = years > 0 && discount !== 1 ? -kernel.log(discount) / years : 0;
  const floor = discount * (knots[0]?.[1] ?? 0);
  let sum: Raw = { delta: 0, gamma: 0, vega: 0, theta: rate * floor, rho: -years * floor };
  for (const { strike, calls } of slopeChanges(knots)) {
    const one = times(kernel.optionGreeks({ ...call, strike }), calls);
    sum = {
      delta: sum.delta + one.delta,
      gamma: sum.gamma + one.gamma,
      vega: sum.vega + one.vega,
      theta: sum.theta + one.theta,
      rho: sum.rho + one.rho,
    };
  }
  return times(sum, size);
}

function times({ delta, gamma, vega, theta, rho }: Raw, by: number): Raw {
  return {
    delta: delta * by,
    gamma: gamma * by,
    vega: vega * by,
    theta: theta * by,
    rho: rho * by,
  };
}
