/** An exact fraction over bigint, denominator above zero. Slow and simple: the reference model's only arithmetic. */
export interface Rational {
  readonly n: bigint;
  readonly d: bigint;
}

function gcd(a: bigint, b: bigint): bigint {
  let [x, y] = [a < 0n ? -a : a, b];
  while (y !== 0n) [x, y] = [y, x % y];
  return x;
}

export function rational(n: bigint, d = 1n): Rational {
  const sign = d < 0n ? -1n : 1n;
  const common = gcd(n, d * sign) || 1n;
  return { n: (n * sign) / common, d: (d * sign) / common };
}

export const zero = rational(0n);
export const add = (a: Rational, b: Rational): Rational =>
  rational(a.n * b.d + b.n * a.d, a.d * b.d);
export const subtract = (a: Rational, b: Rational): Rational => add(a, { n: -b.n, d: b.d });
export const multiply = (a: Rational, b: Rational): Rational => rational(a.n * b.n, a.d * b.d);
export const divide = (a: Rational, b: Rational): Rational => rational(a.n * b.d, a.d * b.n);
export const negate = (a: Rational): Rational => ({ n: -a.n, d: a.d });

/** Minor units at a scale as an exact fraction: 150 at scale 2 is 3/2. */
export const fromUnits = (units: bigint, scale: number): Rational =>
  rational(units, 10n ** BigInt(scale));

export function floor(a: Rational): bigint {
  const quotient = a.n / a.d;
  return a.n < 0n && quotient * a.d !== a.n ? quotient - 1n : quotient;
}

export const ceil = (a: Rational): bigint => -floor(negate(a));

/** To the nearest integer, ties to the even one. */
export function halfEven(a: Rational): bigint {
  const low = floor(a);
  const twice = multiply(subtract(a, rational(low)), rational(2n));
  if (twice.n < twice.d) return low;
  if (twice.n > twice.d) return low + 1n;
  return low % 2n === 0n ? low : low + 1n;
}
