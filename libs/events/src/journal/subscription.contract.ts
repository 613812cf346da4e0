import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { positions, trades, upTo } from '../testing/facts.js';
import type { Shared } from './journal.contract.js';
import type { Batch, Journal } from './journal.js';

/** Collects what a subscriber sees, and resolves when it has seen that many events. */
class Seen {
  readonly batches: Batch[] = [];
  private readonly waiting: { count: number; resolve: () => void }[] = [];

  readonly take = async (batch: Batch): Promise<void> => {
    this.batches.push(batch);
    const { length } = this.positions();
    for (const { count, resolve } of this.waiting) if (length >= count) resolve();
  };

  positions(): number[] {
    return positions(this.batches);
  }

  until(count: number): Promise<void> {
    if (this.positions().length >= count) return Promise.resolve();
    return new Promise((resolve) => this.waiting.push({ count, resolve }));
  }
}

/** The cases of `Journal.subscribe`; run by journalContract. */
export function subscriptionContract(shared: () => Shared): void {
  catchUpCases(shared);
  liveCases(shared);
  endCases(shared);
}

function catchUpCases(shared: () => Shared): void {
  it('is caught up at once where there is nothing', async () => {
    const subscription = shared().journal.subscribe(0, async () => undefined);
    await subscription.caughtUp;
    await subscription.stop();
  });
  it('is caught up after everything that was there', async () => {
    const { journal, append } = shared();
    for (const count of [3, 2, 4]) await append(count);
    const seen = new Seen();
    const subscription = journal.subscribe(0, seen.take);
    await subscription.caughtUp;
    expect(seen.positions()).toEqual(upTo(9));
    await subscription.stop();
  });
  it('is caught up although the writer never rests', async () => {
    const { journal, append } = shared();
    for (let i = 0; i < 20; i += 1) await append(1);
    const rest = new AbortController();
    const writer = (async () => {
      while (!rest.signal.aborted) {
        await append(1);
        // In memory an append takes no time: without a turn of the event loop no timer would ever fire.
        await turn();
      }
    })();
    const slow = journal.subscribe(0, () => sleep(2));
    await slow.caughtUp;
    rest.abort();
    await writer;
    await slow.stop();
  });
  it('begins in the middle of a batch, without the events before', async () => {
    const { journal, append } = shared();
    for (const count of [3, 4]) await append(count);
    const seen = new Seen();
    const subscription = journal.subscribe(5, seen.take);
    await subscription.caughtUp;
    await append(2);
    await seen.until(4);
    expect(seen.positions()).toEqual(upTo(9, 5));
    await subscription.stop();
  });
  it('begins at the end, with what comes', async () => {
    const { journal, append } = shared();
    await append(3);
    const seen = new Seen();
    const subscription = journal.subscribe(3, seen.take);
    await subscription.caughtUp;
    expect(seen.positions()).toEqual([]);
    await append(2);
    await seen.until(2);
    expect(seen.positions()).toEqual([3, 4]);
    await subscription.stop();
  });
}

function liveCases(shared: () => Shared): void {
  it('has no gap and no repeat while somebody appends', async () => {
    const { journal, append } = shared();
    for (let i = 0; i < 20; i += 1) await append(2);
    const seen = new Seen();
    const subscription = journal.subscribe(0, seen.take);
    for (let i = 0; i < 40; i += 1) await append(1 + (i % 4));
    const { size } = await journal.head();
    await seen.until(size);
    expect(seen.positions()).toEqual(upTo(size));
    await subscription.stop();
  });
  it('serves several subscribers, each at its own pace', async () => {
    const { journal, append } = shared();
    const [fast, slow] = [new Seen(), new Seen()];
    const subscriptions = [
      journal.subscribe(0, fast.take),
      journal.subscribe(0, async (batch) => {
        await sleep(3);
        await slow.take(batch);
      }),
    ];
    for (let i = 0; i < 15; i += 1) await append(2);
    await Promise.all([fast.until(30), slow.until(30)]);
    expect(fast.positions()).toEqual(upTo(30));
    expect(slow.positions()).toEqual(upTo(30));
    for (const subscription of subscriptions) await subscription.stop();
  });
  it('sees what another process appends', async () => {
    const { store, append } = shared();
    const other = await store.again();
    const seen = new Seen();
    const subscription = other.subscribe(0, seen.take);
    await subscription.caughtUp;
    await append(3);
    await seen.until(3);
    await append(1);
    await seen.until(4);
    expect(seen.positions()).toEqual(upTo(4));
    await subscription.stop();
  });
  it('does not sleep through an append that comes while it reads', async () => {
    const { journal, append } = shared();
    const seen = new Seen();
    const subscription = journal.subscribe(0, seen.take);
    await subscription.caughtUp;
    for (let size = 1; size <= 25; size += 1) {
      await append(1);
      await seen.until(size);
    }
    await subscription.stop();
  });
  it('calls its handler for one batch at a time', async () => {
    const { journal, append } = shared();
    let [busy, most] = [0, 0];
    const seen = new Seen();
    const subscription = journal.subscribe(0, async (batch) => {
      busy += 1;
      most = Math.max(most, busy);
      await sleep(1);
      busy -= 1;
      await seen.take(batch);
    });
    for (let i = 0; i < 10; i += 1) await append(1);
    await seen.until(10);
    expect(most).toBe(1);
    await subscription.stop();
  });
  it('gives what reading gives', async () => {
    const { journal, append, headNow } = shared();
    const seen = new Seen();
    const subscription = journal.subscribe(0, seen.take);
    await append(3);
    const offsets = [{ topic: 't', partition: 0, next: '4', ahead: '' }];
    await journal.append({ expected: headNow(), events: trades(3, 2), recordedAt: 77, offsets });
    await seen.until(5);
    expect(seen.batches).toEqual(await all(journal));
    await subscription.stop();
  });
}

async function all(journal: Journal): Promise<Batch[]> {
  const batches: Batch[] = [];
  for await (const batch of journal.read(0)) batches.push(batch);
  return batches;
}

function endCases(shared: () => Shared): void {
  it('ends with the error of its handler, which is not called again', async () => {
    const { journal, append } = shared();
    for (let i = 0; i < 3; i += 1) await append(1);
    let calls = 0;
    const broken = new Error('the projector broke');
    const subscription = journal.subscribe(0, async ({ header }) => {
      calls += 1;
      if (header.seq === 1) throw broken;
    });
    await expect(subscription.done).rejects.toBe(broken);
    await expect(subscription.caughtUp).rejects.toBe(broken);
    await append(1);
    expect(calls).toBe(2);
  });
  it('stops when told, after the batch in hand', async () => {
    const { journal, append } = shared();
    await append(1);
    let finished = false;
    let entered!: () => void;
    const inHand = new Promise<void>((resolve) => (entered = resolve));
    const subscription = journal.subscribe(0, async () => {
      entered();
      await sleep(20);
      finished = true;
    });
    await inHand;
    await subscription.stop();
    expect(finished).toBe(true);
    await expect(subscription.done).resolves.toBeUndefined();
  });
  it('is not called after stop', async () => {
    const { journal, append } = shared();
    const seen = new Seen();
    const subscription = journal.subscribe(0, seen.take);
    await append(1);
    await seen.until(1);
    await subscription.stop();
    await append(1);
    await sleep(20);
    expect(seen.positions()).toEqual([0]);
  });
}
