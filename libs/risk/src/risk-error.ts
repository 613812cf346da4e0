/** Closed list of what the models, the parameters and the scenario data refuse. Codes are stable and never reused. */
export type RiskErrorCode =
  /** A position, order or mark names an instrument the market does not describe. */
  | 'instrument-unknown'
  /** An instrument's own terms contradict each other or are out of range. */
  | 'instrument-invalid'
  /** No price to be had at all: neither a mark nor its underlying's price. */
  | 'mark-missing'
  /** A collateral or quote asset without a price. */
  | 'asset-unknown'
  /** NaN or an infinity where a number is needed. */
  | 'not-finite'
  /** A price at or below zero where none can be. */
  | 'price-not-positive'
  /** A number outside its stated bounds: scale, haircut, confidence, quantity beyond float64, ... */
  | 'out-of-bounds'
  /** Parameters: a key the document must have is not there. */
  | 'parameter-missing'
  /** Parameters: a key nobody reads, which would look as if it did something. */
  | 'parameter-unknown'
  /** Parameters: a value outside its bounds, or of another type. */
  | 'parameter-out-of-bounds'
  /** Factor history without factors or days. */
  | 'history-empty'
  /** Fewer days than the filters need, after the proxy rule. */
  | 'history-too-short'
  /** A day or a value missing between others, or dates out of order. */
  | 'history-gap'
  /** The parts are not those the model's identity names: binary, parameters, scenarios or the id over them. */
  | 'model-mismatch'
  /** No model with this id was ever activated here. */
  | 'model-unknown';

/** Says what is wrong (`code`), where (`field`), why (`reason`) and what to do about it (`fix`); all four are in the message. */
export class RiskError extends Error {
  override readonly name = 'RiskError';

  constructor(
    readonly code: RiskErrorCode,
    readonly field: string,
    readonly reason: string,
    readonly fix: string,
  ) {
    super(`${code}: ${field}: ${reason}; ${fix}`);
  }
}

/** The number, if it is one. */
export function finite(value: number, field: string): number {
  if (Number.isFinite(value)) return value;
  throw new RiskError('not-finite', field, `${value} is not a finite number`, 'give a number');
}

/** The number, if it is finite and within inclusive bounds. */
export function within(value: number, minimum: number, maximum: number, field: string): number {
  if (finite(value, field) >= minimum && value <= maximum) return value;
  throw new RiskError(
    'out-of-bounds',
    field,
    `${value} is not in [${minimum}, ${maximum}]`,
    'give a number within',
  );
}
