/** A comparison model was asked something it cannot answer. Code, field, reason and fix are in the message; nothing is guessed. */
export class ModelInputError extends Error {
  readonly code = 'RISK_MODEL_INPUT';
  constructor(
    readonly field: string,
    readonly reason: string,
    readonly fix: string,
  ) {
    super(`RISK_MODEL_INPUT: ${field}: ${reason}; ${fix}`);
    this.name = 'ModelInputError';
  }
}

export const badInput = (field: string, reason: string, fix: string): ModelInputError =>
  new ModelInputError(field, reason, fix);

/** The number, if it is one; NaN and infinities are refused by name. */
export function finite(value: number, field: string): number {
  if (!Number.isFinite(value)) throw badInput(field, `${value} is not finite`, 'give a number');
  return value;
}

/** The number, if it is above zero. */
export function positive(value: number, field: string): number {
  if (!(finite(value, field) > 0))
    throw badInput(field, `${value} is not above zero`, 'give a number above zero');
  return value;
}
