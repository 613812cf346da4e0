import { END, type StreamSubscription } from '@eventstore/db-client';
import { Wakeup } from '../wakeup.js';
import type { Stream } from './stream.js';

/** How long a reader sleeps at most; only a subscription that died in silence makes it matter. */
const POLL_MS = 1_000;
const FIRST_PAUSE_MS = 50;
const MAX_PAUSE_MS = 5_000;

/**
 * Wakes readers: at once for appends of this process, by a subscription for those of others, and by a slow poll. The
 * subscription is opened by the first who waits. When it drops it is opened again from the revision it saw last, after a
 * pause that doubles until one holds.
 */
export class Watcher {
  private readonly wakeup = new Wakeup();
  private subscription: StreamSubscription | undefined;
  private timer: NodeJS.Timeout | undefined;
  private checkpoint: bigint | undefined;
  private pause = FIRST_PAUSE_MS;
  private closed = false;

  constructor(private readonly stream: Stream) {}

  changes(): number {
    return this.wakeup.changes();
  }

  now(): void {
    this.wakeup.now();
  }

  async wait(since: number, signal: AbortSignal): Promise<void> {
    if (this.subscription === undefined && this.timer === undefined) this.open();
    await this.wakeup.wait(since, signal, POLL_MS);
  }

  private open(): void {
    this.timer = undefined;
    if (this.closed) return;
    const { client, name } = this.stream;
    const subscription = client.subscribeToStream(name, { fromRevision: this.checkpoint ?? END });
    this.subscription = subscription;
    // From here on nothing is missed; what came before is read by whoever wakes now.
    subscription.on('confirmation', () => {
      this.pause = FIRST_PAUSE_MS;
      this.now();
    });
    subscription.on('data', ({ event }) => {
      if (event) this.checkpoint = event.revision;
      this.now();
    });
    subscription.on('error', () => this.drop(subscription));
    subscription.on('end', () => this.drop(subscription));
    subscription.on('close', () => this.drop(subscription));
  }

  private drop(subscription: StreamSubscription): void {
    if (this.subscription !== subscription) return;
    this.subscription = undefined;
    if (this.closed) return;
    this.timer = setTimeout(() => this.open(), this.pause);
    this.timer.unref();
    this.pause = Math.min(this.pause * 2, MAX_PAUSE_MS);
    this.now();
  }

  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.timer);
    this.now();
    const subscription = this.subscription;
    this.subscription = undefined;
    await subscription?.unsubscribe();
  }
}
