import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { collect, positions, trades, upTo } from '../testing/facts.js';
import { JournalConflict } from './errors.js';
import type { Shared } from './journal.contract.js';
import type { Batch, Journal, JournalHead } from './journal.js';
import { verifyJournal } from './verify.js';

const request = (expected: JournalHead, count: number) => ({
  expected,
  events: trades(expected.size, count),
  recordedAt: 1,
});

/** Hashes of the batches a writer was told are written, until somebody else takes over or `until` says so. */
async function writeUntil(
  journal: Journal,
  head: JournalHead,
  until: () => boolean,
): Promise<string[]> {
  const acknowledged: string[] = [];
  try {
    for (let expected = head; !until();) {
      expected = await journal.append(request(expected, 2));
      acknowledged.push(expected.hash);
      // In memory an append takes no time: without a turn of the event loop nobody else would ever have one.
      await turn();
    }
  } catch (error) {
    expect(error).toBeInstanceOf(JournalConflict);
  }
  return acknowledged;
}

const hashes = async (journal: Journal): Promise<string[]> =>
  (await collect(journal.read(0))).map(({ hash }) => hash);

/** Several writers and readers at work at once; run by journalContract. */
export function concurrencyContract(shared: () => Shared): void {
  writerCases(shared);
  readerCases(shared);
}

function writerCases(shared: () => Shared): void {
  it('gives each of many who take over at once an epoch of its own', async () => {
    const { journal, headNow, store } = shared();
    const handles = await Promise.all(upTo(5).map(() => store.again()));
    const heads = await Promise.all(handles.map((handle, i) => handle.acquire(`writer ${i}`)));
    const first = headNow().epoch + 1;
    expect(heads.map(({ epoch }) => epoch).sort((a, b) => a - b)).toEqual(upTo(first + 5, first));
    const results = await Promise.allSettled(
      handles.map((handle, i) => handle.append(request(heads[i]!, 1))),
    );
    const written = results.flatMap(({ status }, i) => (status === 'fulfilled' ? [heads[i]!] : []));
    expect(written.map(({ epoch }) => epoch)).toEqual([first + 4]);
    expect(positions(await collect(journal.read(0)))).toEqual([0]);
  });
  it('relieves a writer that never rests, and keeps what it was told is written', async () => {
    const { journal, headNow, store } = shared();
    const writing = writeUntil(journal, headNow(), () => false);
    const second = await store.again();
    await turn();
    const head = await second.acquire('second');
    const acknowledged = await writing;
    expect(head.batches).toBe(acknowledged.length);
    await second.append(request(head, 2));
    expect((await hashes(second)).slice(0, -1)).toEqual(acknowledged);
  });
  it('keeps one order while writers relieve one another, nothing lost and nothing twice', async () => {
    const { store } = shared();
    let finished = false;
    const shifts = upTo(4).map(async (i) => {
      const handle = await store.again();
      const acknowledged: string[] = [];
      for (let shift = 0; shift < 3; shift += 1) {
        const head = await handle.acquire(`writer ${i}`);
        let left = 4;
        acknowledged.push(...(await writeUntil(handle, head, () => (left -= 1) < 0 || finished)));
      }
      return acknowledged;
    });
    const acknowledged = (await Promise.all(shifts)).flat();
    finished = true;
    const { journal } = shared();
    const written = await hashes(journal);
    expect([...written].sort()).toEqual([...acknowledged].sort());
    expect(positions(await collect(journal.read(0)))).toEqual(upTo(written.length * 2));
    expect(await verifyJournal(journal)).toMatchObject({ ok: true, batches: written.length });
  });
  it('writes one of several appends a handle is asked for at once', async () => {
    const { journal, headNow } = shared();
    const requests = upTo(4).map((i) => request(headNow(), 1 + i));
    const results = await Promise.allSettled(requests.map((each) => journal.append(each)));
    const written = results.filter(({ status }) => status === 'fulfilled');
    expect(written).toHaveLength(1);
    expect(await collect(journal.read(0))).toHaveLength(1);
  });
}

function readerCases(shared: () => Shared): void {
  it('shows every reader the same order, at whatever moment it reads', async () => {
    const { append, store } = shared();
    const readers = await Promise.all(upTo(3).map(() => store.again()));
    const writing = new AbortController();
    const reading = readers.map(async (reader) => {
      const readings: string[][] = [];
      while (!writing.signal.aborted) {
        readings.push(await hashes(reader));
        await turn();
      }
      return readings;
    });
    for (let i = 0; i < 15; i += 1) {
      await append(1 + (i % 3));
      await turn();
    }
    writing.abort();
    const all = await hashes(shared().journal);
    for (const readings of await Promise.all(reading)) {
      for (const reading of readings) expect(reading).toEqual(all.slice(0, reading.length));
    }
  });
  it('hands over from what is there to what comes without gap or repeat, at any moment', async () => {
    const { journal, append } = shared();
    const seen = upTo(8).map((): number[] => []);
    const subscriptions = [];
    for (const [i, positionsSeen] of seen.entries()) {
      for (let batch = 0; batch < 3; batch += 1) await append(1 + (batch % 2));
      const take = async (batch: Batch): Promise<void> => {
        positionsSeen.push(...positions([batch]));
      };
      subscriptions.push(journal.subscribe(i, take));
      // Not awaited: the next appends come while it catches up.
      await turn();
    }
    const { size } = await append(1);
    const complete = (): boolean => seen.every((each) => each.at(-1) === size - 1);
    while (!complete()) await turn();
    for (const [i, each] of seen.entries()) expect(each).toEqual(upTo(size, i));
    await Promise.all(subscriptions.map((subscription) => subscription.stop()));
  });
  it('keeps a subscription whole while writers relieve one another', async () => {
    const { journal, append, store } = shared();
    const seen: number[] = [];
    const subscription = journal.subscribe(0, async (batch) => {
      seen.push(...positions([batch]));
    });
    let { size } = await append(3);
    for (const name of ['second', 'third', 'fourth']) {
      const handle = await store.again();
      const head = await handle.append(request(await handle.acquire(name), 2));
      ({ size } = await handle.append(request(head, 1)));
    }
    while (seen.length < size) await turn();
    expect(seen).toEqual(upTo(12));
    await subscription.stop();
  });
}
