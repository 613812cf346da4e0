/** A snapshot that does not hold. `place` says where: `header`, `page 3`, `line 1204`. */
export class SnapshotRefused extends Error {
  override readonly name = 'SnapshotRefused';
  constructor(
    readonly place: string,
    readonly reason: string,
  ) {
    super(`${place}: ${reason}`);
  }
}
