import { forwardOf, rawGreeks, volatilityOf, yearsOf } from '../greeks/raw.js';
import type { RiskKernel, Valuation } from '../kernel/port.js';

/** How one contract's worth answers to the factors' shocks, to second order: numeraire per 1.00 of shock, per squared 1.00. */
export interface Sensitivities {
  readonly first: readonly { readonly factor: number; readonly value: number }[];
  /** Second derivatives, each pair once. */
  readonly second: readonly {
    readonly factor: number;
    readonly other: number;
    readonly value: number;
  }[];
  /** As the scenario horizon passes. */
  readonly theta: number;
}

/**
 * Derivatives of a valuation at shock zero. A volatility's shock is logarithmic (vol x exp(y)), so its first derivative is vega x vol; its
 * curvature and its cross term with the price (volga, vanna) are left out, as delta-gamma-vega has it.
 */
export function sensitivitiesOf(kernel: RiskKernel, valuation: Valuation): Sensitivities {
  switch (valuation.kind) {
    case 'linear':
      return ofLinear(valuation);
    case 'inverse':
      return { first: [{ factor: valuation.factor, value: valuation.size }], second: [], theta: 0 };
    case 'option':
    case 'piecewise': {
      const { factor, volFactor, move, horizon } = valuation;
      const raw = rawGreeks(kernel, valuation);
      const unit = move === 'relative' ? forwardOf(valuation) : 1;
      const vega = raw.vega * volatilityOf(valuation);
      return {
        first: [
          { factor, value: raw.delta * unit },
          ...(volFactor === undefined ? [] : [{ factor: volFactor, value: vega }]),
        ],
        second: [{ factor, other: factor, value: raw.gamma * unit * unit }],
        theta: raw.theta * Math.min(horizon, yearsOf(valuation)),
      };
    }
  }
}

/** With a basis: size x price x ((1 + x)(1 + b + y) - (1 + b)), or size x ((price + x)(1 + b + y) - price (1 + b)). */
function ofLinear({
  size,
  price,
  factor,
  move,
  basis,
}: Extract<Valuation, { kind: 'linear' }>): Sensitivities {
  const unit = move === 'relative' ? size * price : size;
  if (basis === undefined) return { first: [{ factor, value: unit }], second: [], theta: 0 };
  return {
    first: [
      { factor, value: unit * (1 + basis.level) },
      { factor: basis.factor, value: size * price },
    ],
    second: [{ factor, other: basis.factor, value: unit }],
    theta: 0,
  };
}
