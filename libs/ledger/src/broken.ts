/** An invariant of the house does not hold. Never caught: a house that is not conserved must not continue. */
export class LedgerBroken extends Error {
  override readonly name = 'LedgerBroken';
}
