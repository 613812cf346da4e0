import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  consistencyRanges,
  EMPTY_ROOT,
  Frontier,
  hashLine,
  inclusionRanges,
  proveConsistency,
  proveInclusion,
  rootAt,
  type Subtree,
  verifyConsistency,
  verifyInclusion,
} from './merkle.js';

const sha256 = (...parts: Uint8Array[]): Buffer =>
  createHash('sha256').update(Buffer.concat(parts)).digest();

/** RFC 9162 2.1.1 as it is written: MTH over leaf hashes. */
function mth(leaves: readonly Buffer[]): Buffer {
  if (leaves.length === 0) return sha256();
  if (leaves.length === 1) return leaves[0]!;
  const k = split(leaves.length);
  return sha256(Uint8Array.of(1), mth(leaves.slice(0, k)), mth(leaves.slice(k)));
}

/** RFC 9162 2.1.3.1. */
function path(m: number, leaves: readonly Buffer[]): Buffer[] {
  if (leaves.length === 1) return [];
  const k = split(leaves.length);
  const [left, right] = [leaves.slice(0, k), leaves.slice(k)];
  return m < k ? [...path(m, left), mth(right)] : [...path(m - k, right), mth(left)];
}

/** RFC 9162 2.1.4.1. */
function subproof(m: number, leaves: readonly Buffer[], whole: boolean): Buffer[] {
  if (m === leaves.length) return whole ? [] : [mth(leaves)];
  const k = split(leaves.length);
  const [left, right] = [leaves.slice(0, k), leaves.slice(k)];
  return m <= k
    ? [...subproof(m, left, whole), mth(right)]
    : [...subproof(m - k, right, false), mth(left)];
}

const split = (n: number): number => 2 ** Math.floor(Math.log2(n - 1));
const leavesOf = (count: number): Buffer[] =>
  Array.from({ length: count }, (_, i) => hashLine(`line ${i}`));
const source = (leaves: readonly Buffer[]) => ({
  subtrees: async (wanted: readonly Subtree[]) =>
    wanted.map(({ level, index }) =>
      mth(leaves.slice(index * 2 ** level, (index + 1) * 2 ** level)),
    ),
});
const flip = (hash: Buffer): Buffer => {
  const copy = Buffer.from(hash);
  copy[7] = copy[7]! ^ 4;
  return copy;
};

/**
 * The test vectors of RFC 6962 implementations (certificate-transparency, transparency-dev/merkle: constants of
 * testonly): eight inputs, and the roots of their first n.
 */
const INPUTS = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
];
const ROOTS = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];
const INCLUSION_5_OF_8 = [
  'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
  'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
];
const CONSISTENCY_6_TO_8 = [
  '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a',
  'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
];

describe('the vectors of certificate transparency', () => {
  const leaves = INPUTS.map((hex) => hashLine(Buffer.from(hex, 'hex')));
  const hex = (hashes: readonly Buffer[]): string[] => hashes.map((h) => h.toString('hex'));

  it('roots', async () => {
    const frontier = new Frontier();
    const roots = [frontier.root()];
    for (const leaf of leaves) {
      frontier.append(leaf);
      roots.push(frontier.root());
    }
    expect(hex(roots)).toEqual(ROOTS);
    expect(EMPTY_ROOT.toString('hex')).toBe(ROOTS[0]);
    expect((await rootAt(source(leaves), 7)).toString('hex')).toBe(ROOTS[7]);
  });
  it('inclusion and consistency', async () => {
    const inclusion = await proveInclusion(source(leaves), 5, 8);
    expect(hex(inclusion.path)).toEqual(INCLUSION_5_OF_8);
    const consistency = await proveConsistency(source(leaves), 6, 8);
    expect(hex(consistency.path)).toEqual(CONSISTENCY_6_TO_8);
  });
});

describe('every tree of up to 34 leaves, against the definition', () => {
  const leaves = leavesOf(34);
  const all = source(leaves);

  it('has its root at every size', () => {
    const frontier = new Frontier();
    leaves.forEach((leaf, i) => {
      frontier.append(leaf);
      expect(frontier.root()).toEqual(mth(leaves.slice(0, i + 1)));
    });
  });
  it('has its inclusion proofs, and they verify', async () => {
    for (let size = 1; size <= leaves.length; size += 1) {
      const tree = leaves.slice(0, size);
      for (let position = 0; position < size; position += 1) {
        const proof = await proveInclusion(all, position, size);
        expect(proof.path).toEqual(path(position, tree));
        verifyInclusion(proof, leaves[position]!, mth(tree));
      }
    }
  });
  it('has its consistency proofs, and they verify', async () => {
    for (let to = 1; to <= leaves.length; to += 1) {
      for (let from = 1; from <= to; from += 1) {
        const proof = await proveConsistency(all, from, to);
        expect(proof.path).toEqual(subproof(from, leaves.slice(0, to), true));
        verifyConsistency(proof, mth(leaves.slice(0, from)), mth(leaves.slice(0, to)));
      }
    }
  });
});

describe('a proof that does not hold', () => {
  const leaves = leavesOf(300);
  const all = source(leaves);
  const place = fc
    .integer({ min: 2, max: 300 })
    .chain((size) =>
      fc.record({ size: fc.constant(size), at: fc.integer({ min: 0, max: size - 1 }) }),
    );

  it('is refused for a flipped bit, another leaf, position, size or root, naming the root', async () => {
    await fc.assert(
      fc.asyncProperty(place, fc.nat(), async ({ size, at }, pick) => {
        const root = mth(leaves.slice(0, size));
        const proof = await proveInclusion(all, at, size);
        verifyInclusion(proof, leaves[at]!, root);
        const wrong = pick % proof.path.length;
        const flipped = proof.path.map((hash, i) => (i === wrong ? flip(hash) : hash));
        const refused = `root of size ${size}`;
        expect(() => verifyInclusion({ ...proof, path: flipped }, leaves[at]!, root)).toThrow(
          refused,
        );
        expect(() => verifyInclusion(proof, flip(leaves[at]!), root)).toThrow(refused);
        expect(() => verifyInclusion(proof, leaves[at]!, flip(root))).toThrow(refused);
        const elsewhere = { ...proof, position: at === 0 ? 1 : at - 1 };
        expect(() => verifyInclusion(elsewhere, leaves[at]!, root)).toThrow(/root of|proof hash/);
      }),
      { numRuns: 60 },
    );
  });
  it('of consistency is refused, naming which root', async () => {
    await fc.assert(
      fc.asyncProperty(place, async ({ size, at }) => {
        const [from, to] = [at + 1, size];
        const [older, newer] = [mth(leaves.slice(0, from)), mth(leaves.slice(0, to))];
        const proof = await proveConsistency(all, from, to);
        verifyConsistency(proof, older, newer);
        if (from === to) return;
        expect(() => verifyConsistency(proof, older, flip(newer))).toThrow(`root of size ${to}`);
        expect(() => verifyConsistency(proof, flip(older), newer)).toThrow(/root of size/);
        const flipped = proof.path.with(0, flip(proof.path[0]!));
        expect(() => verifyConsistency({ ...proof, path: flipped }, older, newer)).toThrow(
          'root of',
        );
      }),
      { numRuns: 60 },
    );
  });
  it('is refused where a hash is missing, added or cut, naming it', async () => {
    const proof = await proveInclusion(all, 5, 300);
    const root = mth(leaves);
    const refusal = (changed: readonly Buffer[]) => () =>
      verifyInclusion({ ...proof, path: changed }, leaves[5]!, root);
    expect(refusal(proof.path.slice(0, -1))).toThrow('proof hash 9: is missing');
    expect(refusal([...proof.path, root])).toThrow('proof hash 10: is one too many');
    expect(refusal(proof.path.with(2, root.subarray(1)))).toThrow('proof hash 3: is not 32 bytes');
    expect(() => inclusionRanges(300, 300)).toThrow('position 300: is not in a tree of 300 leaves');
    expect(() => consistencyRanges(0, 3)).toThrow('size 0: is not from 1 to 3');
    expect(() => consistencyRanges(4, 3)).toThrow('size 4');
  });
});
