/** Minor units as a plain decimal string: `decimal(-5n, 2)` is "-0.05". Scale 0 has no point. */
export function decimal(units: bigint, scale: number): string {
  if (scale === 0) return units.toString();
  const digits = (units < 0n ? -units : units).toString().padStart(scale + 1, '0');
  const cut = digits.length - scale;
  return `${units < 0n ? '-' : ''}${digits.slice(0, cut)}.${digits.slice(cut)}`;
}

/** A plain decimal string as minor units; throws where it has more decimals than the scale. */
export function minorUnits(text: string, scale: number): bigint {
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text);
  if (!match) throw new Error(`"${text}" is not a plain decimal.`);
  const [, sign, whole, fraction = ''] = match;
  if (fraction.length > scale) throw new Error(`"${text}" has more than ${scale} decimals.`);
  const units = BigInt(`${whole}${fraction.padEnd(scale, '0')}`);
  return sign === '-' ? -units : units;
}

/** numerator / denominator, half away from zero: for figures that are shown, never for money that moves. */
export function divideRounded(numerator: bigint, denominator: bigint): bigint {
  if (denominator === 0n) throw new Error('Division by zero.');
  const negative = numerator < 0n !== denominator < 0n;
  const n = numerator < 0n ? -numerator : numerator;
  const d = denominator < 0n ? -denominator : denominator;
  const quotient = (2n * n + d) / (2n * d);
  return negative ? -quotient : quotient;
}

/** Fewer decimals for people: minor units at `from` shown at `to`, rounded, with thousands separators. */
export function pretty(units: bigint, from: number, to: number = from): string {
  const rounded = to >= from ? units : divideRounded(units, 10n ** BigInt(from - to));
  const [whole, fraction] = decimal(rounded, Math.min(from, to)).split('.') as [string, string?];
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}
