import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { JournalConflict, JournalUnavailable } from '../../journal/errors.js';
import type { AppendRequest, Journal, JournalHead } from '../../journal/journal.js';
import { verifyJournal } from '../../journal/verify.js';
import { collect, positions, rejection, trades, upTo } from '../../testing/facts.js';
import { eventStoreJournal } from './eventstoredb-journal.js';
import { MAX_APPEND } from './records.js';
import { sizeOf } from './simulated/messages.js';
import {
  type SimulatedEventStore,
  simulatedEventStore,
  type SimulatedOptions,
} from './simulated/server.js';
import type { StoredRecord } from './simulated/streams.js';

const STREAM = 'novate-0';

let server: SimulatedEventStore;
let journal: Journal;
let head: JournalHead;
const opened: Journal[] = [];

/** Another handle, as another process would open it. */
function open(more: { patience?: number; attempts?: number } = {}): Journal {
  const handle = eventStoreJournal({ url: server.url, ...more });
  opened.push(handle);
  return handle;
}

async function begin(options: SimulatedOptions = {}): Promise<void> {
  server = await simulatedEventStore(options);
  journal = open();
  head = await journal.acquire('first');
}

afterEach(async () => {
  server.release();
  await Promise.all(opened.splice(0).map((handle) => handle.close()));
  await server.stop();
});

const request = (expected: JournalHead, count = 3): AppendRequest => ({
  expected,
  events: trades(expected.size, count),
  recordedAt: 1,
});
/** Six events of 300 kB: a batch that takes three appends or more. */
const large = (expected: JournalHead): AppendRequest => ({
  expected,
  events: upTo(6).map((i) => rejection({ at: String(i), text: 'z'.repeat(300_000) })),
  recordedAt: 1,
});
const records = (): readonly StoredRecord[] => server.streams.get(STREAM) ?? [];
const stored = async (): Promise<number[]> => positions(await collect(open().read(0)));

describe('a batch larger than an append', () => {
  beforeEach(() => begin());

  it('is cut into appends below the limit of the server', async () => {
    const before = server.appends();
    head = await journal.append(large(head));
    expect(server.appends() - before).toBeGreaterThan(2);
    expect(Math.max(...records().map(sizeOf))).toBeLessThan(MAX_APPEND);
    expect(await stored()).toEqual(upTo(6));
  });

  it('is seen by nobody before its last record is there', async () => {
    const seen: number[] = [];
    const subscription = open().subscribe(0, async (batch) => {
      seen.push(...positions([batch]));
    });
    await subscription.caughtUp;
    await journal.append(large(head));
    const whole = [...records()];
    while (seen.length < 6) await sleep(5);
    for (let length = 1; length < whole.length; length += 1) {
      server.streams.tamper(STREAM, () => whole.slice(0, length));
      expect(await stored()).toEqual([]);
      expect(await open().head()).toMatchObject({ batches: 0, size: 0, epoch: 1 });
    }
    expect(seen).toEqual(upTo(6));
  });

  it('that its writer could not finish is void once another takes over, and can be written again', async () => {
    const patient = open({ attempts: 1 });
    head = await patient.acquire('second');
    const before = records().length;
    server.arm('none');
    server.arm('lose-request');
    await expect(patient.append(large(head))).rejects.toThrow('may or may not be written');
    expect(records().length).toBeGreaterThan(before);
    expect(await stored()).toEqual([]);
    await expect(patient.append(large(head))).rejects.toThrow(JournalConflict);
    head = await journal.append(large(await journal.acquire('third')));
    await journal.append(request(head));
    expect(await stored()).toEqual(upTo(9));
    expect(await verifyJournal(open())).toMatchObject({ ok: true, batches: 2, events: 9 });
    expect(positions(await collect(open().read(7)))).toEqual(upTo(9, 6));
  });

  it('is whole although the answer of each of its appends was lost', async () => {
    server.arm('lose-answer', 20);
    head = await journal.append(large(head));
    expect(await stored()).toEqual(upTo(6));
    expect(await verifyJournal(open())).toMatchObject({ ok: true, hash: head.hash });
  });
});

describe('a server that is not what one hopes', () => {
  beforeEach(() => begin());

  it('says nothing at all: the append is looked up', async () => {
    const hasty = open({ patience: 50 });
    head = await hasty.acquire('second');
    server.arm('no-answer');
    head = await hasty.append(request(head));
    expect(head).toMatchObject({ batches: 1, size: 3 });
    expect(await stored()).toEqual(upTo(3));
  });

  it('is no leader: the append goes to the leader it names', async () => {
    server.arm('not-leader', 2);
    await journal.append(request(head));
    expect(await stored()).toEqual(upTo(3));
  });

  it('is away for a while: the append waits', async () => {
    server.away(true);
    const appending = journal.append(request(head));
    await sleep(100);
    server.away(false);
    expect(await appending).toMatchObject({ batches: 1 });
    expect(await stored()).toEqual(upTo(3));
  });

  it('is away for good: it is said that nobody knows, and nothing goes on as if', async () => {
    const impatient = open({ attempts: 2 });
    head = await impatient.acquire('second');
    server.away(true);
    await expect(impatient.append(request(head))).rejects.toThrow(JournalUnavailable);
    await expect(impatient.head()).rejects.toThrow('EventStoreDB cannot be reached');
    server.away(false);
    await expect(impatient.append(request(head))).rejects.toThrow(JournalConflict);
    await impatient.append(request(await impatient.acquire('second')));
    expect(await stored()).toEqual(upTo(3));
  });

  it('is away while a subscription runs: it goes on from where it was', async () => {
    const seen: number[] = [];
    const subscription = open().subscribe(0, async (batch) => {
      seen.push(...positions([batch]));
    });
    head = await journal.append(request(head));
    while (seen.length < 3) await sleep(5);
    server.away(true);
    await sleep(50);
    server.away(false);
    await journal.append(request(head));
    while (seen.length < 6) await sleep(5);
    expect(seen).toEqual(upTo(6));
    await subscription.stop();
  });

  it('breaks every answer of a takeover: it is looked up too', async () => {
    server.arm('lose-answer', 1);
    head = await journal.acquire('second');
    expect(head.epoch).toBe(2);
    await journal.append(request(head));
    expect(await stored()).toEqual(upTo(3));
  });
});

describe('an old server', () => {
  beforeEach(() => begin({ batchAppend: false }));

  it('that knows only the older call does as well', async () => {
    head = await journal.append(request(head));
    server.arm('lose-answer');
    head = await journal.append(large(head));
    server.arm('not-leader');
    await journal.append(request(head));
    expect(await stored()).toEqual(upTo(12));
    const stale = open();
    await stale.acquire('second');
    await expect(journal.append(request(head))).rejects.toThrow(JournalConflict);
  });
});

describe('a stream that was tampered with', () => {
  beforeEach(async () => {
    await begin();
    for (let i = 0; i < 3; i += 1) head = await journal.append(request(head));
    head = await journal.acquire('second');
    await journal.append(request(head));
  });

  /** Revision of the writer's record, then three batches of three from revision 1 on, a writer's record, one batch more. */
  const changed = (revision: number, change: (record: StoredRecord) => StoredRecord): void => {
    server.streams.tamper(STREAM, (all) => {
      all[revision] = change(all[revision]!);
      return all;
    });
  };
  const swap = (bytes: Uint8Array, from: string, to: string): Uint8Array => {
    const text = Buffer.from(bytes).toString('utf8');
    expect(text).toContain(from);
    return Buffer.from(text.replace(from, to), 'utf8');
  };

  it('verifies when it was not', async () => {
    expect(await verifyJournal(open())).toMatchObject({ ok: true, batches: 4, events: 12 });
  });

  it.each<[string, number, (record: StoredRecord) => StoredRecord, number]>([
    ['what people read', 5, (r) => ({ ...r, data: swap(r.data, '"M4-H"', '"M5-H"') }), 1],
    [
      'the time of recording',
      5,
      (r) => ({ ...r, data: swap(r.data, '"recordedAt":1', '"recordedAt":2') }),
      1,
    ],
    ['the position', 5, (r) => ({ ...r, data: swap(r.data, '"position":4', '"position":5') }), 1],
    ['the type', 5, (r) => ({ ...r, type: 'TradeNovatee' }), 1],
    ['the id', 5, (r) => ({ ...r, id: r.id.replace(/^./, (c) => (c === '0' ? '1' : '0')) }), 1],
    [
      'a piece of the payload',
      5,
      (r) => ({ ...r, metadata: swap(r.metadata, '"payload":"', '"payload":"A') }),
      1,
    ],
    [
      'the header',
      6,
      (r) => ({ ...r, metadata: swap(r.metadata, '\\"epoch\\":1', '\\"epoch\\":2') }),
      1,
    ],
    ['the hash', 9, (r) => ({ ...r, metadata: swap(r.metadata, '"hash":"', '"hash":"0') }), 2],
    [
      'the number of the batch',
      5,
      (r) => ({ ...r, metadata: swap(r.metadata, '"batch":1', '"batch":2') }),
      1,
    ],
    [
      'the place in the batch',
      5,
      (r) => ({ ...r, metadata: swap(r.metadata, '"index":1', '"index":2') }),
      1,
    ],
    [
      'the offsets',
      6,
      (r) => ({ ...r, metadata: swap(r.metadata, '"offsets":[]', '"offsets":[1]') }),
      1,
    ],
    [
      "a writer's epoch",
      10,
      (r) => ({ ...r, metadata: swap(r.metadata, '"epoch":2', '"epoch":3') }),
      3,
    ],
    ["a writer's name", 10, (r) => ({ ...r, data: swap(r.data, 'second', 'sekond') }), 3],
    ['a record in all', 5, (r) => ({ ...r, metadata: Buffer.from('{}') }), 1],
  ])('%s: the batch is named', async (_, revision, change, batch) => {
    changed(revision, change);
    expect(await verifyJournal(open())).toMatchObject({ ok: false, batch });
  });

  it('by taking away its beginning or its middle is found out', async () => {
    const all = [...records()];
    const without = async (keep: (revision: number) => boolean): Promise<unknown> => {
      server.streams.tamper(STREAM, () => all.filter((__, revision) => keep(revision)));
      return verifyJournal(open());
    };
    expect(await without((revision) => revision > 3)).toMatchObject({ ok: false, batch: 0 });
    expect(await without((revision) => revision < 4 || revision > 6)).toMatchObject({
      ok: false,
      batch: 1,
    });
    expect(await without((revision) => revision !== 5)).toMatchObject({ ok: false, batch: 1 });
  });

  it("by a stranger's record stops reader and writer", async () => {
    server.streams.append(
      STREAM,
      [{ ...records()[3]!, id: 'a-strangers', metadata: Buffer.from('{"mine":1}') }],
      'any',
    );
    expect(await verifyJournal(open())).toMatchObject({ ok: false, batch: 4 });
    await expect(open().acquire('third')).rejects.toThrow('none of the journal');
  });
});

describe('a connection string', () => {
  beforeEach(() => begin());

  it('that asks for the mode without errors is refused', () => {
    const url = `${server.url}&throwOnAppendFailure=false`;
    expect(() => eventStoreJournal({ url })).toThrow('remove it');
  });
  it('that is none is refused with the fix', () => {
    expect(() => eventStoreJournal({ url: 'http://127.0.0.1' })).toThrow('write esdb://');
  });
  it('of nobody is said to lead nowhere', async () => {
    const nobody = eventStoreJournal({ url: 'esdb://127.0.0.1:1?tls=false' });
    await expect(nobody.head()).rejects.toThrow('check that the server of EVENTSTOREDB_URL runs');
    await nobody.close();
  });
});
