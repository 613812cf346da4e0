import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { canonicalJson, canonicalLine, Frontier, hashLine, signingKey } from '#events';
import { HouseServer, houseKey, keyEvent } from '../testing/house-server.js';
import { recordedDay } from '../testing/recorded-day.js';
import { type FeedEvent, follow, LogFeed, readLine } from './feed.js';
import { followSigned, LogKeys, type SignedCopy } from './signed-feed.js';

/** The key first, then the day. */
const day = recordedDay().map((event, i) => ({ ...event, position: i + 1 }));

class Copy implements SignedCopy {
  readonly log = new Frontier();
  readonly lines: string[] = [];
  readonly notes: string[] = [];
  constructor(
    private readonly keys: LogKeys,
    private readonly onVerified: () => void = () => undefined,
  ) {}
  get size() {
    return this.log.size;
  }
  logRoot() {
    return this.log.root().toString('hex');
  }
  async take(events: readonly FeedEvent[]) {
    for (const event of events) {
      this.keys.see(event);
      this.log.append(event.leaf);
      this.lines.push(event.line);
    }
  }
  async verified(note: string) {
    this.notes.push(note);
    this.onVerified();
  }
}

describe('the feed of a house', () => {
  let house: HouseServer;
  let feed: LogFeed;
  beforeEach(async () => {
    house = new HouseServer();
    await house.start();
    house.record([keyEvent(), ...day]);
    feed = new LogFeed({ url: house.url, key: 'feed-key', limit: 7 });
  });
  afterEach(() => house.stop());

  it('is followed page by page, through failures, in order and without a gap', async () => {
    house.failures = 2;
    const stop = new AbortController();
    const lines: string[] = [];
    const troubles: string[] = [];
    await follow(feed, {
      signal: stop.signal,
      from: 3,
      pauseMs: 1,
      trouble: (reason) => troubles.push(reason),
      take: (events) => {
        lines.push(...events.map(({ line }) => line));
        if (lines.length === house.lines.length - 3) stop.abort();
      },
    });
    expect(lines).toEqual(house.lines.slice(3));
    expect(troubles).toHaveLength(2);
    expect(troubles[0]).toContain('503');
  });

  it('ends where the follower cannot take an event, and when it is stopped', async () => {
    const broken = () => Promise.reject(new Error('does not follow'));
    const signal = new AbortController().signal;
    await expect(follow(feed, { signal, from: 0, take: broken })).rejects.toThrow('not follow');
    const stopped = AbortSignal.abort();
    await follow(feed, { signal: stopped, from: 0, take: broken });
  });

  it.each([
    ['is no JSON', (line: string) => line.slice(1)],
    ['another event', (line: string) => line.replace(/"position":\d+/, '"position":99')],
    ['is not canonical', (line: string) => line.replace('{', '{ ')],
  ])('refuses a line that is wrong: %s', (reason, bend) => {
    const line = canonicalLine(day[4]!);
    expect(readLine(line, 5)).toEqual({ line, leaf: hashLine(line), event: day[4] });
    expect(() => readLine(bend(line), 5)).toThrow(`position 5: ${reason}`);
  });

  it('is taken from checkpoint to checkpoint, never beyond one', async () => {
    house.signed = 4;
    const stop = new AbortController();
    const sizes: number[] = [];
    const keys = new LogKeys(houseKey.verifier);
    const copy: Copy = new Copy(keys, () => {
      sizes.push(copy.size);
      if (copy.size === house.lines.length) stop.abort();
      house.signed = copy.size === 4 ? 20 : undefined;
    });
    await followSigned(feed, copy, { signal: stop.signal, keys, pauseMs: 1 });
    expect(sizes).toEqual([4, 20, house.lines.length]);
    expect(copy.lines).toEqual(house.lines);
    expect(copy.notes.at(-1)).toBe(house.checkpoint());
  });

  it('is refused where a line is not the one that was signed', async () => {
    const keys = new LogKeys(houseKey.verifier);
    const signed = house.checkpoint();
    house.checkpoint = () => signed;
    const bent = { ...day[4]!, actor: 'somebody else' };
    house.lines[5] = canonicalJson(bent);
    const signal = new AbortController().signal;
    const followed = followSigned(feed, new Copy(keys), { signal, keys });
    await expect(followed).rejects.toThrow(`position ${house.lines.length}: the house signed root`);
  });

  it('is refused where another key signs than the pinned one', async () => {
    const keys = new LogKeys(signingKey('house.test', '22'.repeat(32)).verifier);
    const signal = new AbortController().signal;
    const followed = followSigned(feed, new Copy(keys), { signal, keys });
    await expect(followed).rejects.toThrow('position 0: the first key is house.test');
  });
});
