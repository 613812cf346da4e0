/**
 * Positions of the events written last, by id: at least the last `horizon` of them, at most twice as many. Two maps take
 * turns, so that forgetting costs nothing per event.
 */
export class RecentIds {
  private young = new Map<string, number>();
  private old = new Map<string, number>();

  /** @param horizon 0 remembers nothing */
  constructor(private readonly horizon: number) {}

  position(id: string): number | undefined {
    return this.young.get(id) ?? this.old.get(id);
  }

  add(id: string, position: number): void {
    if (this.horizon === 0) return;
    this.young.set(id, position);
    if (this.young.size < this.horizon) return;
    this.old = this.young;
    this.young = new Map();
  }
}
