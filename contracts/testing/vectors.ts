import { createHash } from 'node:crypto';
import {
  concatHex,
  encodeAbiParameters,
  hashTypedData,
  type Hex,
  keccak256,
  numberToHex,
} from 'viem';
import { domainOf, typedData } from '../index.js';
import { plainPayload, type PlainPayload } from './payload.js';

/** What the contracts and the settlement service have to agree on to the byte; amounts are decimal strings. */

const at = { chainId: 31337, verifyingContract: `0x${'5e'.repeat(20)}` } as const;
const MAX = 2n ** 95n - 1n;
const hashOf = (text: string): Hex => keccak256(`0x${Buffer.from(text).toString('hex')}`);
const ownerOf = (index: number): Hex => `0x${hashOf(`owner ${index}`).slice(2, 42)}`;

const payloads: Readonly<Record<string, PlainPayload>> = {
  'nothing moves': { entries: [] },
  'both of a pair': {
    entries: [
      [16, 5n],
      [17, -5n],
    ],
  },
  'even and odd of different pairs': {
    entries: [
      [16, -1n],
      [19, 1n],
    ],
  },
  'the house pays': {
    entries: [
      [0, -30n],
      [16, 50n],
      [17, -20n],
    ],
  },
  'the largest and the smallest delta': {
    entries: [
      [16, MAX],
      [18, -MAX],
    ],
  },
  'the last index': {
    entries: [
      [2 ** 20 - 2, 7n],
      [2 ** 20 - 1, -7n],
    ],
  },
  'one withdrawal': { entries: [], withdrawals: [[16, ownerOf(1), 1n]] },
  'withdrawals of one account, and the largest amount': {
    entries: [
      [16, 5n],
      [17, -5n],
    ],
    withdrawals: [
      [16, ownerOf(2), 3n],
      [16, ownerOf(1), 2n],
      [17, ownerOf(3), 2n ** 128n - 1n],
    ],
  },
};

/** Bytes no payload encodes to, and the contract's error. */
function refusals(): Readonly<Record<string, { readonly payload: Hex; readonly error: string }>> {
  const pair = plainPayload(payloads['both of a pair']!).slice(12);
  const withdrawal = plainPayload(payloads['one withdrawal']!).slice(12);
  const later = plainPayload({ entries: [], withdrawals: [[17, ownerOf(1), 1n]] }).slice(12);
  const zeroes = (bytes: number): string => '00'.repeat(bytes);
  const refused = (payload: string, error: string) => ({ payload: `0x${payload}` as Hex, error });
  return {
    empty: refused('', 'PayloadLength'),
    'half a head': refused('010000', 'PayloadLength'),
    'another version': refused('0200000000', 'PayloadVersion'),
    'a byte too many': refused('010000000000', 'PayloadLength'),
    'a byte too few': refused(`0100010000${pair.slice(0, -2)}`, 'PayloadLength'),
    'the same slot twice': refused(`0100020000${pair}${pair}`, 'UnsortedPairs'),
    'slots that descend': refused(
      `0100020000${plainPayload({
        entries: [
          [18, 1n],
          [19, -1n],
        ],
      }).slice(12)}${pair}`,
      'UnsortedPairs',
    ),
    'a pair of zeroes': refused(`0100010000${'00000008'}${zeroes(24)}`, 'EmptyPair'),
    'withdrawals that descend': refused(`0100000002${later}${withdrawal}`, 'UnsortedWithdrawals'),
    'a withdrawal to nobody': refused(
      `0100000001${'00000010'}${zeroes(20)}${zeroes(15)}01`,
      'ZeroAddress',
    ),
    'a withdrawal of nothing': refused(
      `0100000001${'00000010'}${ownerOf(1).slice(2)}${zeroes(16)}`,
      'ZeroAmount',
    ),
    'deltas that do not sum to zero': refused(
      plainPayload({
        entries: [
          [16, 5n],
          [17, -4n],
        ],
      }).slice(2),
      'NotZeroSum',
    ),
    'an index past the last': refused(
      plainPayload({
        entries: [
          [2 ** 20, 1n],
          [2 ** 20 + 1, -1n],
        ],
      }).slice(2),
      'UnopenedAccount',
    ),
  };
}

function payloadVectors() {
  return {
    cases: Object.entries(payloads).map(([name, { entries, withdrawals = [] }]) => {
      const payload = plainPayload({ entries, withdrawals });
      return {
        name,
        entries: entries.map(([index, delta]) => [index, String(delta)]),
        withdrawals: withdrawals.map(([index, to, amount]) => [index, to, String(amount)]),
        payload,
        payloadHash: keccak256(payload),
      };
    }),
    refused: Object.entries(refusals()).map(([name, each]) => ({ name, ...each })),
  };
}

const domain = domainOf('SettlementLedger', at.chainId, at.verifyingContract);

function batchVectors() {
  const origin = 'novate.example/house';
  const header = {
    origin: `0x${createHash('sha256').update(origin).digest('hex')}` as Hex,
    seq: 7n,
    prevHash: hashOf('batch 6'),
    cycle: 1_440n,
    leg: 2,
    payloadHash: keccak256(plainPayload(payloads['the house pays']!)),
    logSize: 123_456n,
    logRoot: hashOf('log'),
    stateRoot: hashOf('state'),
    balanceRoot: hashOf('balances'),
    epoch: 3n,
    deadline: 1_900_000_000n,
  };
  const digest = hashTypedData({
    ...{ domain, primaryType: 'Batch', message: header },
    types: { Batch: typedData.Batch },
  });
  const openings = [0, 16, 17].map((index) => ({ index, owner: ownerOf(index) }));
  const components = [
    { name: 'index', type: 'uint32' },
    { name: 'owner', type: 'address' },
  ] as const;
  const openingsHash = keccak256(
    encodeAbiParameters([{ type: 'tuple[]', components }], [openings]),
  );
  const message = { openingsHash, epoch: 3n, deadline: 1_900_000_000n };
  const openingsDigest = hashTypedData({
    ...{ domain, primaryType: 'Openings', message },
    types: { Openings: typedData.Openings },
  });
  const plain = Object.entries(header).map(([name, value]) => [
    name,
    typeof value === 'bigint' ? String(value) : value,
  ]);
  return {
    ...at,
    origin,
    header: Object.fromEntries(plain) as Record<string, string | number>,
    digest,
    openings: {
      list: openings,
      epoch: '3',
      deadline: '1900000000',
      openingsHash,
      digest: openingsDigest,
    },
  };
}

const LEAVES = [
  // A house that owes shows nothing.
  { index: 0, balance: 0n, credited: 9_000n },
  { index: 16, balance: 1n, credited: 0n },
  { index: 17, balance: 123_456_789n, credited: 200_000_000n },
  { index: 21, balance: 0n, credited: 5n },
  { index: 1_000, balance: 2n ** 95n, credited: 2n ** 96n - 1n },
  { index: 2 ** 20 - 1, balance: 42n, credited: 42n },
].map((leaf) => ({ ...leaf, owner: ownerOf(leaf.index) }));
const DEPTH = 20;

function leafHash({ index, owner, balance, credited }: (typeof LEAVES)[number]): Hex {
  const amounts = [balance, credited].map((amount) => numberToHex(amount, { size: 16 }));
  return keccak256(concatHex(['0x00', numberToHex(index, { size: 4 }), owner, ...amounts]));
}

/** Hash of the node at a level, from the leaves up, by definition. */
function nodeHash(level: number, place: number): Hex {
  const under = LEAVES.filter(({ index }) => Math.floor(index / 2 ** level) === place);
  if (level === 0) return under[0] === undefined ? `0x${'00'.repeat(32)}` : leafHash(under[0]);
  if (under.length === 0) return emptyHash(level);
  return keccak256(
    concatHex(['0x01', nodeHash(level - 1, 2 * place), nodeHash(level - 1, 2 * place + 1)]),
  );
}

function emptyHash(level: number): Hex {
  if (level === 0) return `0x${'00'.repeat(32)}`;
  const below = emptyHash(level - 1);
  return keccak256(concatHex(['0x01', below, below]));
}

function treeVectors() {
  return {
    emptyRoot: emptyHash(DEPTH),
    root: nodeHash(DEPTH, 0),
    leaves: LEAVES.map((leaf) => ({
      index: leaf.index,
      owner: leaf.owner,
      balance: String(leaf.balance),
      credited: String(leaf.credited),
      leaf: leafHash(leaf),
      proof: Array.from({ length: DEPTH }, (_, level) =>
        nodeHash(level, Math.floor(leaf.index / 2 ** level) ^ 1),
      ),
    })),
  };
}

/** Files of contracts/vectors by name. */
export function makeVectors(): Readonly<Record<string, unknown>> {
  return { payload: payloadVectors(), batch: batchVectors(), 'balance-tree': treeVectors() };
}
