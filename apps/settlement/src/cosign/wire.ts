import { type Hex, hexToBytes } from 'viem';
import type { BatchHeader, Opening } from '../batch/index.js';
import { SettlementRefused } from '../codes.js';
import type { ExitAnswer } from '../exit/index.js';

/** What the settlement service asks a co-signer for, and what it gets. JSON: 64-bit numbers are decimal strings. */
export interface BatchRequest {
  readonly rail: string;
  readonly header: BatchHeader;
  readonly payload: Uint8Array;
}

export interface OpeningsRequest {
  readonly rail: string;
  readonly openings: readonly Opening[];
  readonly epoch: bigint;
  /** Block time, seconds. */
  readonly deadline: bigint;
}

/** An answer to a forced exit. */
export interface ExitAnswerRequest extends ExitAnswer {
  readonly rail: string;
}

export interface CosignAnswer {
  /** Address, lower case. */
  readonly signer: Hex;
  /** 65 bytes r, s, v. */
  readonly signature: Hex;
  readonly digest: Hex;
}

type Kind = 'hash' | 'uint64' | 'uint16';
const HEADER: { readonly [F in keyof BatchHeader]: Kind } = {
  origin: 'hash',
  seq: 'uint64',
  prevHash: 'hash',
  cycle: 'uint64',
  leg: 'uint16',
  payloadHash: 'hash',
  logSize: 'uint64',
  logRoot: 'hash',
  stateRoot: 'hash',
  balanceRoot: 'hash',
  epoch: 'uint64',
  deadline: 'uint64',
};
export const headerFields = Object.keys(HEADER) as readonly (keyof BatchHeader)[];

const RAIL = /^[1-9]\d{0,15}\/[A-Za-z0-9._-]{1,64}$/;
const REASON = /^[A-Z_]{1,32}$/;
const MOST_OPENINGS = 1_000;

/** The JSON of a header. */
export function headerJson(header: BatchHeader): Record<string, string | number> {
  const entries = headerFields.map((field) => {
    const value = header[field];
    return [field, typeof value === 'bigint' ? String(value) : value] as const;
  });
  return Object.fromEntries(entries);
}

/** @throws SettlementRefused naming the field */
export function readHeader(json: unknown): BatchHeader {
  const given = record(json, 'header');
  const entries = headerFields.map((field) => {
    const [place, value] = [`header.${field}`, given[field]];
    if (HEADER[field] === 'hash') return [field, hexOf(value, place, 32)] as const;
    if (HEADER[field] === 'uint64') return [field, uint64(value, place)] as const;
    return [field, index(value, place, 0xffff)] as const;
  });
  return Object.fromEntries(entries) as unknown as BatchHeader;
}

/** @throws SettlementRefused naming the field */
export function readBatchRequest(json: unknown): BatchRequest {
  const { rail, header, payload } = record(json, 'body');
  return {
    rail: railOf(rail),
    header: readHeader(header),
    payload: hexToBytes(hexOf(payload, 'payload')),
  };
}

/** @throws SettlementRefused naming the field */
export function readOpeningsRequest(json: unknown): OpeningsRequest {
  const { rail, openings, epoch, deadline } = record(json, 'body');
  if (!Array.isArray(openings) || openings.length === 0 || openings.length > MOST_OPENINGS) {
    throw malformed('openings', `is no list of 1 to ${MOST_OPENINGS} accounts`);
  }
  return {
    rail: railOf(rail),
    openings: openings.map((each: unknown, i) => {
      const place = `openings[${i}]`;
      const opening = record(each, place);
      return {
        index: index(opening['index'], `${place}.index`, 0xffff_ffff),
        owner: hexOf(opening['owner'], `${place}.owner`, 20),
      };
    }),
    epoch: uint64(epoch, 'epoch'),
    deadline: uint64(deadline, 'deadline'),
  };
}

/** @throws SettlementRefused naming the field */
export function readExitAnswerRequest(json: unknown): ExitAnswerRequest {
  const { rail, number, index: given, reason, deadline } = record(json, 'body');
  if (typeof reason !== 'string' || !REASON.test(reason)) {
    throw malformed('reason', 'is not 1 to 32 capital letters');
  }
  return {
    rail: railOf(rail),
    number: uint64(number, 'number'),
    index: index(given, 'index', 0xffff_ffff),
    reason,
    deadline: uint64(deadline, 'deadline'),
  };
}

function malformed(field: string, reason: string): SettlementRefused {
  return new SettlementRefused('COSIGN_MALFORMED', field, reason);
}

function record(json: unknown, field: string): Readonly<Record<string, unknown>> {
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) {
    return json as Readonly<Record<string, unknown>>;
  }
  throw malformed(field, 'is no JSON object');
}

function railOf(value: unknown): string {
  if (typeof value === 'string' && RAIL.test(value)) return value;
  throw malformed('rail', 'is not a chain id, a slash and an asset');
}

function hexOf(value: unknown, field: string, bytes?: number): Hex {
  const digits = bytes === undefined ? '([0-9a-f]{2})*' : `[0-9a-f]{${2 * bytes}}`;
  if (typeof value === 'string' && new RegExp(`^0x${digits}$`).test(value)) return value as Hex;
  throw malformed(field, `is not 0x and ${bytes ?? 'whole'} bytes in lower-case hex`);
}

function uint64(value: unknown, field: string): bigint {
  const number =
    typeof value === 'string' && /^(0|[1-9]\d{0,19})$/.test(value) ? BigInt(value) : -1n;
  if (number >= 0n && number < 1n << 64n) return number;
  throw malformed(field, 'is no decimal string of 64 bits');
}

function index(value: unknown, field: string, most: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= most)
    return value;
  throw malformed(field, `is not a whole number up to ${most}`);
}
