import type { WireTrade } from '../commands.js';

/** A decimal string of integer minor units. */
export function decimal(units: bigint, scale: number): string {
  const digits = (units < 0n ? -units : units).toString().padStart(scale + 1, '0');
  const whole = digits.slice(0, digits.length - scale);
  const fraction = scale === 0 ? '' : `.${digits.slice(digits.length - scale)}`;
  return `${units < 0n ? '-' : ''}${whole}${fraction}`;
}

/** The `n`-th, counting round. */
export const pick = <T>(from: readonly T[], n: number): T => from[n % from.length]!;

/** What may be wrong with a trade: one thing each. */
export function wrongs(good: WireTrade): readonly Partial<WireTrade>[] {
  return [
    { quantity: '0' },
    { quantity: '-1' },
    { quantity: '0.00000000001' },
    { quantity: 'NaN' },
    { price: '1.0000000001' },
    { price: '-5' },
    { buyer: 'NOBODY' },
    { seller: good.buyer },
    { buyer: 'A-H\u039fUSE' },
    { instrument: 'NOTHING' },
  ];
}
