import { describe, expect, it } from '@jest/globals';
import { RateLimiter } from './rate-limit.js';

describe('RateLimiter', () => {
  it('gives each key its burst, then its rate', () => {
    let now = 0;
    const limiter = new RateLimiter(
      { feeds: { perSecond: 100, burst: 100 }, others: { perSecond: 2, burst: 3 } },
      () => now,
    );
    const member = { role: 'member', id: 'M1' } as const;
    expect([1, 2, 3].map(() => limiter.take(member))).toEqual([0, 0, 0]);
    expect(limiter.take(member)).toBe(500);
    expect(limiter.take({ role: 'member', id: 'M2' })).toBe(0);
    expect(limiter.take({ role: 'venue', id: 'M1' })).toBe(0);
    now = 500;
    expect(limiter.take(member)).toBe(0);
    expect(limiter.take(member)).toBe(500);
  });
});
