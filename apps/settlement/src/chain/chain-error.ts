import type { Hex } from 'viem';

/**
 * What went wrong with a question to a node, for programs: stable, whatever words the node used.
 *
 * - `timeout`, `unreachable`, `rate-limited`, `server-error`: no answer; whether it was done is unknown.
 * - `malformed`: an answer that is none: half a body, a field missing or of another form.
 * - `not-found`: the block asked about is not there (yet, or any more).
 * - `already-known`, `nonce-too-low`, `underpriced`, `insufficient-funds`: what became of a transaction.
 * - `reverted`: the contract refused, see `errorName`.
 * - `refused`: the node understood and would not.
 */
export type ChainErrorKind =
  | 'timeout'
  | 'unreachable'
  | 'rate-limited'
  | 'server-error'
  | 'malformed'
  | 'not-found'
  | 'already-known'
  | 'nonce-too-low'
  | 'underpriced'
  | 'insufficient-funds'
  | 'reverted'
  | 'refused';

export class ChainError extends Error {
  override readonly name = 'ChainError';
  constructor(
    readonly kind: ChainErrorKind,
    detail: string,
    /** Of a contract's refusal: its name, where an ABI knows it, and what it returned. */
    readonly revert?: { readonly errorName?: string | undefined; readonly data: Hex },
  ) {
    super(`${kind}: ${detail}`);
  }
  /** Name of the contract's custom error. */
  get errorName(): string | undefined {
    return this.revert?.errorName;
  }
}

export const malformed = (what: string): ChainError => new ChainError('malformed', what);
