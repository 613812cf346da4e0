import { createKeccak, type IHasher } from 'hash-wasm';
import { bytesToHex, type Hex } from 'viem';
import { SettlementRefused } from '../codes.js';
import { type BalanceLeaf, leafBytes, TREE_DEPTH } from './leaf.js';

const HASH = 32;
const NODE_PREFIX = 1;

/**
 * Merkle tree over the balances of one rail: keccak256, 20 levels, a leaf per index, 32 zero bytes where no account is
 * open, `0x01 | left | right` above. Only the left part that holds open accounts is stored, as a heap in one array (node i
 * has children 2i and 2i + 1); what lies right of it is empty and known by its level alone.
 */
export class BalanceTree {
  #capacity = 1;
  #nodes: Uint8Array;
  readonly #keccak: IHasher;
  /** Hash of an empty subtree, by level above the leaves. */
  readonly #empty: readonly Uint8Array[];
  /** One node as it is hashed: prefix and two children. */
  readonly #scratch = new Uint8Array(1 + 2 * HASH);

  private constructor(keccak: IHasher) {
    this.#keccak = keccak;
    this.#scratch[0] = NODE_PREFIX;
    this.#empty = this.#emptySubtrees();
    this.#nodes = this.#emptyHeap(1);
  }

  /** An empty tree. Compiling the hash is the one thing that takes a promise. */
  static async open(): Promise<BalanceTree> {
    const opened = await BalanceTree.opener();
    return opened();
  }

  /** What makes empty trees without a promise each; they share the compiled hash. */
  static async opener(): Promise<() => BalanceTree> {
    const keccak = await createKeccak(256);
    return () => new BalanceTree(keccak);
  }

  /**
   * Puts these leaves in the place of those of their indices; costs at most 20 hashes for each, fewer for many together.
   * @throws SettlementRefused for a leaf that does not fit; then nothing has changed.
   */
  set(leaves: readonly BalanceLeaf[]): void {
    const encoded = leaves.map(leafBytes);
    const indices = leaves.map(({ index }) => index);
    this.#hold(indices.reduce((most, index) => Math.max(most, index), 0) + 1);
    encoded.forEach((bytes, i) => this.#put(this.#capacity + indices[i]!, this.#hash(bytes)));
    this.#rehash(indices);
  }

  /** Makes these indices empty again, as before their accounts were opened. */
  clear(indices: readonly number[]): void {
    const held = indices.filter((index) => index < this.#capacity);
    for (const index of held) this.#put(this.#capacity + index, this.#empty[0]!);
    this.#rehash(held);
  }

  root(): Hex {
    return bytesToHex(this.#subtree(TREE_DEPTH, 0));
  }

  /** Hashes what is above these leaves. */
  #rehash(indices: readonly number[]): void {
    let changed = Uint32Array.from(indices, (index) => this.#capacity + index).toSorted();
    while (changed.length > 0 && changed[0]! > 1) {
      changed = parents(changed);
      for (const node of changed) this.#put(node, this.#hashNode(node));
    }
  }

  /**
   * The 20 sibling hashes of an index, bottom up; also for one where no account is open.
   * @throws SettlementRefused for what is no index.
   */
  prove(index: number): Hex[] {
    if (!Number.isInteger(index) || index < 0 || index >= 2 ** TREE_DEPTH) {
      throw new SettlementRefused('INDEX_OUT_OF_RANGE', 'index', `${index} is no index`);
    }
    return Array.from({ length: TREE_DEPTH }, (_, level) =>
      bytesToHex(this.#subtree(level, (index >>> level) ^ 1)),
    );
  }

  /** Hash of a subtree: its height above the leaves, and its place from the left among those as high. */
  #subtree(level: number, place: number): Uint8Array {
    const width = this.#capacity / 2 ** level;
    if (place < width && width >= 1) return this.#node(width + place);
    if (place > 0) return this.#empty[level]!;
    return this.#hashChildren(this.#subtree(level - 1, 0), this.#empty[level - 1]!);
  }

  /** Makes room for so many indices: the heap so far becomes the left part of a larger one. */
  #hold(count: number): void {
    if (count <= this.#capacity) return;
    const before = { capacity: this.#capacity, nodes: this.#nodes };
    this.#capacity = 2 ** Math.ceil(Math.log2(count));
    this.#nodes = this.#emptyHeap(this.#capacity);
    const factor = this.#capacity / before.capacity;
    for (let width = before.capacity; width >= 1; width /= 2) {
      const row = before.nodes.subarray(width * HASH, 2 * width * HASH);
      this.#nodes.set(row, width * factor * HASH);
    }
    for (let node = factor / 2; node >= 1; node /= 2) this.#put(node, this.#hashNode(node));
  }

  #emptyHeap(capacity: number): Uint8Array {
    const nodes = new Uint8Array(2 * capacity * HASH);
    for (let width = capacity / 2, level = 1; width >= 1; width /= 2, level++) {
      repeat(this.#empty[level]!, nodes.subarray(width * HASH, 2 * width * HASH));
    }
    return nodes;
  }

  #emptySubtrees(): Uint8Array[] {
    const empty = [new Uint8Array(HASH)];
    for (let level = 0; level < TREE_DEPTH; level++) {
      empty.push(this.#hashChildren(empty[level]!, empty[level]!));
    }
    return empty;
  }

  #node(node: number): Uint8Array {
    return this.#nodes.subarray(node * HASH, (node + 1) * HASH);
  }

  #put(node: number, hash: Uint8Array): void {
    this.#nodes.set(hash, node * HASH);
  }

  #hashNode(node: number): Uint8Array {
    this.#scratch.set(this.#nodes.subarray(2 * node * HASH, 2 * (node + 1) * HASH), 1);
    return this.#hash(this.#scratch);
  }

  #hashChildren(left: Uint8Array, right: Uint8Array): Uint8Array<ArrayBuffer> {
    this.#scratch.set(left, 1);
    this.#scratch.set(right, 1 + HASH);
    return this.#hash(this.#scratch);
  }

  #hash(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
    // A copy in an ArrayBuffer of its own: the hasher's result has no narrower type than any buffer.
    return new Uint8Array(this.#keccak.init().update(bytes).digest('binary'));
  }
}

/** Fills a row of nodes with one hash, each copy twice as long as the one before. */
function repeat(hash: Uint8Array, row: Uint8Array): void {
  row.set(hash);
  for (let done = hash.length; done < row.length; done *= 2) row.copyWithin(done, 0, done);
}

/** The parents of nodes in ascending order, each once, ascending. */
function parents(nodes: Uint32Array): Uint32Array<ArrayBuffer> {
  const found = new Uint32Array(nodes.length);
  let count = 0;
  for (const node of nodes) {
    const parent = node >>> 1;
    if (count === 0 || found[count - 1] !== parent) found[count++] = parent;
  }
  return found.slice(0, count);
}
