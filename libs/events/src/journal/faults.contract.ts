import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { collect, positions, trades, upTo } from '../testing/facts.js';
import { JournalConflict, JournalUnavailable } from './errors.js';
import type { Shared } from './journal.contract.js';
import type { AppendRequest, JournalHead } from './journal.js';
import { verifyJournal } from './verify.js';

export type FaultName =
  /** The next append is written, and its answer never comes. */
  | 'lose-answer'
  /** The next append never arrives. */
  | 'lose-request'
  /** The next append arrives when `release` is called, long after its sender was told that the line broke. */
  | 'delay-request'
  /** Every reader's connection breaks, when `strike` is called. */
  | 'drop-readers'
  /** Somebody else begins something in the same store and does not end it, from `strike` until `release`. */
  | 'idle-stranger';

/** Brings faults about. */
export interface Faults {
  /** Arms a fault of the next append, or brings about one of readers or strangers. */
  strike(fault: FaultName): Promise<void>;
  /** Lets what was held back go on. */
  release(): Promise<void>;
}

const request = (expected: JournalHead): AppendRequest => ({
  expected,
  events: trades(expected.size, 3),
  recordedAt: 1,
  offsets: [{ topic: 't', partition: 0, next: String(expected.size + 3), ahead: '' }],
});

/** What an adapter does when the line or others fail it; run by journalContract. */
export function faultContract(shared: () => Shared, able: readonly FaultName[]): void {
  if (able.includes('lose-answer')) lostAnswers(shared);
  if (able.includes('lose-request')) lostRequests(shared);
  if (able.includes('delay-request')) lateRequests(shared);
  if (able.includes('drop-readers')) lostReaders(shared);
  if (able.includes('idle-stranger')) idleStrangers(shared);
}

const strike = async ({ store }: Shared, fault: FaultName): Promise<void> =>
  store.faults?.strike(fault);

/** Positions in the store, as a handle sees them that had no faults. */
const stored = async ({ store }: Shared): Promise<number[]> => {
  const handle = await store.again();
  return positions(await collect(handle.read(0)));
};

function lostAnswers(shared: () => Shared): void {
  it('an append resolves when only its answer was lost, and is there once', async () => {
    const { journal, headNow } = shared();
    const first = await journal.append(request(headNow()));
    await strike(shared(), 'lose-answer');
    const second = await journal.append(request(first));
    expect(second).toEqual({ ...(await journal.head()), epoch: first.epoch });
    expect(await stored(shared())).toEqual(upTo(6));
    await journal.append(request(second));
    expect(await stored(shared())).toEqual(upTo(9));
    expect(await journal.offsets()).toMatchObject([{ next: '9' }]);
  });
  it('every one of many appends whose answers are lost is there once', async () => {
    const { journal, headNow } = shared();
    let head = headNow();
    for (let i = 0; i < 4; i += 1) {
      head = await journal.append(request(head));
      await strike(shared(), 'lose-answer');
      head = await journal.append(request(head));
    }
    expect(await stored(shared())).toEqual(upTo(24));
    expect(await verifyJournal(journal)).toMatchObject({ ok: true, batches: 8, events: 24 });
  });
}

function lostRequests(shared: () => Shared): void {
  it('an append that never arrived is written after all, or fails and leaves nothing', async () => {
    const { journal, headNow } = shared();
    const first = await journal.append(request(headNow()));
    await strike(shared(), 'lose-request');
    const [answer] = await Promise.allSettled([journal.append(request(first))]);
    if (answer.status === 'fulfilled') {
      expect(await stored(shared())).toEqual(upTo(6));
    } else {
      expect(answer.reason).toBeInstanceOf(JournalUnavailable);
      expect(await stored(shared())).toEqual(upTo(3));
      await expect(journal.append(request(first))).rejects.toThrow(JournalConflict);
      await journal.append(request(await journal.acquire('writer')));
    }
    expect(await stored(shared())).toEqual(upTo(6));
    expect(await journal.offsets()).toMatchObject([{ next: '6' }]);
  });
  it('a writer that was relieved while its line was broken is told so', async () => {
    const { journal, headNow, store } = shared();
    const first = await journal.append(request(headNow()));
    const second = await store.again();
    const head = await second.acquire('second');
    await strike(shared(), 'lose-request');
    await expect(journal.append(request(first))).rejects.toThrow(JournalConflict);
    await second.append(request(head));
    expect(await stored(shared())).toEqual(upTo(6));
  });
}

function lateRequests(shared: () => Shared): void {
  it('an append that arrives late neither doubles anything nor undoes anything', async () => {
    const { journal, headNow, store } = shared();
    const first = await journal.append(request(headNow()));
    await strike(shared(), 'delay-request');
    const [answer] = await Promise.allSettled([journal.append(request(first))]);
    const before = await stored(shared());
    expect(before).toEqual(upTo(answer.status === 'fulfilled' ? 6 : 3));
    await store.faults?.release();
    expect(await stored(shared())).toEqual(before);
    await journal.append(request(await journal.acquire('writer')));
    expect(await stored(shared())).toEqual(upTo(before.length + 3));
    expect(await verifyJournal(journal)).toMatchObject({ ok: true });
  });
}

function lostReaders(shared: () => Shared): void {
  it('a subscription outlives its connection, again and again, without gap or repeat', async () => {
    const { journal, append, store } = shared();
    const seen: number[] = [];
    const subscription = journal.subscribe(0, async (batch) => {
      seen.push(...positions([batch]));
    });
    await append(2);
    await subscription.caughtUp;
    const writer = await store.again();
    let head = await writer.acquire('second');
    for (let i = 0; i < 3; i += 1) {
      await strike(shared(), 'drop-readers');
      head = await writer.append(request(head));
    }
    while (seen.length < head.size) await sleep(5);
    expect(seen).toEqual(upTo(11));
    await subscription.stop();
  });
}

function idleStrangers(shared: () => Shared): void {
  it('a stranger who begins something and does not end it holds up no reader', async () => {
    const { journal, headNow, store } = shared();
    await strike(shared(), 'idle-stranger');
    const seen: number[] = [];
    const subscription = journal.subscribe(0, async (batch) => {
      seen.push(...positions([batch]));
    });
    await subscription.caughtUp;
    let head = headNow();
    for (let i = 0; i < 5; i += 1) head = await journal.append(request(head));
    // The stranger is still there: only when everything has been seen does it end.
    while (seen.length < 15) await sleep(5);
    expect(seen).toEqual(upTo(15));
    expect(await stored(shared())).toEqual(upTo(15));
    await store.faults?.release();
    await subscription.stop();
  });
}
