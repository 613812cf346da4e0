/** Closed list: what can be wrong with a kernel or with what it is given. Codes are stable. */
export type KernelErrorCode =
  /** The bytes are not those the model names. */
  | 'kernel-hash-mismatch'
  /** The binary speaks another version of the loader's interface. */
  | 'kernel-abi-mismatch'
  /** No binary with this hash is on disk. */
  | 'kernel-not-found'
  /** A history or a set of scenarios without factors or without days. */
  | 'history-empty'
  /** Fewer days than the filters need. */
  | 'history-too-short'
  /** A return, value, weight, quantity or parameter that is no finite number, or out of its bounds. */
  | 'value-out-of-bounds'
  /** Arrays of different lengths, or a factor that the set does not have. */
  | 'shape-mismatch'
  /** An array, set or history used after its release. */
  | 'released';

/** Says what is wrong (`code`), where (`field`), and in its message what to do about it. */
export class KernelError extends Error {
  override readonly name = 'KernelError';

  constructor(
    readonly code: KernelErrorCode,
    readonly field: string,
    reason: string,
  ) {
    super(`${code}: ${field}: ${reason}`);
  }
}
