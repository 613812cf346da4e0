import type { SignedCheckpoint } from './checkpoint.js';
import type { CheckpointKey } from './keys.js';
import type { HashPage, PageId } from './pages.js';

/**
 * Where leaf hashes and checkpoints are kept, beside the journal they were made from. Nothing in it is ever changed: pages
 * grow at their end, and what is already there is refused in any other form. `proof-store.contract.ts` holds the cases.
 */
export interface ProofStore {
  /** Number of leaves whose hashes are stored. */
  size(): Promise<number>;
  /**
   * Stores pages, all or none. Pages that are there already may come again or grow.
   * @throws ProofRefused where a stored hash would change: two writers saw two journals
   */
  write(pages: readonly HashPage[]): Promise<void>;
  /** In the order they are asked for; what is not there is empty. */
  pages(wanted: readonly PageId[]): Promise<readonly Buffer[]>;
  addKey(key: CheckpointKey): Promise<void>;
  /** In the order they came into force. */
  keys(): Promise<readonly CheckpointKey[]>;
  /** Stores a checkpoint; one of the same size and root may come again. @throws ProofRefused for another root */
  addCheckpoint(checkpoint: SignedCheckpoint): Promise<void>;
  /** The checkpoint of exactly this size; without one the latest. */
  checkpoint(size?: number): Promise<SignedCheckpoint | undefined>;
  /** Up to `limit` checkpoints of at least `from` leaves, smallest first. */
  checkpoints(from: number, limit: number): Promise<readonly SignedCheckpoint[]>;
  close(): Promise<void>;
}
