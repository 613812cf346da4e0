import { hash } from 'node:crypto';
import { LedgerBroken } from '../broken.js';
import { nodeHash } from './merkle-stack.js';

const SIZE = 32;
const EMPTY = Buffer.from(hash('sha256', '', 'hex'), 'hex');

/** One step of an RFC 9162 audit path: the sibling, and whether it stands to the left. */
export interface PathStep {
  readonly side: 'left' | 'right';
  readonly hash: string;
}

/**
 * The nodes of an RFC 9162 tree, level by level, each level one buffer. Pairing from the left and carrying an odd last
 * node up is the tree of RFC 9162 2.1.1. A node is hashed again only where one of its children is no longer the same.
 */
export class MerkleLevels {
  private levels: Buffer[] = [Buffer.alloc(0)];
  private readonly preimage = Buffer.alloc(1 + 2 * SIZE, 1);

  /** Number of leaves. */
  get size(): number {
    return this.levels[0]!.length / SIZE;
  }

  root(): Buffer {
    return this.size === 0 ? EMPTY : Buffer.from(this.levels.at(-1)!);
  }

  /** The hashes of the leaves `from` up to and without `to`, one after the other. */
  leaves(from: number, to: number): Buffer {
    return this.levels[0]!.subarray(from * SIZE, to * SIZE);
  }

  /** Puts other hashes in the place of leaves; `changed` is rising. The number of leaves stays. */
  update(changed: readonly (readonly [index: number, leaf: Buffer])[]): void {
    for (const [index, leaf] of changed) leaf.copy(this.levels[0]!, index * SIZE);
    let dirty = changed.map(([index]) => index);
    for (let level = 0; level + 1 < this.levels.length; level += 1) {
      const above: number[] = [];
      for (const index of dirty) if (above.at(-1) !== index >> 1) above.push(index >> 1);
      for (const index of above) this.combine(this.levels[level]!, this.levels[level + 1]!, index);
      dirty = above;
    }
  }

  /** Puts a row of leaves in the place of the old one, where leaves came or went. */
  replace(leaves: Buffer): void {
    const old = this.levels;
    const levels = [leaves];
    for (let below = leaves; below.length > SIZE;) {
      const level = levels.length;
      const above = Buffer.allocUnsafe(Math.ceil(below.length / SIZE / 2) * SIZE);
      const [wasBelow, wasAbove] = [old[level - 1], old[level]];
      for (let i = 0; i * SIZE < above.length; i += 1) {
        if (wasBelow && wasAbove && sameChildren(below, wasBelow, i)) {
          wasAbove.copy(above, i * SIZE, i * SIZE, (i + 1) * SIZE);
        } else this.combine(below, above, i);
      }
      levels.push(above);
      below = above;
    }
    this.levels = levels;
  }

  /** The siblings of a leaf, from the leaf up. */
  path(index: number): readonly PathStep[] {
    if (index < 0 || index >= this.size) throw new LedgerBroken(`the tree has no leaf ${index}`);
    const steps: PathStep[] = [];
    let at = index;
    for (const level of this.levels.slice(0, -1)) {
      const sibling = at ^ 1;
      const found = level.subarray(sibling * SIZE, (sibling + 1) * SIZE);
      // The odd last node has none on this level: it is carried up.
      if (found.length > 0) {
        steps.push({ side: sibling < at ? 'left' : 'right', hash: found.toString('hex') });
      }
      at >>= 1;
    }
    return steps;
  }

  private combine(below: Buffer, above: Buffer, index: number): void {
    const [from, to] = [2 * index * SIZE, Math.min((2 * index + 2) * SIZE, below.length)];
    if (to - from === SIZE) below.copy(above, index * SIZE, from, to);
    else {
      below.copy(this.preimage, 1, from, to);
      above.write(hash('sha256', this.preimage, 'hex'), index * SIZE, 'hex');
    }
  }
}

/** Both have the same bytes under node `index`, and as many of them. */
function sameChildren(now: Buffer, before: Buffer, index: number): boolean {
  const from = 2 * index * SIZE;
  const to = Math.min(from + 2 * SIZE, now.length);
  if (Math.min(from + 2 * SIZE, before.length) !== to) return false;
  return now.compare(before, from, to, from, to) === 0;
}

/** The root a leaf hash and its path lead to, hex. */
export function rootOf(leaf: string, path: readonly PathStep[]): string {
  return path.reduce((node, { side, hash: sibling }) => {
    return side === 'left' ? nodeHash(sibling, node) : nodeHash(node, sibling);
  }, leaf);
}
