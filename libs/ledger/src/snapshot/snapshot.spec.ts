import { beforeAll, describe, expect, it } from '@jest/globals';
import {
  type AnyNewEvent,
  memoryJournal,
  type MemoryStore,
  memoryStore,
  packLines,
  pageHash,
  peekHeader,
  sealSnapshot,
  type SnapshotHeader,
  type StoredSnapshot,
} from '#events';
import {
  evolve,
  foldTail,
  initialState,
  nearestSnapshot,
  resolveCut,
  stateAt,
  stateHash,
  stateLines,
  takeSnapshot,
  verifySnapshots,
} from '#ledger';
import { numbered } from '../testing/driver.js';
import { append, kept, type Kept, snapshotKey, strangerKey } from '../testing/journalled.js';
import { planOf } from '../testing/plan.js';
import { flatAssess } from '../testing/risk-house.js';
import { feed } from '../testing/simulate.js';

/** A week of random days, the same every time. */
const choice = (n: number) => ({
  kind: (['trade', 'trade', 'deposit', 'bust', 'withdraw', 'transfer'] as const)[n % 6]!,
  instrument: (n * 7) % 60,
  venue: n % 6,
  one: (n * 131) % 840,
  other: (n * 377) % 840,
  quantity: 1 + ((n * 997) % 20_000),
  offset: ((n * 31) % 600) - 300,
});
const week = {
  days: Array.from({ length: 7 }, (_, day) => ({
    move: (day * 97) % 300,
    marked: 0xfffff,
    abandoned: day === 3,
    choices: Array.from({ length: 20 }, (__, i) => choice(day * 20 + i)),
  })),
  expiry: 5,
  guarantee: 1_000_000,
  seeds: [1, 2] as [number, number],
  cutAt: 500,
};

let events: readonly AnyNewEvent[];
beforeAll(() => {
  ({ events } = feed(numbered(planOf(week)), initialState(), flatAssess));
});

const hashAt = (size: number): string => {
  const state = initialState();
  for (const event of events.slice(0, size)) evolve(state, event);
  return stateHash(state);
};

/** Snapshots after each third of the journal. */
async function thirds(store = memoryStore()): Promise<Kept & { sizes: number[] }> {
  const source = kept(memoryJournal(store));
  const third = Math.ceil(events.length / 21) * 7;
  const sizes: number[] = [];
  for (let from = 0; from < events.length; from += third) {
    await append(source.journal, events.slice(from, from + third));
    sizes.push((await takeSnapshot(source))!.header.size);
  }
  return { ...source, sizes };
}

describe('a snapshot', () => {
  it('is taken at the head, once, and starts the state that a replay gives', async () => {
    const source = kept();
    expect(await takeSnapshot(source)).toBeUndefined();
    await append(source.journal, events.slice(0, 100));
    const { header } = (await takeSnapshot(source))!;
    const { size, batches, hash } = await source.journal.head();
    expect(header).toMatchObject({ size, batches, chainHash: hash, stateRoot: hashAt(100) });
    expect(await takeSnapshot(source)).toBeUndefined();
    await append(source.journal, events.slice(100));
    const start = await nearestSnapshot(source);
    expect(start.size).toBe(100);
    const folded = await foldTail(source.journal, start);
    const head = await source.journal.head();
    expect(folded).toMatchObject({ size: head.size, batches: head.batches, hash: head.hash });
    expect(stateHash(folded.state)).toBe(hashAt(events.length));
    expect(source.lines).toEqual([]);
  });

  it('is kept among the last few', async () => {
    const source = await thirds();
    const two = { ...source, keep: 2 };
    await append(two.journal, events.slice(-1).map(resent));
    await takeSnapshot(two);
    const sizes = (await two.snapshots.list()).map(({ size }) => size);
    expect(sizes).toEqual([events.length + 1, source.sizes.at(-1)]);
  });

  it('is taken while the writer goes on', async () => {
    const source = kept();
    await append(source.journal, events.slice(0, 300));
    let ended = false;
    const taking = takeSnapshot(source).finally(() => (ended = true));
    let head = await source.journal.acquire('writer');
    let appended = 0;
    for (const event of events.slice(300)) {
      if (ended) break;
      head = await source.journal.append({ expected: head, events: [event], recordedAt: 0 });
      appended += 1;
      await new Promise((resolve) => setImmediate(resolve));
    }
    const { header } = (await taking)!;
    expect(appended).toBeGreaterThan(0);
    expect(header.size).toBe(300);
    expect(header.stateRoot).toBe(hashAt(300));
    expect(head.size).toBe(300 + appended);
  });
});

/** Another fact that changes nothing, to make a journal longer. */
function resent(event: AnyNewEvent): AnyNewEvent {
  const data = { cycle: 1, account: 'A', instrument: 'I', quantity: '1', limit: '1' };
  const made = { id: `again-${event.id}`, type: 'PositionLimitBreached', schemaVersion: 1, data };
  return { ...event, ...made } as AnyNewEvent;
}

describe('a snapshot that does not hold is refused with its place, and an older one is taken', () => {
  const replaceNewest = async (
    source: Kept,
    change: (header: SnapshotHeader, pages: Buffer[]) => readonly [StoredSnapshot, Buffer[]],
  ) => {
    const [newest] = await source.snapshots.list();
    const pages: Buffer[] = [];
    for await (const page of source.snapshots.pages(newest!.size)) pages.push(Buffer.from(page));
    const [stored, changed] = change(peekHeader(newest!), pages);
    await source.snapshots.remove(newest!.size);
    await source.snapshots.save({ ...stored, size: newest!.size }, changed);
  };
  const same = (header: SnapshotHeader) => sealSnapshot(header, snapshotKey);
  const flipped = (page: Buffer) => {
    const copy = Buffer.from(page);
    copy[copy.length >> 1]! ^= 1;
    return copy;
  };
  const resigned = (more: Partial<SnapshotHeader>) => (header: SnapshotHeader, pages: Buffer[]) =>
    [same({ ...header, ...more }), pages] as const;

  it.each<[string, Parameters<typeof replaceNewest>[1], RegExp]>([
    [
      'a flipped byte in a page',
      (header, pages) => [same(header), pages.map(flipped)],
      /page 1: does not have the hash its header names/,
    ],
    ['a missing page', (header) => [same(header), []], /page 1: is missing: there are 1/],
    [
      'a page too many',
      (header, pages) => [same(header), [...pages, ...pages]],
      /page 2: is one too many/,
    ],
    [
      'a page that is none',
      (header) => [same({ ...header, pages: [pageHash(Buffer.from('x'))] }), [Buffer.from('x')]],
      /page 1: cannot be unpacked/,
    ],
    ['a line too few', resigned({ lines: 1 }), /line \d+: ends it, its header counts 1 lines/],
    [
      'a flipped byte in its header',
      (header, pages) => {
        const { size, note } = same(header);
        return [{ size, note: note.replace('"shard":0', '"shard":1') }, pages];
      },
      /line 4: the signature of novate.test\+[0-9a-f]{8} is wrong/,
    ],
    [
      'the signature of another key',
      (header, pages) => [sealSnapshot(header, strangerKey), pages],
      /line 4: signed by novate.test\+[0-9a-f]{8}, not by novate.test\+[0-9a-f]{8}/,
    ],
    ['another root', resigned({ stateRoot: '0'.repeat(64) }), /entries: have root/],
    [
      'a fork of the journal',
      resigned({ chainHash: 'a'.repeat(64) }),
      /header: is of another journal or of a fork of it: here batch \d+ ends at/,
    ],
    ['another number of batches', resigned({ batches: 3 }), /another journal or of a fork/],
    ['another shard', resigned({ shard: 7 }), /header: is of shard 7, not 0/],
    [
      'a newer schema',
      resigned({ schema: 2 }),
      /line 2: has schema 2, this build knows 1: upgrade Novate/,
    ],
    [
      'another form of state',
      resigned({ codecs: { journal: 'x', pages: 'lines-zlib/1', state: 'novate/state/9' } }),
      /header: holds novate\/state\/9/,
    ],
    [
      'another form of pages',
      resigned({ codecs: { journal: 'x', pages: 'lines-zstd/1', state: 'novate/state/2' } }),
      /line 2: has pages lines-zstd\/1/,
    ],
    ['more events than the journal has', resigned({ size: 1e9 }), /is of 1000000000 events/],
  ])('with %s', async (_, change, message) => {
    const source = await thirds();
    await replaceNewest(source, change);
    const start = await nearestSnapshot(source);
    expect(source.lines).toHaveLength(1);
    expect(source.lines[0]).toMatch(`snapshot at ${source.sizes[2]} refused: `);
    expect(source.lines[0]).toMatch(message);
    expect(start.size).toBe(source.sizes[1]);
    const folded = await foldTail(source.journal, start);
    expect(stateHash(folded.state)).toBe(hashAt(events.length));
    // The next one is taken as if it were not there.
    const taken = await takeSnapshot(source);
    expect(taken?.header.stateRoot).toBe(hashAt(events.length));
    expect((await nearestSnapshot(source)).size).toBe(events.length);
  });

  /** The journal as it was after `size` events, as a backup brings it back. */
  const cutBack = (store: MemoryStore, size: number) => {
    store.segments.splice(store.segments.findIndex(({ firstPosition }) => firstPosition >= size));
    const { seq, hash } = store.segments.at(-1)!;
    store.head = { ...store.head, size, batches: seq + 1, hash };
  };

  it('of a journal that lost its end', async () => {
    const store = memoryStore();
    const source = await thirds(store);
    cutBack(store, source.sizes[1]!);
    const start = await nearestSnapshot(source);
    expect(start.size).toBe(source.sizes[1]);
    expect(source.lines).toHaveLength(1);
    expect(source.lines[0]).toMatch(/names \d+ events, the journal has \d+/);
  });

  it('of a journal that went another way', async () => {
    const store = memoryStore();
    const source = await thirds(store);
    cutBack(store, source.sizes[0]!);
    await append(source.journal, events.slice(source.sizes[0]).map(resent));
    const start = await nearestSnapshot(source);
    expect(start.size).toBe(source.sizes[0]);
    expect(source.lines).toHaveLength(2);
    for (const line of source.lines) expect(line).toMatch('a fork of it');
  });

  it('and where none holds the journal is folded from the beginning', async () => {
    const source = await thirds();
    const start = await nearestSnapshot({ ...source, keys: [strangerKey.verifier] });
    expect(start.size).toBe(0);
    expect(source.lines).toHaveLength(4);
    expect(source.lines[3]).toBe('no snapshot holds: folding the journal from position 0');
    const folded = await foldTail(source.journal, start);
    expect(stateHash(folded.state)).toBe(hashAt(events.length));
  });
});

describe('verification by replay', () => {
  it('finds nothing wrong with what was taken', async () => {
    const source = await thirds();
    expect(await verifySnapshots(source)).toEqual(source.sizes.map((size) => ({ size })));
  });

  it('finds the state its signer made up', async () => {
    const source = await thirds();
    const size = source.sizes[1]!;
    const stored = (await source.snapshots.list())[1]!;
    const { state } = await stateAt(source, { position: size });
    state.assets.set('EUR', { asset: 'EUR', scale: 2 });
    const { pages, lines } = await packLines(stateLines(state));
    const lie = { ...peekHeader(stored), stateRoot: stateHash(state), lines };
    await source.snapshots.remove(size);
    const sealed = sealSnapshot({ ...lie, pages: pages.map(pageHash) }, snapshotKey);
    await source.snapshots.save(sealed, pages);
    const verdicts = await verifySnapshots(source);
    expect(verdicts.map(({ size: at, place }) => [at, place])).toEqual([
      [source.sizes[0], undefined],
      [size, 'state root'],
      [source.sizes[2], undefined],
    ]);
    expect(verdicts[1]!.reason).toBe(`is ${stateHash(state)}, a replay gives ${hashAt(size)}`);
  });
});

describe('the state at a point', () => {
  it('is what a replay gives, at any position', async () => {
    const source = await thirds();
    for (const position of [
      0,
      1,
      source.sizes[0]! - 1,
      source.sizes[0]!,
      150,
      301,
      events.length,
    ]) {
      const { state, size } = await stateAt(source, { position });
      expect([size, stateHash(state)]).toEqual([position, hashAt(position)]);
    }
    expect(source.lines).toEqual([]);
  });

  it('is found by cycle and by time where a search from the beginning finds it', async () => {
    const source = await thirds();
    const cycles = events.flatMap((e) => (e.type === 'CycleCompleted' ? [e.data] : []));
    expect(cycles.length).toBe(7);
    for (const { cycle, endsAt } of cycles) {
      for (const cut of [{ cycle }, { time: endsAt }, { time: endsAt + 1 }]) {
        const { size, state } = await stateAt(source, cut);
        expect(size).toBe(await resolveCut(source.journal, cut));
        expect(stateHash(state)).toBe(hashAt(size));
      }
    }
    await expect(stateAt(source, { cycle: 8 })).rejects.toThrow('Cycle 8 has not been completed.');
    await expect(stateAt(source, { time: 1 })).rejects.toThrow('No cycle had ended by that time.');
    await expect(stateAt(source, { position: 1e6 })).rejects.toThrow('position 1000000 is not');
  });

  it('passes over snapshots that do not hold', async () => {
    const source = await thirds();
    const distrustful = { ...source, keys: [strangerKey.verifier] };
    const { state, size } = await stateAt(distrustful, { cycle: 6 });
    expect(stateHash(state)).toBe(hashAt(size));
    expect(source.lines.length).toBeGreaterThan(0);
  });
});
