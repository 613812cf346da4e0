import { createHash } from 'node:crypto';

interface Remembered<T> {
  readonly digest: string;
  readonly result: Promise<T>;
}

const KEPT = 10_000;

/**
 * Answers a repeated Idempotency-Key with its first answer, for the newest 10,000 keys of this
 * process. Beyond that the ids inside the commands are what makes a repetition harmless.
 */
export class Idempotency<T> {
  private readonly known = new Map<string, Remembered<T>>();

  /**
   * Runs `work` once per key. `conflict` says what to throw when the key comes with another body.
   */
  run(key: string, body: Uint8Array, work: () => Promise<T>, conflict: () => Error): Promise<T> {
    const digest = createHash('sha256').update(body).digest('hex');
    const before = this.known.get(key);
    if (before) return before.digest === digest ? before.result : Promise.reject(conflict());
    const result = work();
    this.known.set(key, { digest, result });
    // A failure may be tried again.
    result.catch(() => this.known.delete(key));
    if (this.known.size > KEPT) {
      const [oldest] = this.known.keys();
      if (oldest !== undefined) this.known.delete(oldest);
    }
    return result;
  }
}
