import { type Hex, keccak256 } from 'viem';
import { INDEX_LIMIT } from '../batch/index.js';
import { SettlementRefused } from '../codes.js';

/** What the tree shows of one settlement account; amounts in rail units. */
export interface BalanceLeaf {
  readonly index: number;
  /** Lower case. */
  readonly owner: Hex;
  /** After the batch. The house may be below zero: it is shown as 0, for nothing can be claimed of it. */
  readonly balance: bigint;
  /** All deposits to the index that are in the balance; a later one is claimed on top of the leaf. */
  readonly credited: bigint;
}

/** Levels between a leaf and the root. */
export const TREE_DEPTH = 20;
/** Indices below this are the house's. */
export const FIRST_MEMBER = 16;

const LEAF_BYTES = 57;
const AMOUNT_LIMIT = 1n << 128n;

/**
 * `0x00 | uint32 index | address owner | uint128 balance | uint128 credited`: what is hashed for a leaf.
 * @throws SettlementRefused where a field does not fit.
 */
export function leafBytes(leaf: BalanceLeaf): Uint8Array {
  const { index, owner, credited } = leaf;
  const field = `leaf[${index}]`;
  if (!Number.isInteger(index) || index < 0 || index >= INDEX_LIMIT) {
    throw new SettlementRefused('INDEX_OUT_OF_RANGE', field, `${index} is no index`);
  }
  if (!/^0x[0-9a-f]{40}$/.test(owner)) {
    throw new SettlementRefused('INVALID_ADDRESS', field, `"${owner}" is no address`);
  }
  const bytes = new Uint8Array(LEAF_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(1, index);
  bytes.set(Buffer.from(owner.slice(2), 'hex'), 5);
  setUint128(view, 25, shownBalance(leaf), field);
  setUint128(view, 41, credited, field);
  return bytes;
}

/**
 * Whether `root` commits to the leaf: `proof` holds the sibling hashes, bottom up. The same check as the contract's, with
 * another implementation of the hash than the tree's.
 */
export function verifyBalanceProof(root: Hex, leaf: BalanceLeaf, proof: readonly Hex[]): boolean {
  if (proof.length !== TREE_DEPTH) return false;
  let node = keccak256(leafBytes(leaf));
  proof.forEach((sibling, level) => {
    const isRight = (leaf.index >>> level) % 2 === 1;
    const [left, right] = isRight ? [sibling, node] : [node, sibling];
    node = keccak256(`0x01${left.slice(2)}${right.slice(2)}`);
  });
  return node === root;
}

function shownBalance({ index, balance }: BalanceLeaf): bigint {
  return balance < 0n && index < FIRST_MEMBER ? 0n : balance;
}

function setUint128(view: DataView, at: number, value: bigint, field: string): void {
  if (value < 0n || value >= AMOUNT_LIMIT) {
    throw new SettlementRefused('BALANCE_OUT_OF_RANGE', field, `${value} is no balance`);
  }
  view.setBigUint64(at, value >> 64n);
  view.setBigUint64(at + 8, BigInt.asUintN(64, value));
}
