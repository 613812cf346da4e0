import { describe, expect, it } from '@jest/globals';
import { keccak_256 } from '@noble/hashes/sha3.js';
import { bytesToHex, type Hex, hexToBytes, stringToBytes } from 'viem';
import {
  batchDigest,
  type BatchHeader,
  decodePayload,
  legToBatch,
  openingsDigest,
  openingsHash,
  originHash,
  payloadHash,
  ZERO_HASH,
} from './index.js';

const at = { chainId: 31337, ledger: `0x${'5e'.repeat(20)}` } as const;
const hash = (byte: string): Hex => `0x${byte.repeat(32)}`;
const context = {
  ...at,
  origin: 'novate.example/house',
  prevHash: ZERO_HASH,
  logSize: 1_234,
  logRoot: hash('a1'),
  stateRoot: hash('a2'),
  balanceRoot: hash('a3'),
  epoch: 1n,
  deadline: 1_900_000_000n,
};
const leg = {
  cycle: 7,
  seq: 1,
  leg: 1,
  entries: [
    [0, '-30'],
    [16, '50'],
    [17, '-20'],
  ] as const,
  withdrawals: [{ index: 16, to: `0x${'0c'.repeat(20)}`, amount: '5' }],
  houseDelta: '-30',
};

/** EIP-712 written out, with another keccak than the one under test. */
function digestByHand(type: string, words: readonly Hex[]): Hex {
  const keccak = (bytes: Uint8Array): Uint8Array => keccak_256(bytes);
  const struct = (definition: string, fields: readonly Hex[]): Uint8Array =>
    keccak(Buffer.concat([keccak(stringToBytes(definition)), ...fields.map((f) => hexToBytes(f))]));
  const text = (value: string): Hex => bytesToHex(keccak(stringToBytes(value)));
  const domain = struct(
    'EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)',
    [text('Novate SettlementLedger'), text('1'), word(31337n), word(BigInt(at.ledger))],
  );
  return bytesToHex(keccak(Buffer.concat([hexToBytes('0x1901'), domain, struct(type, words)])));
}

function word(value: bigint): Hex {
  return `0x${value.toString(16).padStart(64, '0')}`;
}

function byHand(h: BatchHeader): Hex {
  return digestByHand(
    'Batch(bytes32 origin,uint64 seq,bytes32 prevHash,uint64 cycle,uint16 leg,bytes32 payloadHash,uint64 logSize,bytes32 logRoot,bytes32 stateRoot,bytes32 balanceRoot,uint64 epoch,uint64 deadline)',
    [
      ...[h.origin, word(h.seq), h.prevHash, word(h.cycle), word(BigInt(h.leg)), h.payloadHash],
      ...[word(h.logSize), h.logRoot, h.stateRoot, h.balanceRoot, word(h.epoch), word(h.deadline)],
    ],
  );
}

describe('a leg as a batch', () => {
  it('carries the leg, its place and the log it was decided in', () => {
    const { header, payload, digest } = legToBatch(leg, context);
    expect(decodePayload(payload)).toEqual({
      entries: [
        { index: 0, delta: -30n },
        { index: 16, delta: 50n },
        { index: 17, delta: -20n },
      ],
      withdrawals: [{ index: 16, to: `0x${'0c'.repeat(20)}`, amount: 5n }],
    });
    expect(header).toEqual({
      origin: originHash('novate.example/house'),
      seq: 1n,
      prevHash: ZERO_HASH,
      cycle: 7n,
      leg: 1,
      payloadHash: payloadHash(payload),
      logSize: 1_234n,
      logRoot: hash('a1'),
      stateRoot: hash('a2'),
      balanceRoot: hash('a3'),
      epoch: 1n,
      deadline: 1_900_000_000n,
    });
    expect(digest).toBe(byHand(header));
  });

  it.each([
    ['chain', { chainId: 31338 }],
    ['contract', { ledger: hash('5e').slice(0, 40) + '5f' } as { ledger: Hex }],
    ['log', { origin: 'novate.example/home' }],
    ['past', { prevHash: hash('01') }],
    ['log size', { logSize: 1_235 }],
    ['log root', { logRoot: hash('01') }],
    ['state', { stateRoot: hash('01') }],
    ['balances', { balanceRoot: hash('01') }],
    ['epoch', { epoch: 2n }],
    ['deadline', { deadline: 1_900_000_001n }],
  ])('has another digest for another %s', (_what, other) => {
    const { digest } = legToBatch(leg, context);
    expect(legToBatch(leg, { ...context, ...other }).digest).not.toBe(digest);
  });

  it.each([
    ['moves nothing', { entries: [], withdrawals: [], houseDelta: '0' }, '8013_EMPTY_BATCH'],
    ['does not sum to zero', { entries: [[16, '1']] as const }, '8012_NOT_ZERO_SUM'],
    ['hides what the house pays', { houseDelta: '0' }, '8014_HOUSE_DELTA_DIFFERS'],
  ])('is refused where it %s', (_what, part, code) => {
    expect(() => legToBatch({ ...leg, ...part }, context)).toThrow(code);
  });
});

describe('opening accounts', () => {
  it('is signed for its list, its epoch and its deadline', () => {
    const openings = [
      { index: 0, owner: at.ledger },
      { index: 16, owner: `0x${'0c'.repeat(20)}` },
    ] as const;
    const words = [32n, 2n, 0n, BigInt(at.ledger), 16n, BigInt(openings[1].owner)].map(word);
    const list = bytesToHex(keccak_256(Buffer.concat(words.map((each) => hexToBytes(each)))));
    expect(openingsHash(openings)).toBe(list);
    expect(openingsDigest(openings, { epoch: 3n, deadline: 9n }, at)).toBe(
      digestByHand('Openings(bytes32 openingsHash,uint64 epoch,uint64 deadline)', [
        list,
        word(3n),
        word(9n),
      ]),
    );
  });

  it('keeps the digest of a header apart from its fields', () => {
    const { header } = legToBatch(leg, context);
    expect(batchDigest({ ...header, leg: 2 }, at)).not.toBe(batchDigest(header, at));
  });
});
