import { describe, expect, it } from '@jest/globals';
import type { Segment } from '../../journal/chain.js';
import { JournalConflict, JournalCorrupt } from '../../journal/errors.js';
import type { FaultName, Faults } from '../../journal/faults.contract.js';
import { journalContract } from '../../journal/journal.contract.js';
import { verifyJournal } from '../../journal/verify.js';
import { collect, trades } from '../../testing/facts.js';
import { LineLost, memoryJournal, memoryStore, type MemoryStore } from './memory-journal.js';

const FAULTS: readonly FaultName[] = ['lose-answer', 'lose-request', 'delay-request'];

/** A line that breaks at the next append. */
function faultsOf(store: MemoryStore): Faults {
  let held: (() => unknown) | undefined;
  return {
    strike: async (fault) => {
      store.line = (write) => {
        delete store.line;
        if (fault === 'lose-answer') write();
        if (fault === 'delay-request') held = write;
        throw new LineLost('it broke');
      };
    },
    release: async () => {
      expect(() => held?.()).toThrow(JournalConflict);
    },
  };
}

journalContract(
  'memory',
  async () => {
    const store = memoryStore();
    return {
      journal: memoryJournal(store),
      again: async () => memoryJournal(store),
      cleanup: async () => undefined,
      faults: faultsOf(store),
    };
  },
  FAULTS,
);

async function filled(batches: number): Promise<MemoryStore> {
  const store = memoryStore();
  const journal = memoryJournal(store);
  let head = await journal.acquire('writer');
  for (let i = 0; i < batches; i += 1) {
    const events = trades(head.size, 3);
    head = await journal.append({ expected: head, events, recordedAt: i });
  }
  return store;
}

/** Replaces segment `seq` by what `change` makes of it; undefined removes it. */
function tamper(
  { segments }: MemoryStore,
  seq: number,
  change: (segment: Segment) => Segment | undefined,
): void {
  const changed = change(segments[seq]!);
  segments.splice(seq, 1, ...(changed ? [changed] : []));
}

describe('tampering', () => {
  const flip = (segment: Segment): Segment => {
    const payload = Buffer.from(segment.payload);
    payload[40] = payload[40]! ^ 1;
    return { ...segment, payload };
  };
  const cases: [string, number, (segment: Segment) => Segment | undefined, number][] = [
    ['a flipped bit', 20, flip, 20],
    [
      'a changed header',
      5,
      (s) => ({ ...s, header: s.header.replace('"epoch":1', '"epoch":2') }),
      5,
    ],
    ['a moved position', 5, (s) => ({ ...s, firstPosition: s.firstPosition + 1 }), 5],
    ['another link', 5, (s) => ({ ...s, prevHash: 'ab'.repeat(32) }), 5],
    ['a missing beginning', 0, () => undefined, 0],
    ['a missing middle', 7, () => undefined, 7],
    ['a missing page end', 16, () => undefined, 16],
    ['a missing end', 29, () => undefined, 29],
  ];
  it.each(cases)('%s is found and names the batch', async (_, seq, change, named) => {
    const store = await filled(30);
    tamper(store, seq, change);
    const journal = memoryJournal(store);
    expect(await verifyJournal(journal)).toMatchObject({ ok: false, batch: named });
    await expect(collect(journal.read(0))).rejects.toMatchObject({ batch: named });
  });

  it('is found by a reader that begins right behind it', async () => {
    const store = await filled(10);
    tamper(store, 4, flip);
    const read = collect(memoryJournal(store).read(15));
    await expect(read).rejects.toBeInstanceOf(JournalCorrupt);
  });

  it('ends a subscription with the batch named', async () => {
    const store = await filled(10);
    tamper(store, 4, flip);
    const subscription = memoryJournal(store).subscribe(0, async () => undefined);
    await expect(subscription.done).rejects.toMatchObject({ batch: 4 });
  });

  it('of a head is found', async () => {
    const store = await filled(3);
    store.head = { ...store.head, hash: 'ab'.repeat(32) };
    expect(await verifyJournal(memoryJournal(store))).toMatchObject({ ok: false, batch: 2 });
  });
});

describe('verifyJournal over segments', () => {
  async function* from(segments: readonly Segment[]): AsyncGenerator<Segment> {
    yield* segments;
  }

  it('accepts a whole journal and reports progress', async () => {
    const { segments, head } = await filled(4);
    const progress: number[] = [];
    const verified = await verifyJournal(from(segments), (events) => progress.push(events));
    expect(verified).toEqual({ ok: true, batches: 4, events: 12, hash: head.hash });
    expect(progress).toEqual([3, 6, 9, 12]);
  });
  it('names what is missing', async () => {
    const { segments } = await filled(4);
    expect(await verifyJournal(from(segments.slice(1)))).toMatchObject({ ok: false, batch: 0 });
    const holed = segments.filter(({ seq }) => seq !== 2);
    expect(await verifyJournal(from(holed))).toMatchObject({ ok: false, batch: 2 });
  });
});
