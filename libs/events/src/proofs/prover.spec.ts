import { describe, expect, it } from '@jest/globals';
import { memoryJournal, memoryStore } from '../adapters/memory/memory-journal.js';
import { memoryProofs } from '../adapters/memory/memory-proofs.js';
import { leafHash } from '../canonical.js';
import type { Journal } from '../journal/journal.js';
import { rejection, trades } from '../testing/facts.js';
import { appendAll, keyOf, LOG, rotation } from '../testing/log.js';
import { openCheckpoint } from './checkpoint.js';
import { KeyHistory, openRotation, rotateKey } from './keys.js';
import {
  Frontier,
  hashLine,
  proveConsistency,
  proveInclusion,
  verifyConsistency,
  verifyInclusion,
} from './merkle.js';
import { signingKey, signNote } from './note.js';
import { subtreesFrom } from './pages.js';
import { Prover, type ProverOptions } from './prover.js';

const [first, second] = [keyOf('01'), keyOf('02')];

/** Takes whole batches from where it stands to the head, then flushes. */
async function prove(options: ProverOptions) {
  const prover = await Prover.open(options);
  for await (const batch of options.journal.read(prover.size)) await prover.take(batch);
  return { prover, checkpoint: await prover.flush() };
}

async function rootOf(journal: Journal, size: number): Promise<string> {
  const tree = new Frontier();
  for await (const { events } of journal.read(0)) {
    for (const event of events) {
      if (event.position < size) tree.append(Buffer.from(leafHash(event), 'hex'));
    }
  }
  return tree.root().toString('hex');
}

describe('the prover', () => {
  const setUp = async () => {
    const journal = memoryJournal();
    const store = memoryProofs();
    await appendAll(journal, [rotation(first, undefined, 0), ...trades(0, 300)]);
    return { journal, store, options: { journal, store, key: first } };
  };

  it('signs the root of the leaves and the chain at the end of a batch', async () => {
    const { journal, store, options } = await setUp();
    await appendAll(journal, [rejection({ a: '1', __proto__x: '2' })]);
    const { checkpoint } = await prove({
      ...options,
      stateRoot: async (size) => (size === 302 ? 'ab'.repeat(32) : undefined),
    });
    const { hash, size, batches } = await journal.head();
    expect(checkpoint).toMatchObject({
      ...{ origin: LOG, size, root: await rootOf(journal, size), chain: { batches, hash } },
      stateRoot: 'ab'.repeat(32),
    });
    expect(openCheckpoint(checkpoint!.note, [first.verifier])).toEqual(checkpoint);
    expect(await store.checkpoint()).toEqual(checkpoint);
    expect(await store.keys()).toEqual([{ key: first.verifier, validFrom: 1 }]);
  });
  it('goes on after a restart, also with leaves that were taken and not flushed', async () => {
    const { journal, store, options } = await setUp();
    await prove(options);
    await appendAll(journal, trades(300, 50));
    const lost = await Prover.open(options);
    for await (const batch of journal.read(lost.size)) await lost.take(batch);
    await appendAll(journal, trades(350, 50));
    const { checkpoint } = await prove(options);
    expect(checkpoint).toMatchObject({ size: 401, root: await rootOf(journal, 401) });
    expect(await store.size()).toBe(401);
    expect((await prove(options)).checkpoint).toBeUndefined();
    const proof = await proveConsistency(
      subtreesFrom((w) => store.pages(w)),
      301,
      401,
    );
    const older = (await store.checkpoint(301))!.root;
    verifyConsistency(proof, Buffer.from(older, 'hex'), Buffer.from(checkpoint!.root, 'hex'));
  });
  it('proves any event of the log', async () => {
    const { journal, store, options } = await setUp();
    const { checkpoint } = await prove(options);
    const source = subtreesFrom((w) => store.pages(w));
    for await (const { events } of journal.read(0)) {
      const event = events[123]!;
      const proof = await proveInclusion(source, 123, 301);
      verifyInclusion(
        proof,
        Buffer.from(leafHash(event), 'hex'),
        Buffer.from(checkpoint!.root, 'hex'),
      );
    }
  });
  it('stores leaves without a key, and signs what was there once it has one', async () => {
    const { journal, store } = await setUp();
    expect((await prove({ journal, store })).checkpoint).toBeUndefined();
    expect(await store.size()).toBe(301);
    expect((await prove({ journal, store, key: first })).checkpoint).toMatchObject({ size: 301 });
  });
  it('signs nothing with a key that is not the log’s, nor with one that was replaced', async () => {
    const { journal, store, options } = await setUp();
    expect((await prove({ ...options, key: second })).checkpoint).toBeUndefined();
    await prove(options);
    await appendAll(journal, [rotation(second, first, 301), ...trades(400, 4)]);
    expect((await prove(options)).checkpoint).toBeUndefined();
    const { checkpoint } = await prove({ ...options, key: second });
    expect(checkpoint).toMatchObject({ size: 306 });
    const history = new KeyHistory([...(await store.keys())]);
    expect(openCheckpoint((await store.checkpoint(301))!.note, [history.at(301)])).toBeDefined();
    expect(openCheckpoint(checkpoint!.note, [history.at(306)])).toBeDefined();
    expect(() => openCheckpoint(checkpoint!.note, [history.at(301)])).toThrow('signed by');
  });
  it('refuses a truncated journal by the position where it ends', async () => {
    const { options } = await setUp();
    await prove(options);
    const shorter = memoryJournal();
    await appendAll(shorter, [rotation(first, undefined, 0), ...trades(0, 200)]);
    await expect(Prover.open({ ...options, journal: shorter })).rejects.toMatchObject({
      place: 'position 201',
      reason: expect.stringContaining('truncated'),
    });
  });
  it('refuses a journal that was written again, by the first position that differs', async () => {
    const { options } = await setUp();
    await prove(options);
    const other = memoryJournal(memoryStore());
    await appendAll(other, [rotation(first, undefined, 0), ...trades(0, 100), ...trades(1, 200)]);
    await expect(Prover.open({ ...options, journal: other })).rejects.toMatchObject({
      place: 'position 101',
    });
  });
});

describe('the rotation of a key', () => {
  const data = rotateKey(second, first, 41);
  it('is signed by the key before it and by itself', () => {
    expect(openRotation(data, first.verifier)).toEqual({ key: second.verifier, validFrom: 42 });
    expect(() => openRotation(data, undefined)).not.toThrow();
  });
  it.each([
    ['that is not signed by the key before it', rotateKey(second, undefined, 41), 'did not sign'],
    [
      'signed by another key',
      rotateKey(second, signingKey(LOG, '03'.repeat(32)), 41),
      'did not sign',
    ],
    ['with another size', { ...data, validFrom: 43 }, 'another key or size'],
    [
      'with another key',
      { ...data, publicKey: signingKey(LOG, '03'.repeat(32)).verifier.publicKey },
      'signed by|did not',
    ],
    [
      'of another log',
      rotateKey(signingKey('other.example', '02'.repeat(32)), first, 41),
      'the log is',
    ],
    ['with a broken note', { ...data, note: data.note.replace('42', '43') }, 'is wrong'],
    [
      'over another text',
      { ...data, note: signNote('hello\n', first, second) },
      'another key or size',
    ],
  ])('is refused %s', (_, broken, reason) => {
    expect(() => openRotation(broken, first.verifier)).toThrow(new RegExp(reason));
  });
  it('is refused at another position than it was made for, by its position', () => {
    const history = new KeyHistory();
    expect(() => history.add(rotateKey(first, undefined, 3), 4)).toThrow(
      'position 4, checkpoint key',
    );
    history.add(rotateKey(first, undefined, 3), 3);
    expect(history.at(4)).toEqual(first.verifier);
    expect(() => history.at(3)).toThrow('size 3: is before the first key');
  });
  it('a line and its bytes have one leaf', () => {
    expect(hashLine('Zürich')).toEqual(hashLine(Buffer.from('Zürich')));
  });
});
