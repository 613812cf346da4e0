import type { Principal } from './principal.js';

export interface Rate {
  /** Requests per second, refilled continuously. */
  readonly perSecond: number;
  /** Requests that may come at once. */
  readonly burst: number;
}

interface Bucket {
  tokens: number;
  at: number;
}

/**
 * One token bucket per key. Venues and custody carry the flow, so they have their own, larger rate.
 */
export class RateLimiter {
  private readonly buckets = new Map<string, Bucket>();

  constructor(
    private readonly rates: { readonly feeds: Rate; readonly others: Rate },
    /** Milliseconds of a monotonic clock. */
    private readonly nowMs: () => number,
  ) {}

  /** Takes one token. Returns 0, or the milliseconds to wait for the next one. */
  take(principal: Principal): number {
    const feeds = principal.role === 'venue' || principal.role === 'custody';
    const rate = feeds ? this.rates.feeds : this.rates.others;
    const now = this.nowMs();
    const id = `${principal.role}:${principal.id}`;
    const bucket = this.buckets.get(id) ?? { tokens: rate.burst, at: now };
    this.buckets.set(id, bucket);
    const refilled = bucket.tokens + ((now - bucket.at) / 1000) * rate.perSecond;
    bucket.tokens = Math.min(rate.burst, refilled);
    bucket.at = now;
    if (bucket.tokens < 1) return Math.ceil(((1 - bucket.tokens) / rate.perSecond) * 1000);
    bucket.tokens -= 1;
    return 0;
  }
}
