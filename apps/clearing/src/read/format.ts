import { formatDecimal } from '#ledger';

/**
 * The one form of numbers and times in answers: amounts, prices and quantities are plain decimal strings with all decimals of
 * their scale shown ("61837.63"), times are RFC 3339 in UTC with microseconds.
 */

/** Minor units at `scale` as a plain decimal string: (6183763n, 2) -> "61837.63". */
export const decimal = formatDecimal;

/** Microseconds since 1970 as `2024-08-09T00:00:00.000000Z`. */
export function timestamp(micros: number | bigint): string {
  const whole = BigInt(micros);
  const rest = ((whole % 1000n) + 1000n) % 1000n;
  const iso = new Date(Number((whole - rest) / 1000n)).toISOString();
  return `${iso.slice(0, -1)}${rest.toString().padStart(3, '0')}Z`;
}

const RFC3339 = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?(Z|[+-]\d\d:\d\d)$/;

/** Reads RFC 3339 (at most six decimals of a second) or a number of microseconds; undefined when it is neither. */
export function parseTimestamp(text: string): number | undefined {
  if (/^\d{1,16}$/.test(text)) return Number(text);
  const match = RFC3339.exec(text);
  if (!match) return undefined;
  const [, seconds, fraction = '', zone] = match;
  const millis = Date.parse(`${seconds}${zone}`);
  return Number.isNaN(millis) ? undefined : millis * 1000 + Number(fraction.padEnd(6, '0'));
}
