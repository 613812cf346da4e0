/** When to stop asking a provider, and when to try it again. */
export interface CircuitPolicy {
  /** Failures in a row after which it is left alone. */
  readonly failures: number;
  /** Milliseconds it is then left alone; doubled with every failed trial, up to 8 times as long. */
  readonly restMs: number;
}

/** A circuit breaker: closed, open for a while, then one trial. */
export class Circuit {
  private failures = 0;
  private trials = 0;
  private openUntil = -Infinity;

  constructor(
    private readonly policy: CircuitPolicy,
    private readonly now: () => number,
  ) {}

  /** Whether it may be asked now. */
  get closed(): boolean {
    return this.now() >= this.openUntil;
  }

  succeeded(): void {
    this.failures = 0;
    this.trials = 0;
  }

  failed(): void {
    this.failures += 1;
    if (this.failures < this.policy.failures) return;
    this.openUntil = this.now() + this.policy.restMs * 2 ** Math.min(this.trials, 3);
    this.trials += 1;
  }
}
