import type pg from 'pg';
import { Wakeup } from '../wakeup.js';

/** How long a reader sleeps at most; only a lost notification makes it matter. */
const POLL_MS = 250;
/** Channel of NOTIFY, one notification per batch; the payload is the shard. */
export const CHANNEL = 'novate_journal';

/**
 * Wakes readers: at once for appends of this process, by LISTEN for those of others, and by a slow poll should a
 * notification be lost. Holds one connection of the pool from the first wait on.
 */
export class Listener {
  private readonly wakeup = new Wakeup();
  private client: Promise<pg.PoolClient | undefined> | undefined;
  private closed = false;

  constructor(private readonly pool: pg.Pool) {}

  changes(): number {
    return this.wakeup.changes();
  }

  now(): void {
    this.wakeup.now();
  }

  async wait(since: number, signal: AbortSignal): Promise<void> {
    if (!this.closed) this.client ??= this.listen();
    await this.wakeup.wait(since, signal, POLL_MS);
  }

  private async listen(): Promise<pg.PoolClient | undefined> {
    let client: pg.PoolClient | undefined;
    try {
      const connected = await this.pool.connect();
      client = connected;
      connected.on('notification', () => this.now());
      // Given back as broken, so that the pool opens another one; the next wait asks for it.
      connected.once('error', () => this.drop(connected));
      await connected.query(`LISTEN ${CHANNEL}`);
      return connected;
    } catch {
      // Polling still works; the next wait tries again.
      if (client) this.drop(client);
      this.client = undefined;
      return undefined;
    }
  }

  private readonly dropped = new WeakSet<pg.PoolClient>();

  private drop(client: pg.PoolClient): void {
    if (this.dropped.has(client)) return;
    this.dropped.add(client);
    client.on('error', () => undefined);
    client.release(true);
    this.client = undefined;
  }

  async close(): Promise<void> {
    this.closed = true;
    this.now();
    const client = await this.client;
    if (client) this.drop(client);
  }
}
