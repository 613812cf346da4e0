import { powerOfTen } from './exact.js';
import { finite, RiskError } from './risk-error.js';

/** Against whom a digit that does not fit is decided: `down` is towards minus infinity, `nearest` takes halves upward. */
export type Direction = 'up' | 'down' | 'nearest';

/** An integer of 10^-scale as a decimal text, all decimals written: 12345n at 2 is `123.45`. */
export function decimalText(value: bigint, scale: number): string {
  const digits = (value < 0n ? -value : value).toString().padStart(scale + 1, '0');
  const whole = digits.slice(0, digits.length - scale);
  const sign = value < 0n ? '-' : '';
  return scale === 0 ? `${sign}${whole}` : `${sign}${whole}.${digits.slice(-scale)}`;
}

/** numerator / denominator at `decimals`, rounded down, from integers alone: exact. Denominator above zero. */
export function ratioText(numerator: bigint, denominator: bigint, decimals: number): string {
  if (denominator <= 0n)
    throw new RiskError(
      'out-of-bounds',
      'denominator',
      `${denominator} is not above zero`,
      'ask for a ratio only where there is something to divide by',
    );
  const scaled = numerator * 10n ** BigInt(decimals);
  const quotient = scaled / denominator;
  const down = scaled < 0n && quotient * denominator !== scaled ? quotient - 1n : quotient;
  return decimalText(down, decimals);
}

/** A float figure (no money: a Greek, a probability, a multiple) as an integer of 10^-decimals. */
export function figure(value: number, decimals: number, direction: Direction): bigint {
  const scaled = finite(value * powerOfTen(decimals), 'figure');
  if (direction === 'up') return BigInt(Math.ceil(scaled));
  return BigInt(Math.floor(direction === 'down' ? scaled : scaled + 0.5));
}

/** The same as text. */
export function figureText(value: number, decimals: number, direction: Direction): string {
  return decimalText(figure(value, decimals, direction), decimals);
}
