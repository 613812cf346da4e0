import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { bytesToHex, type Hex, hexToBytes, keccak256 } from 'viem';
import { type BalanceLeaf, BalanceTree, leafBytes, verifyBalanceProof } from '../tree/index.js';
import { SettlementRefused, settlementCodes } from '../codes.js';
import { codeOfContractError } from '../contract-errors.js';
import {
  batchDigest,
  decodePayload,
  encodePayload,
  openingsDigest,
  openingsHash,
  originHash,
  payloadHash,
  sumOf,
} from './index.js';

/** What the contracts' own tests are held to as well: both sides agree to the byte, or one of them fails. */
function vectors<T>(name: string): T {
  const url = new URL(`../../../../contracts/vectors/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(url, 'utf8')) as T;
}

interface BatchVectors {
  readonly chainId: number;
  readonly verifyingContract: Hex;
  readonly origin: string;
  readonly header: Readonly<Record<'seq' | 'cycle' | 'logSize' | 'epoch' | 'deadline', string>> &
    Readonly<
      Record<'origin' | 'prevHash' | 'payloadHash' | 'logRoot' | 'stateRoot' | 'balanceRoot', Hex>
    > & { readonly leg: number };
  readonly digest: Hex;
  readonly openings: {
    readonly list: readonly { readonly index: number; readonly owner: Hex }[];
    readonly epoch: string;
    readonly deadline: string;
    readonly openingsHash: Hex;
    readonly digest: Hex;
  };
}

interface PayloadVectors {
  readonly cases: readonly {
    readonly name: string;
    readonly entries: readonly (readonly [index: number, delta: string])[];
    readonly withdrawals: readonly (readonly [index: number, to: Hex, amount: string])[];
    readonly payload: Hex;
    readonly payloadHash: Hex;
  }[];
  readonly refused: readonly {
    readonly name: string;
    readonly payload: Hex;
    readonly error: string;
  }[];
}

interface TreeVectors {
  readonly emptyRoot: Hex;
  readonly root: Hex;
  readonly leaves: readonly {
    readonly index: number;
    readonly owner: Hex;
    readonly balance: string;
    readonly credited: string;
    readonly leaf: Hex;
    readonly proof: readonly Hex[];
  }[];
}

describe('the vectors of the contracts', () => {
  const batch = vectors<BatchVectors>('batch');
  const at = { chainId: batch.chainId, ledger: batch.verifyingContract };

  it('give the digest of a batch', () => {
    const { header: h, origin, digest } = batch;
    expect(originHash(origin)).toBe(h.origin);
    const header = {
      ...h,
      seq: BigInt(h.seq),
      cycle: BigInt(h.cycle),
      logSize: BigInt(h.logSize),
      epoch: BigInt(h.epoch),
      deadline: BigInt(h.deadline),
    };
    expect(batchDigest(header, at)).toBe(digest);
  });

  it('give the digest of openings', () => {
    const { list, epoch, deadline, openingsHash: hash, digest } = batch.openings;
    expect(openingsHash(list)).toBe(hash);
    const until = { epoch: BigInt(epoch), deadline: BigInt(deadline) };
    expect(openingsDigest(list, until, at)).toBe(digest);
  });

  const payloads = vectors<PayloadVectors>('payload');
  it.each(payloads.cases)('give the bytes of a payload: $name', (each) => {
    const payload = {
      entries: each.entries.map(([index, delta]) => ({ index, delta: BigInt(delta) })),
      withdrawals: each.withdrawals.map(([index, to, amount]) => {
        return { index, to, amount: BigInt(amount) };
      }),
    };
    const bytes = encodePayload(payload);
    expect(bytesToHex(bytes)).toBe(each.payload);
    expect(payloadHash(bytes)).toBe(each.payloadHash);
    expect(decodePayload(bytes)).toEqual(payload);
  });

  it.each(payloads.refused)('refuse, as the contract does: $name', ({ payload, error }) => {
    const bytes = hexToBytes(payload);
    // What depends on balances or on the whole leg is not the codec's to see.
    if (error === 'NotZeroSum') {
      expect(sumOf(decodePayload(bytes).entries)).not.toBe(0n);
      return;
    }
    const name = error === 'UnopenedAccount' ? 'INDEX_OUT_OF_RANGE' : codeOfContractError(error);
    const code = `${settlementCodes[name][0]}_${name}`;
    expect(() => decodePayload(bytes)).toThrow(SettlementRefused);
    expect(() => decodePayload(bytes)).toThrow(code);
  });

  it('give leaves, proofs and roots of the balance tree', async () => {
    const { emptyRoot, root, leaves } = vectors<TreeVectors>('balance-tree');
    const tree = await BalanceTree.open();
    expect(tree.root()).toBe(emptyRoot);
    const read = leaves.map(({ index, owner, balance, credited }): BalanceLeaf => {
      return { index, owner, balance: BigInt(balance), credited: BigInt(credited) };
    });
    tree.set(read);
    expect(tree.root()).toBe(root);
    read.forEach((leaf, i) => {
      const { leaf: hash, proof } = leaves[i]!;
      expect(keccak256(leafBytes(leaf))).toBe(hash);
      expect(tree.prove(leaf.index)).toEqual(proof);
      expect(verifyBalanceProof(root, leaf, proof)).toBe(true);
    });
  });
});
