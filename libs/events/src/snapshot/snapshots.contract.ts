import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { SnapshotStore } from './store.js';

export interface SnapshotsUnderTest {
  readonly store: SnapshotStore;
  /** Another handle on the same place. */
  again(): Promise<SnapshotStore>;
  cleanup(): Promise<void>;
}

const page = (...bytes: number[]): Uint8Array => Uint8Array.from(bytes);
const note = 'text\n\n\u2014 key AAAA\n';

/** What every adapter of the SnapshotStore port must do. */
export function snapshotsContract(name: string, make: () => Promise<SnapshotsUnderTest>): void {
  describe(`${name} keeps the contract of snapshots`, () => {
    let made: SnapshotsUnderTest;
    let store: SnapshotStore;
    beforeEach(async () => {
      made = await make();
      store = made.store;
    });
    afterEach(() => made.cleanup());
    const pagesOf = async (size: number, from = store) => {
      const pages: number[][] = [];
      for await (const each of from.pages(size)) pages.push([...each]);
      return pages;
    };

    it('holds none at first', async () => {
      expect(await store.list()).toEqual([]);
      expect(await pagesOf(10)).toEqual([]);
    });

    it('gives back notes and pages byte for byte, in order', async () => {
      const pages = Array.from({ length: 12 }, (_, i) => page(i, 0, 255, 10));
      expect(await store.save({ size: 10, note }, pages)).toBe(true);
      expect(await store.list()).toEqual([{ size: 10, note }]);
      expect(await pagesOf(10)).toEqual(pages.map((each) => [...each]));
    });

    it('lists the newest first, by number', async () => {
      for (const size of [9, 1000, 10, 200]) await store.save({ size, note }, [page(size % 256)]);
      expect((await store.list()).map(({ size }) => size)).toEqual([1000, 200, 10, 9]);
    });

    it('keeps the first of one size, and says so', async () => {
      await store.save({ size: 10, note }, [page(1), page(2)]);
      expect(await store.save({ size: 10, note: `other ${note}` }, [page(3)])).toBe(false);
      expect(await store.list()).toEqual([{ size: 10, note }]);
      expect(await pagesOf(10)).toEqual([[1], [2]]);
    });

    it('removes one with its pages, and may get it again', async () => {
      await store.save({ size: 10, note }, [page(1), page(2)]);
      await store.save({ size: 20, note }, [page(3)]);
      await store.remove(10);
      await store.remove(30);
      expect((await store.list()).map(({ size }) => size)).toEqual([20]);
      expect(await pagesOf(10)).toEqual([]);
      expect(await store.save({ size: 10, note }, [page(4)])).toBe(true);
      expect(await pagesOf(10)).toEqual([[4]]);
    });

    it('shows other handles what was saved', async () => {
      await store.save({ size: 10, note }, [page(1)]);
      const other = await made.again();
      expect(await other.list()).toEqual([{ size: 10, note }]);
      expect(await pagesOf(10, other)).toEqual([[1]]);
      await other.close();
    });

    it('keeps no part of one whose page cannot be kept', async () => {
      const pages = [page(1), undefined as unknown as Uint8Array];
      await expect(store.save({ size: 10, note }, pages)).rejects.toThrow();
      expect(await store.list()).toEqual([]);
      expect(await pagesOf(10)).toEqual([]);
    });
  });
}
