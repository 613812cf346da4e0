import type { StoredSnapshot } from './header.js';

/** Where snapshots are kept, each whole or not at all. It is not trusted: whoever reads verifies. */
export interface SnapshotStore {
  /** Newest first. */
  list(): Promise<readonly StoredSnapshot[]>;
  /** Keeps note and pages together; false, and nothing changes, where there is one of this size already. */
  save(snapshot: StoredSnapshot, pages: readonly Uint8Array[]): Promise<boolean>;
  /** The pages of one snapshot, in order; none where it is not there. */
  pages(size: number): AsyncIterable<Uint8Array>;
  /** Removes one; nothing where it is not there. */
  remove(size: number): Promise<void>;
  close(): Promise<void>;
}
