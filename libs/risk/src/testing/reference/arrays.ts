import type { Valuation } from '../../kernel/port.js';

/** Prices the plain arrays need of somebody: the reference of pricing, or a stand-in. */
export interface PlainPricing {
  readonly option: (terms: Extract<Valuation, { kind: 'option' }>['terms']) => number;
  readonly piecewise: (terms: Omit<Piecewise, 'kind' | 'size' | 'horizon' | 'factor'>) => number;
}

type Piecewise = Extract<Valuation, { kind: 'piecewise' }>;
type Optional = Extract<Valuation, { kind: 'option' | 'piecewise' }>;

/** Change of value per unit in every scenario, straight from the definitions at `Valuation`. */
export function plainArray(
  columns: readonly ArrayLike<number>[],
  valuation: Valuation,
  pricing?: PlainPricing,
): number[] {
  const at = (factor: number, j: number): number => columns[factor]?.[j] ?? Number.NaN;
  const length = columns[valuation.factor]?.length ?? 0;
  return Array.from({ length }, (_, j) => {
    const x = at(valuation.factor, j);
    switch (valuation.kind) {
      case 'inverse':
        return valuation.size * x;
      case 'linear':
        return linear(valuation, x, (factor) => at(factor, j));
      case 'option':
      case 'piecewise': {
        if (pricing === undefined) throw new TypeError('options need somebody who prices them');
        const y = valuation.volFactor === undefined ? undefined : at(valuation.volFactor, j);
        return repriced(valuation, pricing, x, y);
      }
    }
  });
}

function linear(
  { size, price, move, basis }: Extract<Valuation, { kind: 'linear' }>,
  x: number,
  at: (factor: number) => number,
): number {
  const absolute = move === 'absolute';
  if (basis === undefined) return absolute ? size * x : size * price * x;
  const now = 1 + basis.level;
  const base = absolute ? price : 1;
  const scale = absolute ? size : size * price;
  return scale * ((base + x) * (now + at(basis.factor)) - base * now);
}

/** Full repricing a horizon later, at the shocked forward and volatility. */
function repriced(
  valuation: Optional,
  pricing: PlainPricing,
  x: number,
  y: number | undefined,
): number {
  const now = valuation.kind === 'option' ? valuation.terms : valuation;
  const years = Math.max(now.years - valuation.horizon, 0);
  const later = {
    forward: valuation.move === 'absolute' ? now.forward + x : now.forward * (1 + x),
    years,
    vol: y === undefined ? now.vol : Math.min(Math.max(now.vol * Math.exp(y), 0.03), 3),
    // The rate stays, so less time is left to discount over.
    discount: now.years > 0 ? now.discount ** (years / now.years) : now.discount,
  };
  if (valuation.kind === 'option') {
    const { terms, size } = valuation;
    return size * (pricing.option({ ...terms, ...later }) - pricing.option(terms));
  }
  return (
    valuation.size * (pricing.piecewise({ ...valuation, ...later }) - pricing.piecewise(valuation))
  );
}
