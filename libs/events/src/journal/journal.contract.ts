import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { canonicalJson } from '../canonical.js';
import {
  collect,
  positions,
  rejection,
  trade,
  trades,
  unwritable,
  upTo,
} from '../testing/facts.js';
import { GENESIS } from './chain.js';
import { encodeEvents, joinPayloads } from '../codec/codec.js';
import { InvalidEvent, JournalConflict, JournalUnavailable } from './errors.js';
import type { Journal, JournalHead } from './journal.js';
import { concurrencyContract } from './concurrency.contract.js';
import { faultContract, type FaultName, type Faults } from './faults.contract.js';
import { subscriptionContract } from './subscription.contract.js';
import { verifyJournal } from './verify.js';

/** A store made for one test. */
export interface JournalUnderTest {
  readonly journal: Journal;
  /** Another handle on the same store, as another process would open it. Its own faults do not touch it. */
  again(): Promise<Journal>;
  cleanup(): Promise<void>;
  /** What can go wrong between `journal` and its store, by the means this adapter really has. */
  readonly faults?: Faults;
}

export type MakeJournal = () => Promise<JournalUnderTest>;

/**
 * What every adapter of the Journal port must do.
 * @param faults the faults `make` can bring about; the cases of others are left out
 */
export function journalContract(
  name: string,
  make: MakeJournal,
  faults: readonly FaultName[] = [],
): void {
  describe(`${name} keeps the journal contract`, () => {
    let store: JournalUnderTest;
    let journal: Journal;
    let head: JournalHead;

    beforeEach(async () => {
      store = await make();
      journal = store.journal;
      head = await journal.acquire('first');
    });
    afterEach(() => store.cleanup());

    /** Appends trades on top of the head last seen. */
    const append = async (count: number, offsets = noOffsets): Promise<JournalHead> => {
      const events = trades(head.size, count);
      head = await journal.append({ expected: head, events, recordedAt: head.size, offsets });
      return head;
    };
    const shared = (): Shared => ({ store, journal, append, headNow: () => head });

    describe('head', () => headCases(make, shared));
    describe('append', () => appendCases(shared));
    describe('writers', () => writerCases(shared));
    describe('offsets', () => offsetCases(shared));
    describe('read', () => readCases(shared));
    describe('subscribe', () => subscriptionContract(shared));
    describe('close', () => closeCases(shared));
    describe('concurrency', () => concurrencyContract(shared));
    if (faults.length > 0) describe('faults', () => faultContract(shared, faults));
  });
}

/** Head after `trades(0, 2)` and `trades(2, 3)`: changes only with the codec's name or the hash's domain. */
const FIVE_TRADES = 'b16eac3a2f9f10f3ea3dfc056ab35f511083b58aae9d9b8576ef0ec8e9af2983';

const noOffsets: readonly { topic: string; partition: number; next: string; ahead: string }[] = [];

/** What the cases of a group share. A function, because each test has its own. */
export interface Shared {
  readonly store: JournalUnderTest;
  readonly journal: Journal;
  append(count: number, offsets?: typeof noOffsets): Promise<JournalHead>;
  headNow(): JournalHead;
}

function headCases(make: MakeJournal, shared: () => Shared): void {
  it('of a new journal is empty', async () => {
    const fresh = await make();
    const empty = { shard: 0, batches: 0, size: 0, epoch: 0, hash: GENESIS };
    expect(await fresh.journal.head()).toEqual(empty);
    await fresh.cleanup();
  });
  it('keeps its place when a writer acquires, and raises the epoch', async () => {
    const { journal, append } = shared();
    const before = await append(3);
    expect(await journal.acquire('second')).toEqual({ ...before, epoch: before.epoch + 1 });
  });
  it('is what append returned', async () => {
    const { journal, append } = shared();
    expect(await append(2)).toEqual(await journal.head());
    expect(await append(5)).toMatchObject({ batches: 2, size: 7 });
    expect(await journal.head()).toMatchObject({ batches: 2, size: 7 });
  });
  it('survives reopening, with events and offsets', async () => {
    const { journal, append, store } = shared();
    await append(3, [{ topic: 't', partition: 1, next: '9', ahead: '' }]);
    const reopened = await store.again();
    expect(await reopened.head()).toEqual(await journal.head());
    expect(positions(await collect(reopened.read(0)))).toEqual(upTo(3));
    expect(await reopened.offsets()).toEqual(await journal.offsets());
  });
}

function appendCases(shared: () => Shared): void {
  it('gives contiguous positions from 0', async () => {
    const { journal, append } = shared();
    for (const count of [1, 4, 2, 13]) await append(count);
    expect(positions(await collect(journal.read(0)))).toEqual(upTo(20));
  });
  it('keeps every field of an event and adds position and recording time', async () => {
    const { journal, append } = shared();
    await append(1);
    const [batch] = await collect(journal.read(0));
    expect(batch?.events).toEqual([{ ...trade(0), position: 0, recordedAt: 0 }]);
  });
  it('does not change the events it is given', async () => {
    const { journal, headNow } = shared();
    const event = trade(0);
    await journal.append({ expected: headNow(), events: [event], recordedAt: 5 });
    expect(event).toEqual(trade(0));
  });
  it('chains each batch to the one before, the last one being the head', async () => {
    const { journal, append } = shared();
    for (const count of [2, 1, 3]) await append(count);
    const batches = await collect(journal.read(0));
    expect(batches.map((b) => b.prevHash)).toEqual([
      GENESIS,
      ...batches.slice(0, -1).map((b) => b.hash),
    ]);
    expect(batches.at(-1)?.hash).toBe((await journal.head()).hash);
    expect(await verifyJournal(journal)).toMatchObject({ ok: true, batches: 3, events: 6 });
  });
  it('gives the same hash for the same input, whatever the adapter', async () => {
    const { append } = shared();
    await append(2);
    expect((await append(3)).hash).toBe(FIVE_TRADES);
  });
  it('takes 10,000 events at once', async () => {
    const { journal, append } = shared();
    await append(10_000);
    const [batch] = await collect(journal.read(0));
    expect(batch?.events).toHaveLength(10_000);
    expect(batch?.events[9_999]).toEqual({ ...trade(9_999), position: 9_999, recordedAt: 0 });
  });
  it('refuses an empty batch', async () => {
    const { journal, headNow } = shared();
    const request = { expected: headNow(), events: [], recordedAt: 1 };
    await expect(journal.append(request)).rejects.toThrow(RangeError);
    expect(await journal.head()).toEqual(headNow());
  });
  it('refuses another shard', async () => {
    const { journal, headNow } = shared();
    const expected = { ...headNow(), shard: 63 };
    await expect(journal.append({ expected, events: [trade(0)], recordedAt: 1 })).rejects.toThrow(
      RangeError,
    );
  });
  it('refuses an event nobody could prove, with all of its batch', async () => {
    const { journal, headNow } = shared();
    const events = [trade(0), unwritable()];
    const request = { expected: headNow(), events, recordedAt: 1 };
    await expect(journal.append(request)).rejects.toThrow(InvalidEvent);
    expect(await journal.head()).toEqual(headNow());
    expect(await collect(journal.read(0))).toEqual([]);
  });
  it('writes a batch of several megabytes whole', async () => {
    const { journal, headNow } = shared();
    const events = upTo(40).map((i) => rejection({ at: String(i), text: 'x'.repeat(90_000) }));
    await journal.append({ expected: headNow(), events, recordedAt: 1 });
    const [batch, ...more] = await collect(journal.read(0));
    expect(more).toEqual([]);
    expect(batch?.events.map(({ id }) => id)).toEqual(events.map(({ id }) => id));
    expect(batch?.events[39]?.data).toEqual(events[39]?.data);
    expect(await verifyJournal(journal)).toMatchObject({ ok: true, batches: 1, events: 40 });
  });
  it.each([500_000, 1_500_000, 4_000_000])('keeps an event of %d bytes', async (bytes) => {
    const { journal, headNow, store } = shared();
    const event = rejection({ text: 'y'.repeat(bytes) });
    await journal.append({
      expected: headNow(),
      events: [trade(0), event, trade(2)],
      recordedAt: 1,
    });
    const [batch] = await collect((await store.again()).read(0));
    expect(batch?.events.map((each) => each.position)).toEqual([0, 1, 2]);
    expect(batch?.events[1]?.data).toEqual(event.data);
  });
  it('takes events that were encoded ahead, in parts', async () => {
    const { journal, headNow } = shared();
    const parts = [trades(0, 3), trades(3, 4), trades(7, 1)];
    const payload = joinPayloads(parts.map((part) => encodeEvents(part)));
    await journal.append({ expected: headNow(), events: parts.flat(), recordedAt: 1, payload });
    const [batch] = await collect(journal.read(0));
    expect(batch?.events.map(({ id }) => id)).toEqual(trades(0, 8).map(({ id }) => id));
  });
  it('keeps keys that outsiders chose', async () => {
    const { journal, headNow } = shared();
    const headers = JSON.parse('{"__proto__":"a","constructor":"b","":"c"}') as never;
    const event = rejection(headers);
    await journal.append({ expected: headNow(), events: [event, trade(1)], recordedAt: 1 });
    const [batch] = await collect(journal.read(0));
    const stored = canonicalJson(batch?.events[0]?.data);
    expect(stored).toBe(canonicalJson(event.data));
    expect(stored).toContain('"__proto__":"a"');
  });
}

function writerCases(shared: () => Shared): void {
  const request = (expected: JournalHead, n = 1) => ({
    expected,
    events: trades(expected.size, n),
    recordedAt: 1,
  });

  it('that never acquired are refused', async () => {
    const { journal, headNow } = shared();
    const nobody = { ...headNow(), epoch: 0 };
    await expect(journal.append(request(nobody))).rejects.toThrow(JournalConflict);
  });
  it('that expect another number of batches are refused', async () => {
    const { journal, append } = shared();
    const now = await append(2);
    const ahead = { ...now, batches: now.batches + 1 };
    await expect(journal.append(request(ahead))).rejects.toThrow(JournalConflict);
  });
  it('that expect another hash are refused', async () => {
    const { journal, append } = shared();
    const now = await append(2);
    const forked = { ...now, hash: 'ab'.repeat(32) };
    await expect(journal.append(request(forked))).rejects.toThrow(JournalConflict);
  });
  it('that repeat themselves are refused', async () => {
    const { journal, append, headNow } = shared();
    const before = headNow();
    await append(2);
    await expect(journal.append(request(before, 2))).rejects.toThrow(JournalConflict);
    expect((await journal.head()).size).toBe(2);
  });
  it('that expect fewer batches than there are are refused', async () => {
    const { journal, append } = shared();
    const before = await append(2);
    await append(3);
    await expect(journal.append(request(before))).rejects.toThrow(JournalConflict);
    expect(positions(await collect(journal.read(0)))).toEqual(upTo(5));
  });
  it('that repeat themselves after opening again are refused, and the batch is there once', async () => {
    const { append, headNow, store } = shared();
    const before = headNow();
    await append(2);
    const reopened = await store.again();
    const epoch = (await reopened.acquire('first')).epoch;
    const repeated = request({ ...before, epoch }, 2);
    await expect(reopened.append(repeated)).rejects.toThrow(JournalConflict);
    expect(positions(await collect(reopened.read(0)))).toEqual([0, 1]);
  });
  it('that wake up with the head of today and the epoch of yesterday are refused', async () => {
    const { journal, append, store } = shared();
    const old = await append(1);
    const second = await store.again();
    const today = await second.append(request(await second.acquire('second'), 2));
    const expected = { ...today, epoch: old.epoch };
    await expect(journal.append(request(expected))).rejects.toThrow(JournalConflict);
    expect(await second.head()).toEqual(today);
  });
  it('of an older epoch are fenced off and leave nothing', async () => {
    const { journal, append, store } = shared();
    const old = await append(1);
    const second = await store.again();
    await second.acquire('second');
    await expect(journal.append(request(old))).rejects.toThrow(JournalConflict);
    expect(positions(await collect(journal.read(0)))).toEqual([0]);
  });
  it('that take over go on where the old one ended', async () => {
    const { append, store } = shared();
    await append(3);
    const second = await store.again();
    const head = await second.acquire('second');
    await second.append(request(head, 2));
    const batches = await collect(second.read(0));
    expect(positions(batches)).toEqual(upTo(5));
    expect(batches.map((b) => b.header.epoch)).toEqual([head.epoch - 1, head.epoch]);
  });
  it('that append at once: one wins', async () => {
    const { journal, headNow, store } = shared();
    const other = await store.again();
    const both = [journal, other, journal, other, journal, other];
    const results = await Promise.allSettled(both.map((j) => j.append(request(headNow(), 3))));
    expect(results.filter((r) => r.status === 'fulfilled')).toHaveLength(1);
    for (const result of results) {
      if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(JournalConflict);
    }
    expect(positions(await collect(journal.read(0)))).toEqual(upTo(3));
  });
}

function offsetCases(shared: () => Shared): void {
  const at = (next: string, partition = 0, ahead = '') => ({
    topic: 'novate.trades.v1',
    partition,
    next,
    ahead,
  });

  it('are none at first', async () => {
    expect(await shared().journal.offsets()).toEqual([]);
  });
  it('are kept with the batch, beyond 2^53 and with their bitmap', async () => {
    const { journal, append } = shared();
    await append(1, [at('9223372036854775806', 0, 'BQ==')]);
    expect(await journal.offsets()).toEqual([at('9223372036854775806', 0, 'BQ==')]);
  });
  it('move one by one; partitions without news stay', async () => {
    const { journal, append } = shared();
    await append(1, [at('5'), at('7', 1)]);
    await append(1, [at('6')]);
    await append(1);
    expect(await journal.offsets()).toEqual([at('6'), at('7', 1)]);
  });
  it('stand in the header of the batch that moved them', async () => {
    const { journal, append } = shared();
    await append(1, [at('5'), at('7', 1)]);
    await append(1, [at('6')]);
    const batches = await collect(journal.read(0));
    expect(batches.map((b) => b.header.offsets)).toEqual([[at('5'), at('7', 1)], [at('6')]]);
  });
  it('do not move on a conflict', async () => {
    const { journal, append, headNow } = shared();
    const stale = headNow();
    await append(1, [at('5')]);
    const request = { expected: stale, events: [trade(9)], recordedAt: 1, offsets: [at('99')] };
    await expect(journal.append(request)).rejects.toThrow(JournalConflict);
    expect(await journal.offsets()).toEqual([at('5')]);
  });
  it('are refused twice for one partition', async () => {
    const { append, headNow, journal } = shared();
    await expect(append(1, [at('5'), at('6')])).rejects.toThrow(RangeError);
    expect(await journal.head()).toEqual(headNow());
  });
}

function readCases(shared: () => Shared): void {
  it('gives nothing of an empty journal', async () => {
    expect(await collect(shared().journal.read(0))).toEqual([]);
  });
  it('begins with the batch that holds the position', async () => {
    const { journal, append } = shared();
    for (const count of [4, 4, 4]) await append(count);
    expect(positions(await collect(journal.read(6)))).toEqual(upTo(12, 4));
    expect(positions(await collect(journal.read(8)))).toEqual(upTo(12, 8));
    expect(positions(await collect(journal.read(7)))).toEqual(upTo(12, 4));
  });
  it('gives nothing from beyond the end', async () => {
    const { journal, append } = shared();
    await append(4);
    expect(await collect(journal.read(4))).toEqual([]);
    expect(await collect(journal.read(1_000))).toEqual([]);
  });
  it('ends with the batch that holds the last position wanted', async () => {
    const { journal, append } = shared();
    for (const count of [4, 4, 4]) await append(count);
    expect(positions(await collect(journal.read(0, 3)))).toEqual(upTo(4));
    expect(positions(await collect(journal.read(5, 5)))).toEqual(upTo(8, 4));
    expect(positions(await collect(journal.read(2, 8)))).toEqual(upTo(12));
  });
  it('goes over many pages', async () => {
    const { journal, append } = shared();
    for (let i = 0; i < 50; i += 1) await append(1 + (i % 3));
    const { size } = await journal.head();
    expect(positions(await collect(journal.read(0)))).toEqual(upTo(size));
    expect(positions(await collect(journal.read(size - 1))).at(-1)).toBe(size - 1);
  });
  it('may be left early', async () => {
    const { journal, append } = shared();
    for (let i = 0; i < 40; i += 1) await append(1);
    for await (const batch of journal.read(0)) if (batch.header.seq === 2) break;
    expect(positions(await collect(journal.read(38)))).toEqual([38, 39]);
  });
  it('is contiguous while somebody appends', async () => {
    const { journal, append } = shared();
    await append(2);
    const writing = (async () => {
      for (let i = 0; i < 30; i += 1) await append(2);
    })();
    const seen = positions(await collect(journal.read(0)));
    expect(seen).toEqual(upTo(seen.length));
    await writing;
    expect(positions(await collect(journal.read(0)))).toEqual(upTo(62));
  });
}

function closeCases(shared: () => Shared): void {
  it('makes every later call fail', async () => {
    const { journal, headNow } = shared();
    const request = { expected: headNow(), events: [trade(0)], recordedAt: 1 };
    await journal.close();
    await expect(journal.head()).rejects.toThrow(JournalUnavailable);
    await expect(journal.acquire('late')).rejects.toThrow(JournalUnavailable);
    await expect(journal.append(request)).rejects.toThrow(JournalUnavailable);
    await expect(journal.offsets()).rejects.toThrow(JournalUnavailable);
    await expect(collect(journal.read(0))).rejects.toThrow(JournalUnavailable);
  });
  it('may be repeated', async () => {
    const { journal } = shared();
    await journal.close();
    await expect(journal.close()).resolves.toBeUndefined();
  });
  it('ends a subscription made after it', async () => {
    const { journal } = shared();
    await journal.close();
    const subscription = journal.subscribe(0, async () => undefined);
    await expect(subscription.caughtUp).rejects.toThrow(JournalUnavailable);
    await expect(subscription.done).resolves.toBeUndefined();
  });
  it('leaves an append under way whole or not there', async () => {
    const { journal, headNow, store } = shared();
    const request = { expected: headNow(), events: trades(0, 500), recordedAt: 1 };
    const [answer] = await Promise.allSettled([journal.append(request), journal.close()]);
    const there = positions(await collect((await store.again()).read(0)));
    expect([0, 500]).toContain(there.length);
    if (answer.status === 'fulfilled') expect(there).toEqual(upTo(500));
  });
  it('leaves the store to others', async () => {
    const { journal, append, store } = shared();
    await append(2);
    const other = await store.again();
    await journal.close();
    expect(positions(await collect(other.read(0)))).toEqual([0, 1]);
  });
  it('ends subscriptions without an error', async () => {
    const { journal } = shared();
    const subscription = journal.subscribe(0, async () => undefined);
    await subscription.caughtUp;
    await journal.close();
    await expect(subscription.done).resolves.toBeUndefined();
  });
}
