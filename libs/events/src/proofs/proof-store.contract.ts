import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { signCheckpoint } from './checkpoint.js';
import { hashLine, proveInclusion, rootAt, verifyInclusion } from './merkle.js';
import { signingKey } from './note.js';
import { PagedTree, subtreesFrom } from './pages.js';
import type { ProofStore } from './store.js';

/** What every adapter of the proof store does. `open` gives an empty one; `again` the same one through another object. */
export function proofStoreContract(
  name: string,
  open: () => Promise<{ store: ProofStore; again: () => ProofStore; cleanup: () => Promise<void> }>,
): void {
  describe(`proof store: ${name}`, () => {
    let store: ProofStore;
    let again: () => ProofStore;
    let cleanup: () => Promise<void>;
    beforeEach(async () => {
      ({ store, again, cleanup } = await open());
    });
    afterEach(() => cleanup());

    const leaf = (i: number): Buffer => hashLine(`leaf ${i}`);
    const grow = async (from: number, to: number, name = leaf): Promise<PagedTree> => {
      const tree = await PagedTree.open(from, (wanted) => store.pages(wanted));
      for (let i = from; i < to; i += 1) tree.append(name(i));
      return tree;
    };
    const key = signingKey('log.example', '05'.repeat(32));
    const checkpointOf = (size: number, root = 'ab'.repeat(32)) =>
      signCheckpoint({ origin: 'log.example', size, root }, key);

    it('is empty at first', async () => {
      expect(await store.size()).toBe(0);
      expect(await store.keys()).toEqual([]);
      expect(await store.checkpoint()).toBeUndefined();
      expect(await store.checkpoints(0, 10)).toEqual([]);
      expect(await store.pages([{ tier: 0, index: 3 }])).toEqual([Buffer.alloc(0)]);
    });
    it('goes on where it ended, in steps of any size, and gives the same roots', async () => {
      const roots = new Map<number, string>();
      const whole = await PagedTree.open(0, (wanted) => store.pages(wanted));
      for (let i = 0; i < 1_000; i += 1) {
        whole.append(leaf(i));
        roots.set(i + 1, whole.root().toString('hex'));
      }
      let size = 0;
      for (const next of [1, 2, 255, 256, 257, 511, 700, 1_000]) {
        const tree = await grow(size, next);
        expect(tree.root().toString('hex')).toBe(roots.get(next));
        await store.write(tree.takePages());
        expect(await again().size()).toBe(next);
        size = next;
      }
      const source = subtreesFrom((wanted) => again().pages(wanted));
      for (const at of [1, 128, 257, 999, 1_000]) {
        expect((await rootAt(source, at)).toString('hex')).toBe(roots.get(at));
      }
      const proof = await proveInclusion(source, 300, 999);
      verifyInclusion(proof, leaf(300), Buffer.from(roots.get(999)!, 'hex'));
    });
    it('takes pages twice, and shorter ones after longer ones', async () => {
      const short = (await grow(0, 3)).takePages();
      const long = (await grow(0, 9)).takePages();
      for (const pages of [short, long, long, short]) await store.write(pages);
      expect(await store.size()).toBe(9);
    });
    it('refuses another hash where one is, naming the page, and stores nothing with it', async () => {
      await store.write((await grow(0, 300)).takePages());
      const forked = await PagedTree.open(0, (wanted) => store.pages(wanted));
      for (let i = 0; i < 600; i += 1) forked.append(leaf(i === 270 ? -1 : i));
      await expect(store.write(forked.takePages())).rejects.toMatchObject({
        name: 'ProofRefused',
        place: 'hash page 1 of tier 0',
      });
      expect(await store.size()).toBe(300);
    });
    it('a page that was lost is missed, by name', async () => {
      await store.write((await grow(0, 600)).takePages().filter(({ tier }) => tier === 0));
      const source = subtreesFrom((wanted) => store.pages(wanted));
      await expect(rootAt(source, 600)).rejects.toThrow('hash page 0 of tier 1');
    });
    it('keeps keys in order, each once', async () => {
      const other = signingKey('log.example', '06'.repeat(32)).verifier;
      await store.addKey({ key: other, validFrom: 40 });
      await store.addKey({ key: key.verifier, validFrom: 1 });
      await store.addKey({ key: key.verifier, validFrom: 1 });
      expect(await again().keys()).toEqual([
        { key: key.verifier, validFrom: 1 },
        { key: other, validFrom: 40 },
      ]);
    });
    it('keeps checkpoints and finds them by size', async () => {
      for (const size of [10, 30, 20, 30]) await store.addCheckpoint(checkpointOf(size));
      expect(await again().checkpoint()).toEqual(checkpointOf(30));
      expect(await store.checkpoint(10)).toEqual(checkpointOf(10));
      expect(await store.checkpoint(11)).toBeUndefined();
      expect(await store.checkpoints(11, 1)).toEqual([checkpointOf(20)]);
      expect((await store.checkpoints(0, 9)).map(({ size }) => size)).toEqual([10, 20, 30]);
    });
    it('refuses a second root for a size', async () => {
      await store.addCheckpoint(checkpointOf(10));
      await expect(store.addCheckpoint(checkpointOf(10, 'cd'.repeat(32)))).rejects.toMatchObject({
        place: 'size 10',
      });
      expect(await store.checkpoint(10)).toEqual(checkpointOf(10));
    });
  });
}
