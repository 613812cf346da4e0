import { describe, expect, it } from '@jest/globals';
import { SimpleMerkleTree } from '@openzeppelin/merkle-tree';
import fc from 'fast-check';
import { type Hex, keccak256, toHex } from 'viem';
import {
  type BalanceLeaf,
  BalanceTree,
  leafBytes,
  TREE_DEPTH,
  verifyBalanceProof,
} from './index.js';
import { naiveNode, naiveRoot } from './testing/naive-tree.js';

const EMPTY = `0x${'00'.repeat(32)}` as const;
const amount = fc.oneof(fc.bigInt(0n, 9n), fc.bigInt(0n, (1n << 128n) - 1n));
const leaves: fc.Arbitrary<BalanceLeaf[]> = fc.array(
  fc.record({
    index: fc.oneof(fc.nat(40), fc.nat(2 ** 14)),
    owner: fc.bigInt(1n, (1n << 160n) - 1n).map((value) => toHex(value, { size: 20 })),
    balance: amount,
    credited: amount,
  }),
  { maxLength: 6 },
);

const leafOf = (index: number, balance = 100n): BalanceLeaf => ({
  index,
  owner: toHex(index + 1, { size: 20 }),
  balance,
  credited: 7n,
});

/** The last leaf of each index. */
function settled(all: readonly BalanceLeaf[]): BalanceLeaf[] {
  return [...new Map(all.map((leaf) => [leaf.index, leaf])).values()];
}

async function treeOf(all: readonly BalanceLeaf[]): Promise<BalanceTree> {
  const tree = await BalanceTree.open();
  tree.set(all);
  return tree;
}

describe('the balance tree', () => {
  it('has the root of its definition after any changes, in however many steps', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(leaves, { maxLength: 3 }), async (steps) => {
        const tree = await BalanceTree.open();
        for (const step of steps) tree.set(step);
        expect(tree.root()).toBe(naiveRoot(settled(steps.flat())));
      }),
      { numRuns: 20 },
    );
  });

  it('proves each leaf against the root, and nothing else', async () => {
    await fc.assert(
      fc.asyncProperty(leaves, fc.nat(), async (all, at) => {
        const tree = await treeOf(all);
        for (const leaf of settled(all)) {
          const proof = tree.prove(leaf.index);
          expect(verifyBalanceProof(tree.root(), leaf, proof)).toBe(true);
          const other = { ...leaf, balance: leaf.balance ^ 1n };
          expect(verifyBalanceProof(tree.root(), other, proof)).toBe(false);
          const later = { ...leaf, credited: leaf.credited ^ 1n };
          expect(verifyBalanceProof(tree.root(), later, proof)).toBe(false);
          const bent = proof.with(at % TREE_DEPTH, keccak256('0x'));
          expect(verifyBalanceProof(tree.root(), leaf, bent)).toBe(false);
          expect(verifyBalanceProof(tree.root(), leaf, proof.slice(1))).toBe(false);
        }
      }),
      { numRuns: 20 },
    );
  });

  it('has the root it had before leaves came, once they are cleared', async () => {
    await fc.assert(
      fc.asyncProperty(leaves, leaves, async (kept, gone) => {
        const tree = await treeOf(kept);
        tree.set(gone);
        tree.clear(gone.map(({ index }) => index));
        const left = settled(kept).filter(({ index }) =>
          gone.every((leaf) => leaf.index !== index),
        );
        expect(tree.root()).toBe(naiveRoot(left));
      }),
      { numRuns: 20 },
    );
  });

  it('holds the last index', async () => {
    const last = leafOf(2 ** TREE_DEPTH - 1);
    const tree = await treeOf([leafOf(16), last]);
    expect(tree.root()).toBe(naiveRoot([leafOf(16), last]));
    expect(verifyBalanceProof(tree.root(), last, tree.prove(last.index))).toBe(true);
  });

  it('agrees with OpenZeppelin on the part that is full', async () => {
    const all = Array.from({ length: 256 }, (_, index) => leafOf(index));
    // Theirs keeps leaves in reverse, so the left child there is the right one here.
    const theirs = SimpleMerkleTree.of(
      all.map((leaf) => keccak256(leafBytes(leaf))),
      { sortLeaves: false, nodeHash: (a, b) => naiveNode(toHexString(b), toHexString(a)) },
    );
    let root = theirs.root as Hex;
    let empty: Hex = EMPTY;
    for (let level = 0; level < TREE_DEPTH; level++) {
      if (level >= 8) root = naiveNode(root, empty);
      empty = naiveNode(empty, empty);
    }
    const tree = await treeOf(all);
    expect(tree.root()).toBe(root);
  });

  it('hashes a leaf as the contract does', () => {
    const leaf = {
      index: 258,
      owner: `0x${'ab'.repeat(20)}`,
      balance: 1n << 100n,
      credited: 3n,
    } as const;
    const written = `0x00${'00000102'}${'ab'.repeat(20)}${'00000010'.padEnd(32, '0')}${'3'.padStart(32, '0')}`;
    expect(toHex(leafBytes(leaf))).toBe(written);
  });

  it('shows a house below zero as zero, and has no member below zero', async () => {
    const house = await treeOf([leafOf(3, -5n)]);
    expect(house.root()).toBe((await treeOf([leafOf(3, 0n)])).root());
    const before = house.root();
    expect(() => house.set([leafOf(4), leafOf(16, -5n)])).toThrow('8015_BALANCE_OUT_OF_RANGE');
    expect(house.root()).toBe(before);
  });

  it.each([
    ['an index of 2^20', leafOf(2 ** TREE_DEPTH), '8010_INDEX_OUT_OF_RANGE'],
    ['a balance of 129 bits', leafOf(16, 1n << 128n), '8015_BALANCE_OUT_OF_RANGE'],
    [
      'an owner in capitals',
      { ...leafOf(1), owner: `0x${'AB'.repeat(20)}` as Hex },
      '8009_INVALID_ADDRESS',
    ],
  ])('refuses %s', async (_what, leaf, code) => {
    const tree = await BalanceTree.open();
    expect(() => tree.set([leaf])).toThrow(code);
  });

  it('proves that no account is open', async () => {
    const tree = await treeOf([leafOf(16)]);
    const proof = tree.prove(2 ** TREE_DEPTH - 1);
    const root = proof.reduce<Hex>((node, sibling) => naiveNode(sibling, node), EMPTY);
    expect(root).toBe(tree.root());
    expect(() => tree.prove(-1)).toThrow('8010_INDEX_OUT_OF_RANGE');
  });
});

function toHexString(bytes: Parameters<typeof SimpleMerkleTree.verify>[0]): Hex {
  return typeof bytes === 'string' ? (bytes as Hex) : toHex(Uint8Array.from(bytes));
}
