import { describe, expect, it } from '@jest/globals';
import { memoryJournal } from '../adapters/memory/memory-journal.js';
import { collect, positions, trades, unwritable, upTo } from '../testing/facts.js';
import { InvalidEvent, JournalConflict, JournalUnavailable } from './errors.js';
import { GroupCommit, MAX_BATCH } from './group-commit.js';
import type { AppendRequest, Journal } from './journal.js';

/** A writer on a memory journal whose appends take a turn of the event loop. */
async function writer(): Promise<{ journal: Journal; group: GroupCommit; active: () => number }> {
  const journal = memoryJournal();
  let [running, most] = [0, 0];
  const slow: Journal = Object.create(journal, {
    append: {
      value: async (request: AppendRequest) => {
        running += 1;
        most = Math.max(most, running);
        await new Promise((resolve) => setImmediate(resolve));
        running -= 1;
        return journal.append(request);
      },
    },
  }) as Journal;
  let now = 0;
  const group = new GroupCommit(slow, await journal.acquire('writer'), () => (now += 1));
  return { journal, group, active: () => most };
}

const sizes = async (journal: Journal): Promise<number[]> =>
  (await collect(journal.read(0))).map(({ header }) => header.count);

describe('GroupCommit', () => {
  it('answers with the position of the first event', async () => {
    const { group } = await writer();
    const answers = [group.submit(trades(0, 3)), group.submit(trades(3, 2))];
    expect(await Promise.all(answers)).toEqual([0, 3]);
    expect(await group.submit(trades(5, 1))).toBe(5);
  });
  it('writes what arrives together as one batch, and what arrives meanwhile as the next', async () => {
    const { journal, group, active } = await writer();
    const first = [group.submit(trades(0, 1)), group.submit(trades(1, 1))];
    await Promise.resolve();
    await Promise.resolve();
    const next = upTo(100).map((i) => group.submit(trades(2 + i * 5, 5)));
    await Promise.all([...first, ...next]);
    expect(await sizes(journal)).toEqual([2, 500]);
    expect(active()).toBe(1);
  });
  it('cuts batches at 10,000 events and never through an item', async () => {
    const { journal, group } = await writer();
    const counts = [6_000, 4_000, 1, 9_999, 1];
    let from = 0;
    const answers = counts.map((count) => group.submit(trades((from += count) - count, count)));
    expect(await Promise.all(answers)).toEqual([0, 6_000, 10_000, 10_001, 20_000]);
    expect(await sizes(journal)).toEqual([10_000, 10_000, 1]);
    expect(positions(await collect(journal.read(0)))).toEqual(upTo(20_001));
  });
  it('stores what was submitted, in order, whatever was encoded ahead', async () => {
    const { journal, group } = await writer();
    const answers = upTo(40).map((i) => group.submit(trades(i * 60, 60)));
    await Promise.all(answers);
    const events = (await collect(journal.read(0))).flatMap((batch) => batch.events);
    const ids = trades(0, 2_400).map(({ id }) => id);
    expect(events.map(({ id }) => id)).toEqual(ids);
  });
  it('keeps the last offset of a partition', async () => {
    const { journal, group } = await writer();
    const at = (next: string) => [{ topic: 't', partition: 0, next, ahead: '' }];
    await Promise.all([group.submit(trades(0, 1), at('4')), group.submit(trades(1, 1), at('5'))]);
    expect(await journal.offsets()).toEqual(at('5'));
  });
  it('refuses nothing and too much, and goes on', async () => {
    const { group } = await writer();
    await expect(group.submit([])).rejects.toThrow(RangeError);
    await expect(group.submit(trades(0, MAX_BATCH + 1))).rejects.toThrow(RangeError);
    expect(await group.submit(trades(0, 1))).toBe(0);
  });
  it('is dead after a conflict, with everything that waited', async () => {
    const { journal, group } = await writer();
    const first = group.submit(trades(0, 1));
    await Promise.resolve();
    await Promise.resolve();
    const waiting = group.submit(trades(1, 1));
    await journal.acquire('somebody else');
    await expect(first).rejects.toThrow(JournalConflict);
    await expect(waiting).rejects.toThrow(JournalConflict);
    await expect(group.submit(trades(2, 1))).rejects.toThrow(JournalUnavailable);
    expect(await sizes(journal)).toEqual([]);
  });
  it('is dead after an event nobody could prove: what follows may rest on it', async () => {
    const { journal, group } = await writer();
    await expect(group.submit([unwritable()])).rejects.toThrow(InvalidEvent);
    await expect(group.submit(trades(0, 1))).rejects.toThrow(JournalUnavailable);
    expect(await sizes(journal)).toEqual([]);
  });

  describe('of events submitted before', () => {
    it('writes none again, and answers with the position they have', async () => {
      const { journal, group } = await writer();
      const first = group.submit(trades(0, 3));
      const again = group.submit(trades(0, 3));
      const part = group.submit(trades(1, 2));
      expect(await Promise.all([first, again, part])).toEqual([0, 0, 1]);
      expect(await group.submit(trades(2, 1))).toBe(2);
      expect(await group.submit(trades(3, 1))).toBe(3);
      expect(positions(await collect(journal.read(0)))).toEqual(upTo(4));
    });
    it('answers for those under way only when they are durable', async () => {
      const { journal, group } = await writer();
      void group.submit(trades(0, 1));
      await Promise.resolve();
      await Promise.resolve();
      void group.submit(trades(1, 1));
      expect(await group.submit(trades(1, 1))).toBe(1);
      expect((await journal.head()).size).toBe(2);
    });
    it('knows them after a restart', async () => {
      const { journal, group } = await writer();
      await group.submit(trades(0, 5));
      const next = await GroupCommit.open(journal, 'next', () => 1);
      expect(await next.submit(trades(3, 2))).toBe(3);
      const forgetful = await GroupCommit.open(journal, 'forgetful', () => 1, 1);
      expect(await forgetful.submit(trades(4, 1))).toBe(4);
      expect(await forgetful.submit(trades(5, 1))).toBe(5);
      expect(positions(await collect(journal.read(0)))).toEqual(upTo(6));
    });
    it('refuses another event under a known id, and new ones among the known', async () => {
      const { group } = await writer();
      const [event] = trades(0, 1);
      await group.submit([event!]);
      const other = { ...event!, actor: 'somebody' };
      await expect(group.submit([other])).rejects.toThrow('used before for another event');
      await expect(group.submit(trades(0, 2))).rejects.toThrow(InvalidEvent);
      await expect(group.submit([...trades(1, 1), event!])).rejects.toThrow(InvalidEvent);
      await expect(group.submit([...trades(1, 1), ...trades(1, 1)])).rejects.toThrow('same id');
      expect(await group.submit(trades(1, 1))).toBe(1);
    });
    it('fails with the batch they are in', async () => {
      const { journal, group } = await writer();
      await journal.acquire('another');
      const first = group.submit(trades(0, 1));
      const again = group.submit(trades(0, 1));
      await expect(first).rejects.toThrow(JournalConflict);
      await expect(again).rejects.toThrow(JournalConflict);
    });
  });
});
