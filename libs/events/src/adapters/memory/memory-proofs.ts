import type { SignedCheckpoint } from '../../proofs/checkpoint.js';
import { ProofRefused } from '../../proofs/errors.js';
import type { CheckpointKey } from '../../proofs/keys.js';
import { type HashPage, leavesUpTo, type PageId } from '../../proofs/pages.js';
import type { ProofStore } from '../../proofs/store.js';

const nameOf = ({ tier, index }: PageId): string => `${tier}/${index}`;

/** The reference adapter of the proof store. */
export function memoryProofs(): ProofStore {
  const kept = new Map<string, Buffer>();
  const keys = new Map<number, CheckpointKey>();
  const checkpoints = new Map<number, SignedCheckpoint>();
  let leaves = 0;
  const sorted = (): SignedCheckpoint[] =>
    [...checkpoints.values()].sort((a, b) => a.size - b.size);

  const refuseChange = (page: HashPage): void => {
    const before = kept.get(nameOf(page)) ?? Buffer.alloc(0);
    const common = Math.min(before.length, page.hashes.length);
    if (before.subarray(0, common).equals(page.hashes.subarray(0, common))) return;
    throw new ProofRefused(`hash page ${page.index} of tier ${page.tier}`, 'would change');
  };
  return {
    size: async () => leaves,
    async write(pages) {
      pages.forEach(refuseChange);
      for (const page of pages) {
        const before = kept.get(nameOf(page))?.length ?? 0;
        if (page.hashes.length > before) kept.set(nameOf(page), Buffer.from(page.hashes));
        if (page.tier === 0) leaves = Math.max(leaves, leavesUpTo(page.index, page.hashes));
      }
    },
    pages: async (wanted) => wanted.map((id) => kept.get(nameOf(id)) ?? Buffer.alloc(0)),
    async addKey(key) {
      if (!keys.has(key.validFrom)) keys.set(key.validFrom, key);
    },
    keys: async () => [...keys.values()].sort((a, b) => a.validFrom - b.validFrom),
    async addCheckpoint(checkpoint) {
      const before = checkpoints.get(checkpoint.size);
      if (before === undefined) checkpoints.set(checkpoint.size, checkpoint);
      else if (before.root !== checkpoint.root) {
        throw new ProofRefused(`size ${checkpoint.size}`, 'has a checkpoint with another root');
      }
    },
    checkpoint: async (size) => (size === undefined ? sorted().at(-1) : checkpoints.get(size)),
    checkpoints: async (from, limit) =>
      sorted()
        .filter(({ size }) => size >= from)
        .slice(0, limit),
    close: async () => undefined,
  };
}
