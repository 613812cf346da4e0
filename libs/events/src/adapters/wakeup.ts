/** Wakes readers of this process when there may be more, and lets nobody sleep through a change. */
export class Wakeup {
  private readonly waiting = new Set<() => void>();
  private count = 0;

  /** Number of changes so far. */
  changes(): number {
    return this.count;
  }

  now(): void {
    this.count += 1;
    for (const wake of [...this.waiting]) wake();
  }

  /**
   * Resolves at the first change after `since`, when `signal` aborts, or after `timeout`.
   * @param timeout milliseconds; none: waits for a change
   */
  async wait(since: number, signal: AbortSignal, timeout?: number): Promise<void> {
    if (signal.aborted || this.count !== since) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        this.waiting.delete(done);
        resolve();
      };
      const timer = timeout === undefined ? undefined : setTimeout(done, timeout);
      signal.addEventListener('abort', done);
      this.waiting.add(done);
    });
  }
}
