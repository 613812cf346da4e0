import { createHash } from 'node:crypto';
import { domainOf, typedData } from '#contracts';
import { encodeAbiParameters, type Hex, hashTypedData, keccak256 } from 'viem';

/** What co-signers sign and the contract keeps the digest of; the payload is in it by its hash. */
export interface BatchHeader {
  /** SHA-256 of the log's name: whose journal this comes from. */
  readonly origin: Hex;
  /** 1, 2, 3, ... per rail. */
  readonly seq: bigint;
  /** Digest of batch `seq - 1`; zero before the first. */
  readonly prevHash: Hex;
  readonly cycle: bigint;
  readonly leg: number;
  readonly payloadHash: Hex;
  /** Events in the log up to and with the one that decided the leg. */
  readonly logSize: bigint;
  /** RFC 9162 root over so many events. */
  readonly logRoot: Hex;
  /** Hash of the house's state after so many events. */
  readonly stateRoot: Hex;
  /** Root of the balance tree after this batch. */
  readonly balanceRoot: Hex;
  /** The set of operators that signs. */
  readonly epoch: bigint;
  /** Last block time, in seconds, at which the contract takes the batch. */
  readonly deadline: bigint;
}

/** The contract a digest is made for; no other contract and no other chain accepts it. */
export interface LedgerAddress {
  readonly chainId: number;
  readonly ledger: Hex;
}

/** An account index and the address that owns it on chain. */
export interface Opening {
  readonly index: number;
  readonly owner: Hex;
}

/** Seconds the contract lets a deadline be ahead of its block. */
export const LONGEST_DEADLINE = 1_800;

export const ZERO_HASH: Hex = `0x${'00'.repeat(32)}`;

const openingsAbi = [
  {
    type: 'tuple[]',
    components: [
      { name: 'index', type: 'uint32' },
      { name: 'owner', type: 'address' },
    ],
  },
] as const;

/** EIP-712 digest of a batch: its identity on chain, the next batch's `prevHash`, and what operators sign. */
export function batchDigest(header: BatchHeader, at: LedgerAddress): Hex {
  return hashTypedData({
    domain: domainOf('SettlementLedger', at.chainId, at.ledger),
    types: { Batch: typedData.Batch },
    primaryType: 'Batch',
    message: header,
  });
}

/** keccak256 of the ABI encoding of `Opening[]`, in the order given. */
export function openingsHash(openings: readonly Opening[]): Hex {
  return keccak256(encodeAbiParameters(openingsAbi, [openings]));
}

/** EIP-712 digest of opening accounts; the deadline is a block time in seconds. */
export function openingsDigest(
  openings: readonly Opening[],
  { epoch, deadline }: { readonly epoch: bigint; readonly deadline: bigint },
  at: LedgerAddress,
): Hex {
  return hashTypedData({
    domain: domainOf('SettlementLedger', at.chainId, at.ledger),
    types: { Openings: typedData.Openings },
    primaryType: 'Openings',
    message: { openingsHash: openingsHash(openings), epoch, deadline },
  });
}

/** How a log is named on chain: SHA-256 of its name's UTF-8 bytes. */
export function originHash(name: string): Hex {
  return `0x${createHash('sha256').update(name, 'utf8').digest('hex')}`;
}
