import { concat, type Hex, keccak256, numberToHex, zeroHash } from 'viem';
import type { BalanceLeaf, BalanceTree } from '../house/balance-tree.js';

const DEPTH = 20;

/** The balance tree as its definition reads: every root and path is hashed from all leaves. */
export function naiveTree(): BalanceTree {
  const leaves = new Map<number, Hex>();
  return {
    set: (index, leaf) => void leaves.set(index, naiveLeaf(index, leaf)),
    clear: (index) => void leaves.delete(index),
    root: () => rootOf(leaves),
    prove: (index) => pathOf(leaves, index),
  };
}

export function naiveLeaf(index: number, { owner, balance, credited }: BalanceLeaf): Hex {
  const amounts = [balance, credited].map((amount) => numberToHex(amount, { size: 16 }));
  return keccak256(concat(['0x00', numberToHex(index, { size: 4 }), owner as Hex, ...amounts]));
}

/** The root a path leads to. */
export function naiveFold(index: number, leaf: Hex, path: readonly string[]): Hex {
  return path.reduce<Hex>((hash, sibling, level) => {
    const right = Math.floor(index / 2 ** level) % 2 === 1;
    return right ? node(sibling as Hex, hash) : node(hash, sibling as Hex);
  }, leaf);
}

const node = (left: Hex, right: Hex): Hex => keccak256(concat(['0x01', left, right]));

/** Roots of empty subtrees by height. */
const EMPTY: Hex[] = [zeroHash];
for (let i = 1; i <= DEPTH; i += 1) EMPTY.push(node(EMPTY[i - 1]!, EMPTY[i - 1]!));

function levelsOf(leaves: ReadonlyMap<number, Hex>): ReadonlyMap<number, Hex>[] {
  const levels: ReadonlyMap<number, Hex>[] = [leaves];
  for (let height = 0; height < DEPTH; height += 1) {
    const below = levels[height]!;
    const at = (index: number): Hex => below.get(index) ?? EMPTY[height]!;
    const parents = new Set([...below.keys()].map((index) => index >> 1));
    levels.push(new Map([...parents].map((i) => [i, node(at(2 * i), at(2 * i + 1))] as const)));
  }
  return levels;
}

function rootOf(leaves: ReadonlyMap<number, Hex>): Hex {
  return levelsOf(leaves)[DEPTH]!.get(0) ?? EMPTY[DEPTH]!;
}

function pathOf(leaves: ReadonlyMap<number, Hex>, index: number): Hex[] {
  const levels = levelsOf(leaves);
  return Array.from({ length: DEPTH }, (_, height) => {
    return levels[height]!.get((index >> height) ^ 1) ?? EMPTY[height]!;
  });
}
