import type { StoredSnapshot } from '../../snapshot/header.js';
import type { SnapshotStore } from '../../snapshot/store.js';

/** Snapshots in memory, for tests and simulation. */
export function memorySnapshots(): SnapshotStore {
  const kept = new Map<number, { note: string; pages: readonly Uint8Array[] }>();
  return {
    async list() {
      return [...kept]
        .map(([size, { note }]): StoredSnapshot => ({ size, note }))
        .sort((a, b) => b.size - a.size);
    },
    async save({ size, note }, pages) {
      if (kept.has(size)) return false;
      kept.set(size, { note, pages: pages.map((page) => Uint8Array.from(page)) });
      return true;
    },
    async *pages(size) {
      yield* kept.get(size)?.pages ?? [];
    },
    async remove(size) {
      kept.delete(size);
    },
    async close() {},
  };
}
