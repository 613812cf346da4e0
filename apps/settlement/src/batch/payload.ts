import { bytesToHex, type Hex, hexToBytes, keccak256 } from 'viem';
import { SettlementRefused } from '../codes.js';

/** By how much a settlement account's balance on its rail moves, in rail units; not zero. */
export interface Entry {
  readonly index: number;
  readonly delta: bigint;
}

/** What leaves a settlement account for an address, in rail units; applied after the deltas. */
export interface Withdrawal {
  readonly index: number;
  /** Lower case. */
  readonly to: Hex;
  readonly amount: bigint;
}

/** What a batch does to balances: entries by strictly ascending index, withdrawals by ascending index. */
export interface Payload {
  readonly entries: readonly Entry[];
  readonly withdrawals: readonly Withdrawal[];
}

/** Indices are below this: the balance tree has 20 levels. */
export const INDEX_LIMIT = 2 ** 20;
/** A transaction may carry 128 KiB; what is not payload (header, signatures, envelope) has the rest. */
export const MAX_PAYLOAD_BYTES = 120_000;

const VERSION = 1;
const HEAD = 5;
const PAIR = 28;
const WITHDRAWAL = 40;
const DELTA_LIMIT = 1n << 95n;
const AMOUNT_LIMIT = 1n << 128n;
const ZERO_ADDRESS = `0x${'00'.repeat(20)}`;

/** Two balances share a storage slot, the even index in its low half; a pair is what happens to one slot. */
interface Pair {
  readonly slot: number;
  readonly even: bigint;
  readonly odd: bigint;
}

/**
 * Codec v1, big-endian, no padding: `0x01 | uint16 pairs | uint16 withdrawals`, then for each pair `uint32 slot | uint96
 * zigzag(even delta) | uint96 zigzag(odd delta)`, then for each withdrawal `uint32 index | address to | uint128 amount`.
 * There is one encoding of a payload and one payload of an encoding.
 * @throws SettlementRefused where the payload is not canonical or exceeds a limit.
 */
export function encodePayload(payload: Payload): Uint8Array {
  checkPayload(payload);
  const pairs = pairsOf(payload.entries);
  const size = HEAD + pairs.length * PAIR + payload.withdrawals.length * WITHDRAWAL;
  checkSize(size);
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, VERSION);
  view.setUint16(1, pairs.length);
  view.setUint16(3, payload.withdrawals.length);
  let at = HEAD;
  for (const { slot, even, odd } of pairs) {
    view.setUint32(at, slot);
    setUint96(view, at + 4, zigzag(even));
    setUint96(view, at + 16, zigzag(odd));
    at += PAIR;
  }
  for (const { index, to, amount } of payload.withdrawals) {
    view.setUint32(at, index);
    bytes.set(hexToBytes(to), at + 4);
    view.setBigUint64(at + 24, amount >> 64n);
    view.setBigUint64(at + 32, BigInt.asUintN(64, amount));
    at += WITHDRAWAL;
  }
  return bytes;
}

/**
 * The payload behind the bytes of {@link encodePayload}.
 * @throws SettlementRefused for bytes no payload encodes to.
 */
export function decodePayload(bytes: Uint8Array): Payload {
  checkSize(bytes.length);
  if (bytes.length < HEAD) throw wrongLength(bytes.length, HEAD);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const version = view.getUint8(0);
  if (version !== VERSION) {
    throw new SettlementRefused('UNKNOWN_CODEC', 'payload', `its version is ${version}`);
  }
  const pairs = view.getUint16(1);
  const count = view.getUint16(3);
  const size = HEAD + pairs * PAIR + count * WITHDRAWAL;
  if (bytes.length !== size) throw wrongLength(bytes.length, size);
  const payload = {
    entries: Array.from({ length: pairs }, (_, i) => entriesAt(view, HEAD + i * PAIR)).flat(),
    withdrawals: Array.from({ length: count }, (_, i) =>
      withdrawalAt(bytes, view, HEAD + pairs * PAIR + i * WITHDRAWAL),
    ),
  };
  checkPayload(payload);
  return payload;
}

/** What the header commits to of the payload. */
export function payloadHash(payload: Uint8Array): Hex {
  return keccak256(payload);
}

/** Sum of the deltas, 0 in a batch that settles. */
export function sumOf(entries: readonly Entry[]): bigint {
  return entries.reduce((sum, { delta }) => sum + delta, 0n);
}

function pairsOf(entries: readonly Entry[]): Pair[] {
  const pairs: Pair[] = [];
  for (const { index, delta } of entries) {
    const slot = index >>> 1;
    const last = pairs.at(-1);
    if (index % 2 === 0) pairs.push({ slot, even: delta, odd: 0n });
    else if (last?.slot === slot) pairs[pairs.length - 1] = { ...last, odd: delta };
    else pairs.push({ slot, even: 0n, odd: delta });
  }
  return pairs;
}

function entriesAt(view: DataView, at: number): Entry[] {
  // Multiplied, not shifted: a slot beyond 2^30 must not come back as a small index.
  const index = view.getUint32(at) * 2;
  const halves = [
    { index, delta: unzigzag(getUint96(view, at + 4)) },
    { index: index + 1, delta: unzigzag(getUint96(view, at + 16)) },
  ].filter(({ delta }) => delta !== 0n);
  if (halves.length === 0) {
    throw new SettlementRefused('EMPTY_ENTRY', `entries[${index}]`, 'both of a pair are zero');
  }
  return halves;
}

function withdrawalAt(bytes: Uint8Array, view: DataView, at: number): Withdrawal {
  return {
    index: view.getUint32(at),
    to: bytesToHex(bytes.subarray(at + 4, at + 24)),
    amount: (view.getBigUint64(at + 24) << 64n) | view.getBigUint64(at + 32),
  };
}

function checkPayload({ entries, withdrawals }: Payload): void {
  let last = -1;
  for (const { index, delta } of entries) {
    const field = `entries[${index}]`;
    checkIndex(field, index);
    if (index <= last) {
      throw new SettlementRefused('ENTRIES_UNSORTED', field, `it follows index ${last}`);
    }
    checkDelta(field, delta);
    last = index;
  }
  last = -1;
  for (const withdrawal of withdrawals) {
    const { index } = withdrawal;
    const field = `withdrawals[${index}]`;
    checkIndex(field, index);
    if (index < last) {
      throw new SettlementRefused('WITHDRAWALS_UNSORTED', field, `it follows index ${last}`);
    }
    checkWithdrawal(field, withdrawal);
    last = index;
  }
}

function checkIndex(field: string, index: number): void {
  if (Number.isInteger(index) && index >= 0 && index < INDEX_LIMIT) return;
  throw new SettlementRefused('INDEX_OUT_OF_RANGE', field, `${index} is no index`);
}

function checkDelta(field: string, delta: bigint): void {
  if (delta === 0n) throw new SettlementRefused('EMPTY_ENTRY', field, 'its delta is zero');
  if (delta >= -DELTA_LIMIT && delta < DELTA_LIMIT) return;
  throw new SettlementRefused('DELTA_OUT_OF_RANGE', field, `${delta} does not fit`);
}

function checkWithdrawal(field: string, { to, amount }: Withdrawal): void {
  if (amount <= 0n || amount >= AMOUNT_LIMIT) {
    throw new SettlementRefused('AMOUNT_OUT_OF_RANGE', field, `${amount} is no amount`);
  }
  if (!/^0x[0-9a-f]{40}$/.test(to)) {
    throw new SettlementRefused('INVALID_ADDRESS', field, `"${to}" is no address`);
  }
  if (to === ZERO_ADDRESS) throw new SettlementRefused('ZERO_ADDRESS', field, 'it pays to nobody');
}

function checkSize(size: number): void {
  if (size <= MAX_PAYLOAD_BYTES) return;
  throw new SettlementRefused('BATCH_TOO_LARGE', 'payload', `it takes ${size} bytes`);
}

function wrongLength(is: number, should: number): SettlementRefused {
  return new SettlementRefused('PAYLOAD_LENGTH', 'payload', `${is} bytes, not ${should}`);
}

/** 0, -1, 1, -2, ... as 0, 1, 2, 3, ...: small deltas of either sign are mostly zero bytes, which are cheap to send. */
function zigzag(value: bigint): bigint {
  return value >= 0n ? 2n * value : -2n * value - 1n;
}

function unzigzag(code: bigint): bigint {
  return code % 2n === 0n ? code / 2n : -(code + 1n) / 2n;
}

function setUint96(view: DataView, at: number, value: bigint): void {
  view.setUint32(at, Number(value >> 64n));
  view.setBigUint64(at + 4, BigInt.asUintN(64, value));
}

function getUint96(view: DataView, at: number): bigint {
  return (BigInt(view.getUint32(at)) << 64n) | view.getBigUint64(at + 4);
}
