import { type Hex, keccak256 } from 'viem';
import { type BalanceLeaf, leafBytes, TREE_DEPTH } from '../leaf.js';

const EMPTY_LEAF: Hex = `0x${'00'.repeat(32)}`;

export function naiveNode(left: Hex, right: Hex): Hex {
  return keccak256(`0x01${left.slice(2)}${right.slice(2)}`);
}

/** Hashes of empty subtrees, by level. */
const EMPTY: Hex[] = [EMPTY_LEAF];
for (let level = 0; level < TREE_DEPTH; level++) {
  EMPTY.push(naiveNode(EMPTY[level]!, EMPTY[level]!));
}

/** Root of the tree of all 2^20 leaves by its definition, from the leaves alone. */
export function naiveRoot(leaves: readonly BalanceLeaf[]): Hex {
  const hashes = new Map(leaves.map((leaf) => [leaf.index, keccak256(leafBytes(leaf))]));
  return subtree([...hashes], TREE_DEPTH);
}

/** Hash of a subtree of so many levels, given what it holds by index within it. */
function subtree(leaves: readonly (readonly [number, Hex])[], level: number): Hex {
  if (level === 0) return leaves[0]?.[1] ?? EMPTY_LEAF;
  if (leaves.length === 0) return EMPTY[level]!;
  const middle = 2 ** (level - 1);
  const left = leaves.filter(([index]) => index < middle);
  const right = leaves.filter(([index]) => index >= middle);
  const shifted = right.map(([index, hash]) => [index - middle, hash] as const);
  return naiveNode(subtree(left, level - 1), subtree(shifted, level - 1));
}
