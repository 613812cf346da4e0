import type { Quantity } from './book.js';
import { RiskError } from './risk-error.js';

/** Powers of ten that float64 holds exactly: 10^0 to 10^22. Never a power function, whose last bit is the engine's own. */
const POWERS = [
  1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17,
  1e18, 1e19, 1e20, 1e21, 1e22,
] as const;

/** 10^scale, exact. Throws `out-of-bounds` unless scale is an integer from 0 to 22. */
export function powerOfTen(scale: number, field = 'scale'): number {
  const power = POWERS[scale];
  if (power !== undefined) return power;
  throw new RiskError(
    'out-of-bounds',
    field,
    `${scale} is not an integer from 0 to 22`,
    'give the decimals of the minor unit',
  );
}

/** Minor units as float64: `Number(q) / 10^scale`, two correctly rounded steps, the same on every machine. */
export function toFloat(quantity: bigint, scale: number, field = 'quantity'): number {
  const value = Number(quantity) / powerOfTen(scale, `${field}Scale`);
  if (Number.isFinite(value)) return value;
  throw new RiskError('out-of-bounds', field, 'it is beyond float64', 'give fewer minor units');
}

/** Exact sum of quantities of any scales, at the greatest of them. */
export function sumOf(quantities: readonly Quantity[]): Quantity {
  const quantityScale = quantities.reduce((most, each) => Math.max(most, each.quantityScale), 0);
  powerOfTen(quantityScale, 'quantityScale');
  const quantity = quantities.reduce(
    (sum, each) => sum + each.quantity * 10n ** BigInt(quantityScale - each.quantityScale),
    0n,
  );
  return { quantity, quantityScale };
}

/** Code-unit order, the only order of names in this library: no locale decides a sum. */
export function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
