import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { memoryJournal, type MemoryStore, memoryStore } from '../adapters/memory/memory-journal.js';
import { memoryProofs } from '../adapters/memory/memory-proofs.js';
import { GENESIS, type Segment, seal } from '../journal/chain.js';
import type { AnyNewEvent, AnyRecordedEvent } from '../event.js';
import { trades } from '../testing/facts.js';
import {
  appendAll,
  exported,
  from,
  keyOf,
  provenLog,
  rotation,
  type TestLog,
} from '../testing/log.js';
import { checkpointText, signCheckpoint } from './checkpoint.js';
import { exportedLeaves, verifyExport } from './export-log.js';
import { formatVerifierKey, signNote } from './note.js';
import type { ProofStore } from './store.js';
import { forkOf, storedLeaves, verifyLog } from './verify-log.js';

let good: TestLog;
let size: number;
beforeAll(async () => {
  good = await provenLog();
  ({ size } = await good.journal.head());
});

/** The good journal with one segment replaced. */
function withSegment(seq: number, change: (segment: Segment) => Segment): TestLog {
  const stored: MemoryStore = { ...memoryStore(), head: good.stored.head };
  stored.segments.push(...good.stored.segments.map((s) => (s.seq === seq ? change(s) : s)));
  return { ...good, stored, journal: memoryJournal(stored) };
}
const flipAt =
  (at: number) =>
  (segment: Segment): Segment => {
    const payload = Buffer.from(segment.payload);
    payload[at] = payload[at]! ^ 1;
    return { ...segment, payload };
  };
function unrecorded(event: AnyRecordedEvent): AnyNewEvent {
  const { position: _, recordedAt: __, ...rest } = event;
  return rest;
}
const verify = ({ journal, proofs }: Pick<TestLog, 'journal' | 'proofs'>) =>
  verifyLog(journal, proofs);
const storeWith = (change: Partial<ProofStore>): ProofStore => ({ ...good.proofs, ...change });

describe('a journal and what was proved of it', () => {
  it('hold', async () => {
    const { hash } = await good.journal.head();
    expect(await verifyLog(good.journal, good.proofs, { key: keyOf('01').verifier })).toEqual({
      ok: true,
      events: size,
      batches: 9,
      hash,
      root: (await good.proofs.checkpoint())!.root,
      checkpoints: 9,
      signedSize: size,
      key: formatVerifierKey(keyOf('02').verifier),
      leaves: size,
    });
  });
  it('a flipped byte in a segment: names batch and position', async () => {
    const { payload } = good.stored.segments[3]!;
    const at = Buffer.from(payload).indexOf('3718137') + 6;
    expect(await verify(withSegment(3, flipAt(at)))).toEqual({
      ok: false,
      place: 'batch 3, position 137',
      reason: 'its bytes do not have its hash',
      batch: 3,
      position: 137,
    });
  });
  it('a flipped byte that leaves nothing readable: names the batch and its positions', async () => {
    expect(await verify(withSegment(3, flipAt(0)))).toMatchObject({
      place: 'batch 3, positions 101 to 150',
      reason: expect.stringContaining('cannot be read'),
      batch: 3,
    });
  });
  it('a flipped byte in a header: names the batch, and that its events are whole', async () => {
    const change = (s: Segment) => ({ ...s, header: s.header.replace('"epoch":4', '"epoch":5') });
    expect(await verify(withSegment(3, change))).toMatchObject({
      batch: 3,
      reason: expect.stringContaining('its events have their leaves'),
    });
  });
  it('a chain that was made anew: names the first position that is another', async () => {
    const stored = memoryStore();
    const journal = memoryJournal(stored);
    for await (const { events, header } of good.journal.read(0)) {
      const forged = events.map((event) =>
        event.position === 222 ? { ...event, occurredAt: event.occurredAt + 1 } : event,
      );
      const expected = await journal.acquire('forger');
      const { recordedAt } = header;
      await journal.append({ expected, events: forged.map(unrecorded), recordedAt });
    }
    expect(await verify({ journal, proofs: good.proofs })).toMatchObject({
      place: 'batch 6, position 222',
      position: 222,
    });
  });
  it('a truncated journal: names the position where it ends', async () => {
    const stored: MemoryStore = { ...memoryStore() };
    stored.segments.push(...good.stored.segments.slice(0, 7));
    const last = stored.segments.at(-1)!;
    stored.head = {
      ...good.stored.head,
      batches: 7,
      hash: last.hash,
      size: last.firstPosition + last.count,
    };
    expect(await verify({ journal: memoryJournal(stored), proofs: good.proofs })).toMatchObject({
      place: `batch 7, position ${stored.head.size}`,
      reason: expect.stringContaining('truncated'),
    });
  });
  it('a flipped bit in a stored leaf hash: names the position', async () => {
    const pages: ProofStore['pages'] = async (wanted) => {
      const found = (await good.proofs.pages(wanted)).map((page) => Buffer.from(page));
      wanted.forEach(({ tier, index }, i) => {
        if (tier === 0 && index === 0) found[i]![77 * 32] = found[i]![77 * 32]! ^ 1;
      });
      return found;
    };
    expect(await verify({ ...good, proofs: storeWith({ pages }) })).toMatchObject({
      place: 'batch 2, position 77',
    });
  });

  const withCheckpoint = (change: (note: string) => string): ProofStore =>
    storeWith({
      checkpoints: async (least, limit) =>
        (await good.proofs.checkpoints(least, limit)).map((c) =>
          c.size === 101 ? { ...c, note: change(c.note) } : c,
        ),
    });
  const forged = (note: string, key = keyOf('01'), root = '99'.repeat(32)): string =>
    signCheckpoint({ origin: key.verifier.name, size: Number(note.split('\n')[1]), root }, key)
      .note;
  it.each<[string, (note: string) => string, string, string]>([
    [
      'a flipped bit in its signature',
      (n) => n.replace(/.(?=\S{9}\n$)/, (c) => (c === 'A' ? 'B' : 'A')),
      'line 6',
      'signature of',
    ],
    [
      'a flipped byte in its chain hash',
      (n) => n.replace(/chain \d/, 'chain 7'),
      'line 6',
      'signature of',
    ],
    ['a signature of the wrong key', (n) => forged(n, keyOf('03')), 'line 5', 'signed by'],
    [
      'a signature of the key that came later',
      (n) => forged(n, keyOf('02')),
      'line 5',
      'signed by',
    ],
    ['another root under the right key', (n) => forged(n), 'line 3', 'the root of 101 leaves is'],
    [
      'another log’s name',
      (n) => signNote(`other${n.slice(0, n.indexOf('\n\n') + 1)}`, keyOf('01')),
      'line 1',
      'is not the log of',
    ],
  ])('a checkpoint with %s: names checkpoint and line', async (_, change, line, reason) => {
    const answer = await verify({ ...good, proofs: withCheckpoint(change) });
    expect(answer).toMatchObject({
      ok: false,
      place: `checkpoint of size 101, ${line}`,
      reason: expect.stringContaining(reason),
    });
  });
  it('a checkpoint over another chain: names its line', async () => {
    const change = (note: string): string => {
      const hex = Buffer.from(note.split('\n')[2]!, 'base64').toString('hex');
      const chain = { batches: 3, hash: GENESIS };
      return signNote(
        checkpointText({ origin: 'log.example', size: 101, root: hex, chain }),
        keyOf('01'),
      );
    };
    expect(await verify({ ...good, proofs: withCheckpoint(change) })).toMatchObject({
      place: 'checkpoint of size 101, line 4',
    });
  });
  it('another first key than the one handed over: names its event', async () => {
    const options = { key: keyOf('03').verifier };
    expect(await verifyLog(good.journal, good.proofs, options)).toMatchObject({
      place: 'batch 0, position 0',
      reason: expect.stringContaining('first key'),
    });
    expect(await verifyLog(memoryJournal(), memoryProofs(), options)).toMatchObject({
      place: 'log',
    });
  });
  it('a key that the one before it did not sign for: names its event', async () => {
    const journal = memoryJournal();
    await appendAll(journal, [rotation(keyOf('01'), undefined, 0), ...trades(0, 3)]);
    await appendAll(journal, [rotation(keyOf('03'), undefined, 4)]);
    expect(await verifyLog(journal, memoryProofs())).toMatchObject({
      place: 'position 4, checkpoint key',
    });
  });
  it('a log that nothing was proved of yet holds by its chain', async () => {
    const journal = memoryJournal();
    await appendAll(journal, trades(0, 3));
    expect(await verifyLog(journal, memoryProofs())).toMatchObject({
      ok: true,
      leaves: 0,
      checkpoints: 0,
    });
    expect(seal({ expected: await journal.head(), events: trades(3, 1), recordedAt: 1 }).seq).toBe(
      1,
    );
  });
});

describe('an export', () => {
  let log: string[];
  let proof: string[];
  beforeAll(async () => {
    ({ log, proof } = await exported(good));
  });
  const check = (lines = log, proofs = proof) =>
    verifyExport(from(lines), from(proofs), keyOf('01').verifier);
  const flip = (line: string, at: number): string => {
    const bytes = Buffer.from(line);
    bytes[at % bytes.length] = bytes[at % bytes.length]! ^ 1;
    return bytes.toString('utf8');
  };

  it('verifies by itself, to the same as the database', async () => {
    expect(await check()).toEqual(await verifyLog(good.journal, good.proofs));
  });
  it('any flipped byte of any line is found, naming the line’s position', async () => {
    const place = fc.tuple(fc.integer({ min: 0, max: size - 1 }), fc.nat());
    await fc.assert(
      fc.asyncProperty(place, async ([position, at]) => {
        const answer = await check(log.with(position, flip(log[position]!, at)));
        expect(answer).toMatchObject({ ok: false, position });
      }),
      { numRuns: 40 },
    );
  });
  it('any flipped byte of leaf hashes, chain, keys, checkpoints or end is found', async () => {
    const at = fc
      .nat({ max: proof.length - 2 })
      .chain((i) => fc.tuple(fc.constant(i + 1), fc.nat()));
    await fc.assert(
      fc.asyncProperty(at, async ([i, offset]) => {
        const line = proof[i]!;
        // Of a header, what no leaf and no link repeats is hashed by the chain alone, over the stored bytes.
        const start = line.startsWith('{"batch"') ? line.indexOf('"hash"') : 0;
        const flipped = flip(line, start + (offset % (line.length - start)));
        expect(await check(log, proof.with(i, flipped))).toMatchObject({ ok: false });
      }),
      { numRuns: 60 },
    );
  });
  it.each<[string, () => [string[], string[]], string]>([
    ['without its last event', () => [log.slice(0, -1), proof], 'truncated'],
    ['without its last batch', () => [log, proof.slice(0, -2)], 'truncated|ends early'],
    ['without an event', () => [log.toSpliced(70, 1), proof], 'its leaf is|not the event'],
    [
      'with two events exchanged',
      () => [log.with(70, log[71]!).with(71, log[70]!), proof],
      'position 70',
    ],
    ['with one event more', () => [[...log, log[0]!], proof], 'behind the end'],
    [
      'without a batch line',
      () => [log, proof.filter((l) => !l.includes('"seq":3'))],
      'stands at size 101',
    ],
    ['of another format', () => [log, ['{"format":"x"}', ...proof.slice(1)]], 'novate/log-proof/1'],
    ['that is empty', () => [[], []], 'missing'],
  ])('%s is refused', async (_, make, reason) => {
    const answer = await check(...make());
    expect(answer).toMatchObject({ ok: false });
    expect(JSON.stringify(answer)).toMatch(new RegExp(reason));
  });
  it('a line whose leaf is right but whose JSON is not canonical is refused', async () => {
    const other = await provenLog();
    const lines = await exported(other);
    expect(lines.log).toEqual(log);
    const spaced = log.with(5, log[5]!.replace(':', ': '));
    expect(await check(spaced)).toMatchObject({ position: 5 });
  });
});

describe('two logs that fork', () => {
  it('each holds by itself, and the first position that differs is found', async () => {
    const other = await provenLog(1_000);
    expect(await verify(other)).toMatchObject({ ok: true });
    const [ours, theirs] = [await exported(good), await exported(other)];
    const leaves = (proof: string[]) => exportedLeaves(from(proof));
    const fork = await forkOf(leaves(ours.proof), leaves(theirs.proof));
    expect(fork).toBe(203);
    expect(await forkOf(storedLeaves(good.proofs, size), leaves(theirs.proof))).toBe(203);
    expect(ours.log[202]).toBe(theirs.log[202]);
    expect(ours.log[203]).not.toBe(theirs.log[203]);
  });
  it('one that is the beginning of the other does not fork', async () => {
    const { proof } = await exported(good);
    const leaves = () => exportedLeaves(from(proof));
    expect(await forkOf(storedLeaves(good.proofs, 100), leaves())).toBeUndefined();
    expect(await forkOf(leaves(), storedLeaves(good.proofs, 100))).toBeUndefined();
  });
});
