/** Exact fixed-point arithmetic on bigint minor units. Every division names its rounding. */

/** Amounts that come in are 128-bit signed integers at most; what follows from them by sum and product may be longer. */
export const MAX_UNITS = (1n << 127n) - 1n;

const powers: bigint[] = [1n];

/** 10^n for n >= 0. */
export function pow10(n: number): bigint {
  for (let i = powers.length; i <= n; i += 1) powers.push(powers[i - 1]! * 10n);
  return powers[n]!;
}

/** Largest integer <= a / b. `b` > 0. */
export function divFloor(a: bigint, b: bigint): bigint {
  const q = a / b;
  return a < 0n && q * b !== a ? q - 1n : q;
}

/** Smallest integer >= a / b. `b` > 0. */
export function divCeil(a: bigint, b: bigint): bigint {
  return -divFloor(-a, b);
}

/** Nearest integer to a / b, ties to even. `b` > 0. Odd in `a`, so two opposite legs round to opposite values. */
export function divHalfEven(a: bigint, b: bigint): bigint {
  const floor = divFloor(a, b);
  const twice = 2n * (a - floor * b);
  if (twice < b) return floor;
  if (twice > b) return floor + 1n;
  return floor % 2n === 0n ? floor : floor + 1n;
}

/** Brings an exact integer from one decimal scale to another, downwards with floor. */
export function rescaleFloor(value: bigint, from: number, to: number): bigint {
  return from <= to ? value * pow10(to - from) : divFloor(value, pow10(from - to));
}

/** Brings an exact integer from one decimal scale to another, downwards with ceil. */
export function rescaleCeil(value: bigint, from: number, to: number): bigint {
  return from <= to ? value * pow10(to - from) : divCeil(value, pow10(from - to));
}

export type ParsedDecimal =
  | { readonly ok: true; readonly units: bigint }
  | { readonly ok: false; readonly problem: 'NOT_A_NUMBER' | 'OVER_PRECISE' | 'OUT_OF_RANGE' };

const DECIMAL = /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/;

/**
 * Parses a plain decimal string into minor units at `scale`. Trailing zeros beyond the scale are allowed ("1.500" at
 * scale 1), any other digit there is OVER_PRECISE: nothing is ever rounded on the way in.
 */
export function parseDecimal(text: string, scale: number): ParsedDecimal {
  if (text.length > 64 || !DECIMAL.test(text)) return { ok: false, problem: 'NOT_A_NUMBER' };
  const dot = text.indexOf('.');
  let digits = text;
  if (dot < 0) {
    digits += '0'.repeat(scale);
  } else {
    const fraction = text.slice(dot + 1).replace(/0+$/, '');
    if (fraction.length > scale) return { ok: false, problem: 'OVER_PRECISE' };
    digits = text.slice(0, dot) + fraction.padEnd(scale, '0');
  }
  const units = BigInt(digits);
  const size = units < 0n ? -units : units;
  return size > MAX_UNITS ? { ok: false, problem: 'OUT_OF_RANGE' } : { ok: true, units };
}

/** Minor units at `scale` as a plain decimal string, all decimals shown: (6183763n, 2) -> "61837.63". */
export function formatDecimal(units: bigint, scale: number): string {
  const sign = units < 0n ? '-' : '';
  const digits = (units < 0n ? -units : units).toString().padStart(scale + 1, '0');
  if (scale === 0) return sign + digits;
  return `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

/** Absolute value. */
export function abs(value: bigint): bigint {
  return value < 0n ? -value : value;
}

/** Smaller of two. */
export function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

/** Larger of two. */
export function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
