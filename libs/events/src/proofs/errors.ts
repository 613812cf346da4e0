/** Where in a journal something does not hold, as far as that is known. */
export interface LogPlace {
  readonly batch?: number;
  readonly position?: number;
}

/** A key, note, checkpoint, leaf or proof that does not hold. `place` says where: `line 3`, `position 17`, `batch 4`. */
export class ProofRefused extends Error {
  override readonly name = 'ProofRefused';
  constructor(
    readonly place: string,
    readonly reason: string,
    readonly at: LogPlace = {},
  ) {
    super(`${place}: ${reason}`);
  }
}

/** Runs `check`; a refusal inside it is one of this place, and names the place within it. */
export function within<T>(place: string, check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof ProofRefused)) throw error;
    throw new ProofRefused(`${place}, ${error.place}`, error.reason, error.at);
  }
}
