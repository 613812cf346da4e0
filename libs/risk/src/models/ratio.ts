import { binary } from '../rounding.js';

/** An exact fraction; the denominator is above zero. Leverage tiers are integers end to end, so nothing here is a float. */
export interface Ratio {
  readonly num: bigint;
  readonly den: bigint;
}

export const ratio = (num: bigint, den = 1n): Ratio =>
  den < 0n ? { num: -num, den: -den } : { num, den };

/** The exact value of a float64. Throws `not-finite`. */
export function exactly(value: number): Ratio {
  const { mantissa, exponent } = binary(value);
  return exponent >= 0
    ? ratio(mantissa << BigInt(exponent))
    : ratio(mantissa, 1n << BigInt(-exponent));
}

export const add = (a: Ratio, b: Ratio): Ratio =>
  ratio(a.num * b.den + b.num * a.den, a.den * b.den);

export const subtract = (a: Ratio, b: Ratio): Ratio => add(a, ratio(-b.num, b.den));

export const multiply = (a: Ratio, b: Ratio): Ratio => ratio(a.num * b.num, a.den * b.den);

/** The divisor must not be zero: callers refuse that case by name first. */
export const divide = (a: Ratio, b: Ratio): Ratio => ratio(a.num * b.den, a.den * b.num);

export const absolute = (a: Ratio): Ratio => ratio(a.num < 0n ? -a.num : a.num, a.den);

/** -1, 0 or 1 as a is below, equal to or above b: cross-multiplied, no division. */
export function compare(a: Ratio, b: Ratio): -1 | 0 | 1 {
  const difference = a.num * b.den - b.num * a.den;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** Least integer not below the fraction. */
export function ceiling({ num, den }: Ratio): bigint {
  const quotient = num / den;
  return num > 0n && quotient * den !== num ? quotient + 1n : quotient;
}

/** 10^exponent, also for negative exponents. */
export const powerOfTen = (exponent: number): Ratio =>
  exponent >= 0 ? ratio(10n ** BigInt(exponent)) : ratio(1n, 10n ** BigInt(-exponent));
