import { hash } from 'node:crypto';

/** RFC 9162 root over leaves that come one by one: keeps the roots of full subtrees only, one per bit of their number. */
export class MerkleStack {
  private readonly full: (string | undefined)[] = [];
  private count = 0;

  /** Number of leaves. */
  get size(): number {
    return this.count;
  }

  /** Adds a leaf hash, hex. */
  add(leaf: string): void {
    this.count += 1;
    let node = leaf;
    let level = 0;
    for (let left = this.full[level]; left !== undefined; left = this.full[level]) {
      node = nodeHash(left, node);
      this.full[level] = undefined;
      level += 1;
    }
    this.full[level] = node;
  }

  /** Hex. */
  root(): string {
    let right: string | undefined;
    for (const left of this.full) {
      if (left !== undefined) right = right === undefined ? left : nodeHash(left, right);
    }
    return right ?? hash('sha256', '', 'hex');
  }
}

/** RFC 9162 hash of a node, hex. */
export function nodeHash(left: string, right: string): string {
  return hash('sha256', Buffer.from(`01${left}${right}`, 'hex'), 'hex');
}
