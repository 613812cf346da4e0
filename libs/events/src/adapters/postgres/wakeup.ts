import type pg from 'pg';

/** How long a reader sleeps at most; only a lost notification makes it matter. */
const POLL_MS = 250;

/**
 * Wakes readers when there may be more: at once for appends of this process, by LISTEN for other processes, and by a
 * slow poll should a notification be lost.
 */
export class Wakeup {
  private readonly waiting = new Set<() => void>();
  private listener: Promise<pg.PoolClient | undefined> | undefined;
  private closed = false;

  constructor(private readonly pool: pg.Pool) {}

  now(): void {
    for (const wake of [...this.waiting]) wake();
  }

  async wait(signal: AbortSignal): Promise<void> {
    this.listener ??= this.listen();
    if (signal.aborted || this.closed) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        this.waiting.delete(done);
        resolve();
      };
      const timer = setTimeout(done, POLL_MS);
      signal.addEventListener('abort', done);
      this.waiting.add(done);
    });
  }

  private async listen(): Promise<pg.PoolClient | undefined> {
    try {
      const client = await this.pool.connect();
      client.on('notification', () => this.now());
      client.on('error', () => {
        this.listener = undefined;
      });
      await client.query('LISTEN novate_journal');
      return client;
    } catch {
      // Polling still works; the next wait tries again.
      this.listener = undefined;
      return undefined;
    }
  }

  async close(): Promise<void> {
    this.closed = true;
    this.now();
    const client = await this.listener?.catch(() => undefined);
    client?.release(true);
  }
}
