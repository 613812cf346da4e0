import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { JournalConflict } from '../journal/errors.js';
import { GroupCommit } from '../journal/group-commit.js';
import type { MakeJournal, JournalUnderTest } from '../journal/journal.contract.js';
import type { AppendRequest, Batch, Journal, JournalHead } from '../journal/journal.js';
import { PAGE } from '../journal/reader.js';
import { collect, positions, trades, upTo } from '../testing/facts.js';

const request = (expected: JournalHead, count = 1): AppendRequest => ({
  expected,
  events: trades(expected.size, count),
  recordedAt: 1,
});

/** Collects the positions a subscriber sees. */
function watch(journal: Journal, from = 0): { seen: number[]; stop(): Promise<void> } {
  const seen: number[] = [];
  const subscription = journal.subscribe(from, async (batch: Batch) => {
    seen.push(...positions([batch]));
  });
  return { seen, stop: () => subscription.stop() };
}

/**
 * What other event stores for TypeScript were seen to lose, double or misreport, each as a case of our journal. They speak
 * of streams and their versions; a journal is one log, so `no stream` is the head of an empty journal, `stream exists` a
 * head that has batches, an expected version an expected head. An append without a check does not exist here: its twin is
 * what callers get who do not care for order, GroupCommit.
 */
export function peersContract(name: string, make: MakeJournal): void {
  describe(`${name} loses nothing that peers lose`, () => {
    let store: JournalUnderTest;
    let journal: Journal;
    let head: JournalHead;

    beforeEach(async () => {
      store = await make();
      journal = store.journal;
      head = await journal.acquire('first');
    });
    afterEach(() => store.cleanup());
    const shared = (): Shared => ({ store, journal, head });

    describe('expected versions', () => versionCases(shared));
    describe('ids', () => idCases(shared));
    describe('positions', () => positionCases(shared));
    describe('subscribers', () => subscriberCases(shared));
  });
}

interface Shared {
  readonly store: JournalUnderTest;
  readonly journal: Journal;
  readonly head: JournalHead;
}

function versionCases(shared: () => Shared): void {
  it('"no stream" holds once: of two who expect an empty journal the second is refused', async () => {
    const { journal, head, store } = shared();
    await journal.append(request(head));
    await expect(journal.append(request(head))).rejects.toThrow(JournalConflict);
    const other = await store.again();
    const late = { ...head, epoch: (await other.acquire('second')).epoch };
    await expect(other.append(request(late))).rejects.toThrow(JournalConflict);
    expect(positions(await collect(journal.read(0)))).toEqual([0]);
  });
  it('"stream exists" is false of what does not exist: batches that are not there are not built upon', async () => {
    const { journal, head } = shared();
    const imagined = { ...head, batches: 1, size: 1, hash: 'ab'.repeat(32) };
    await expect(journal.append(request(imagined))).rejects.toThrow(JournalConflict);
    expect(await journal.head()).toEqual(head);
    expect(await collect(journal.read(0))).toEqual([]);
  });
  it('"wrong version" tells which version was expected, and is of a kind of its own', async () => {
    const { journal, head } = shared();
    let now = head;
    for (let i = 0; i < 3; i += 1) now = await journal.append(request(now));
    const stale = journal.append(request(head));
    await expect(stale).rejects.toMatchObject({
      name: 'JournalConflict',
      message: expect.stringContaining(`expected batch 0 in epoch ${head.epoch}`),
    });
    // And the head that is true after it can be asked for, and built upon.
    expect(await journal.head()).toEqual(now);
    expect((await journal.append(request(now))).batches).toBe(4);
  });
  it('a refused append leaves the version as it was', async () => {
    const { journal, head } = shared();
    const first = await journal.append(request(head));
    for (let i = 0; i < 5; i += 1) {
      await expect(journal.append(request(head))).rejects.toThrow(JournalConflict);
    }
    expect(await journal.head()).toEqual(first);
    expect(await journal.append(request(first))).toMatchObject({ batches: 2, size: 2 });
  });
  it('many who append at once without caring for order all succeed, each once', async () => {
    const { journal, head } = shared();
    const group = new GroupCommit(journal, head, () => 1);
    const answers = await Promise.all(upTo(50).map((i) => group.submit(trades(i, 1))));
    expect(answers).toEqual(upTo(50));
    const events = (await collect(journal.read(0))).flatMap((batch) => batch.events);
    expect(events.map(({ id }) => id)).toEqual(trades(0, 50).map(({ id }) => id));
  });
  it('of many processes that append at once what was acknowledged is there, and nothing else', async () => {
    const { journal, head, store } = shared();
    const handles = [journal, await store.again(), await store.again(), await store.again()];
    const results = await Promise.allSettled(handles.map((each) => each.append(request(head, 2))));
    const acknowledged = results.flatMap((r) => (r.status === 'fulfilled' ? [r.value.hash] : []));
    expect(acknowledged).toHaveLength(1);
    const written = await collect(journal.read(0));
    expect(written.map(({ hash }) => hash)).toEqual(acknowledged);
  });
}

function idCases(shared: () => Shared): void {
  it('a message sent again with its old expectation is there once, and its sender is told', async () => {
    const { journal, head } = shared();
    const message = request(head, 3);
    await journal.append(message);
    await expect(journal.append(message)).rejects.toThrow(JournalConflict);
    expect(positions(await collect(journal.read(0)))).toEqual([0, 1, 2]);
  });
  it('a message sent again by a caller who does not care for order is there once', async () => {
    const { journal, head, store } = shared();
    const group = new GroupCommit(journal, head, () => 1);
    const answers = [0, 3, 0].map((from) => group.submit(trades(from, 3)));
    expect(await Promise.all(answers)).toEqual([0, 3, 0]);
    const other = await GroupCommit.open(await store.again(), 'second', () => 1);
    expect(await other.submit(trades(3, 3))).toBe(3);
    expect(positions(await collect(journal.read(0)))).toEqual(upTo(6));
  });
}

function positionCases(shared: () => Shared): void {
  it('the last position an append reports is that of its last event', async () => {
    const { journal, head } = shared();
    let now = head;
    for (const count of [1, 7, 2, 30]) {
      now = await journal.append(request(now, count));
      const last = (await collect(journal.read(now.size - 1))).at(-1)?.events.at(-1);
      expect(last?.position).toBe(now.size - 1);
      expect((await journal.head()).size).toBe(now.size);
    }
  });
  it('what was refused leaves no gap: positions have none, ever', async () => {
    const { journal, head, store } = shared();
    let now = head;
    for (let i = 0; i < 5; i += 1) {
      await expect(journal.append(request({ ...now, batches: 99 }))).rejects.toThrow(
        JournalConflict,
      );
      await expect(journal.append({ ...request(now), events: [] })).rejects.toThrow(RangeError);
      now = await journal.append(request(now, 2));
    }
    const other = await store.again();
    const taken = await other.acquire('second');
    await expect(journal.append(request(now))).rejects.toThrow(JournalConflict);
    await other.append(request(taken));
    expect(positions(await collect(other.read(0)))).toEqual(upTo(11));
  });
  it('a reader that resumes anywhere gets every event from there on, on both sides of a page', async () => {
    const { journal, head } = shared();
    let now = head;
    for (let i = 0; i < PAGE + 2; i += 1) now = await journal.append(request(now, 2));
    for (let from = (PAGE - 2) * 2; from < now.size; from += 1) {
      const read = positions(await collect(journal.read(from)));
      expect(read.filter((position) => position >= from)).toEqual(upTo(now.size, from));
    }
  });
}

function subscriberCases(shared: () => Shared): void {
  it('no event is lost or doubled where a batch ends, whoever writes and in whatever order they come', async () => {
    const { journal, head, store } = shared();
    const watched = watch(journal);
    const other = await store.again();
    let size = head.size;
    for (let round = 0; round < 6; round += 1) {
      const [one, two] = round % 2 === 0 ? [journal, other] : [other, journal];
      const heads = [await one.acquire('one'), await two.acquire('two')];
      // The first is fenced off already: its append is under way at the same time, and must not show.
      const results = await Promise.allSettled([
        one.append(request(heads[0]!, 3)),
        two.append(request(heads[1]!, 2)),
      ]);
      expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
      size += 2;
    }
    while (watched.seen.length < size) await turn();
    expect(watched.seen).toEqual(upTo(size));
    await watched.stop();
  });
  it('a checkpoint taken at any event resumes behind it, without gap or repeat', async () => {
    const { journal, head } = shared();
    let now = head;
    for (let i = 0; i < 4; i += 1) now = await journal.append(request(now, 3));
    for (const checkpoint of [0, 1, 2, 3, 5, 11, 12]) {
      const watched = watch(journal, checkpoint);
      while (watched.seen.length < now.size - checkpoint) await turn();
      expect(watched.seen).toEqual(upTo(now.size, checkpoint));
      await watched.stop();
    }
  });
  it('an event is delivered after it is durable, and never before', async () => {
    const { journal, head, store } = shared();
    const watched = watch(journal);
    const other = await store.again();
    let now = head;
    for (let i = 0; i < 5; i += 1) {
      now = await journal.append(request(now, 2));
      while (watched.seen.length < now.size) await turn();
      expect(positions(await collect(other.read(0)))).toEqual(watched.seen);
    }
    await watched.stop();
  });
}
