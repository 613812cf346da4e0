/** A key, note, checkpoint, leaf or proof that does not hold. `place` says where: `line 3`, `position 17`, `batch 4`. */
export class ProofRefused extends Error {
  override readonly name = 'ProofRefused';
  constructor(
    readonly place: string,
    readonly reason: string,
  ) {
    super(`${place}: ${reason}`);
  }
}
