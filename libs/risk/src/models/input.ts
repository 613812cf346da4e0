import { finite, RiskError } from '../risk-error.js';

export { finite } from '../risk-error.js';

/** A number a comparison model cannot work with, outside what the model states. */
export const badInput = (field: string, reason: string, fix: string): RiskError =>
  new RiskError('out-of-bounds', field, reason, fix);

/** The number, if it is finite and above zero. */
export function positive(value: number, field: string): number {
  if (finite(value, field) > 0) return value;
  throw badInput(field, `${value} is not above zero`, 'give a number above zero');
}
