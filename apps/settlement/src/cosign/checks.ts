import type { Finality } from '#events';
import type { Hex } from 'viem';
import { type Batch, type BatchHeader, decodePayload, LONGEST_DEADLINE } from '../batch/index.js';
import { type SettlementCode, SettlementRefused } from '../codes.js';
import type { ExitOnChain } from '../exit/index.js';
import type { CreditedDeposit, LegData } from '../house/index.js';
import type {
  ChainView,
  FirstUse,
  HouseView,
  LedgerAt,
  LedgerName,
  SignedBatch,
  VaultDeposit,
} from './ports.js';
import { type BatchRequest, type ExitAnswerRequest, headerFields } from './wire.js';

/** What the owner of a co-signer lets it sign on one rail. Amounts in rail units. */
export interface RailPolicy extends LedgerName {
  readonly rail: string;
  /** Which blocks are final for this co-signer; absent: those the log says are final for the house. */
  readonly finality?: Finality;
  /** Most a leg may take from all accounts together. Limits that are absent are those of the contract. */
  readonly maxGross?: bigint;
  readonly maxWithdrawal?: bigint;
  readonly maxLegsPerHour?: number;
}

function need(holds: boolean, code: SettlementCode, field: string, reason: () => string): void {
  if (!holds) throw new SettlementRefused(code, field, reason());
}

/** The batch asked for is the one that follows from the log, field by field and byte by byte. */
export function checkDerived({ header, payload }: BatchRequest, derived: Batch): void {
  for (const field of headerFields) {
    const [given, own] = [header[field], derived.header[field]];
    need(given === own, 'BATCH_DIFFERS', `header.${field}`, () => `is ${given}, here ${own}`);
  }
  const same = Buffer.from(payload).equals(derived.payload);
  need(same, 'BATCH_DIFFERS', 'payload', () => 'its bytes are not those of the hash');
}

/** It follows the last batch on chain. */
export function checkSequence(
  { seq, prevHash }: BatchHeader,
  { lastSeq, lastHash }: LedgerAt,
): void {
  need(
    seq === lastSeq + 1n,
    'SEQ_NOT_NEXT',
    'header.seq',
    () => `${seq} follows ${lastSeq} on chain`,
  );
  const chained = prevHash === lastHash;
  need(
    chained,
    'SEQ_NOT_NEXT',
    'header.prevHash',
    () => `batch ${lastSeq} on chain is ${lastHash}`,
  );
}

export function checkEpoch(epoch: bigint, latest: LedgerAt, field: string): void {
  const current = epoch === latest.epoch;
  need(current, 'STALE_EPOCH', field, () => `${epoch}, epoch ${latest.epoch} is in force`);
}

/** @param most seconds it may be ahead of the block time */
export function checkDeadline(
  deadline: bigint,
  { time }: LedgerAt,
  most: bigint,
  field: string,
): void {
  const ahead = deadline - time;
  need(ahead > 0n && ahead <= most, 'DEADLINE_OUT_OF_RANGE', field, () => {
    return `is ${ahead} seconds ahead of block time ${time}; this co-signer allows 1 to ${most}`;
  });
}

/** What the owner allows, whoever asks. */
export function checkLimits(payload: Uint8Array, policy: RailPolicy, signedLastHour: number): void {
  const { entries, withdrawals } = decodePayload(payload);
  const { maxGross, maxWithdrawal, maxLegsPerHour } = policy;
  const gross = entries.reduce((sum, { delta }) => (delta < 0n ? sum - delta : sum), 0n);
  needWithin(gross, maxGross, 'entries', 'units are taken in a leg');
  for (const { index, amount } of withdrawals) {
    needWithin(amount, maxWithdrawal, `withdrawals[${index}]`, 'units are withdrawn');
  }
  const legs = maxLegsPerHour === undefined ? undefined : BigInt(maxLegsPerHour);
  needWithin(BigInt(signedLastHour) + 1n, legs, 'rail', 'legs are signed within an hour');
}

function needWithin(is: bigint, most: bigint | undefined, field: string, what: string): void {
  const within = most === undefined || is <= most;
  need(within, 'LIMIT_EXCEEDED', field, () => `${is} ${what}, at most ${most} may be`);
}

/**
 * Who is paid on one chain is paid with what was collected on others: those legs are final there, as this co-signer sees
 * it, and what the log calls final there is.
 * @param finalSeq of another rail
 */
export async function checkGate(
  leg: LegData,
  house: HouseView,
  finalSeq: (rail: string) => Promise<bigint>,
): Promise<void> {
  if (BigInt(leg.houseDelta) >= 0n) return;
  const asset = house.rail(leg.rail)?.asset;
  const others = house.rails().filter((other) => other.asset === asset && other.rail !== leg.rail);
  for (const { rail } of others) {
    const collecting = house.openLegs().filter(({ data }) => {
      return data.rail === rail && data.cycle === leg.cycle && BigInt(data.houseDelta) > 0n;
    });
    const wanted = Math.max(house.finalSeq(rail), ...collecting.map(({ seq }) => seq));
    if (wanted === 0) continue;
    const final = await finalSeq(rail);
    need(final >= BigInt(wanted), 'GATE_CLOSED', 'rail', () => {
      return `cycle ${leg.cycle} needs leg ${wanted} of ${rail} final, ${final} is`;
    });
  }
}

/** Blocks looked at for a deposit, before and after the one it was credited in: a reorganised chain may show it elsewhere. */
const BLOCKS_BEFORE = 128;
const BLOCKS_AFTER = 1_872;

/**
 * Every credited deposit is on the chain, final, with its number, account and amount; none is left out.
 * @param checked number of the last one that was found so before
 */
export async function checkDeposits(
  deposits: readonly CreditedDeposit[],
  checked: number,
  final: LedgerAt,
  chain: Pick<ChainView, 'deposits'>,
): Promise<void> {
  let found: ReadonlyMap<number, VaultDeposit> = new Map();
  for (const [i, { rail, number, block, index, amount }] of deposits.entries()) {
    const field = `deposit ${rail}#${number}`;
    const next = checked + 1 + i;
    need(number === next, 'DEPOSIT_DIFFERS', field, () => `number ${next} was not credited`);
    const lastFinal = Number(final.block);
    need(block <= lastFinal, 'DEPOSIT_NOT_FINAL', field, () => {
      return `block ${block} is not final, ${lastFinal} is`;
    });
    if (!found.has(number)) {
      const until = Math.min(block + BLOCKS_AFTER, lastFinal);
      const logged = await chain.deposits(Math.max(0, block - BLOCKS_BEFORE), until);
      found = new Map(logged.map((each) => [each.number, each]));
    }
    const seen = found.get(number);
    if (seen === undefined) {
      const reason = `credited ${amount} for index ${index}; block ${block} and those around it show none`;
      throw new SettlementRefused('DEPOSIT_NOT_FINAL', field, reason);
    }
    need(seen.index === index && seen.amount === amount, 'DEPOSIT_DIFFERS', field, () => {
      return `credited ${amount} for index ${index}, the chain shows ${seen.amount} for ${seen.index}`;
    });
  }
}

/** The request stands on chain, and nothing of it can be paid now, for the reason that is given. */
export function checkExitAnswer(
  { rail, number, index, reason }: ExitAnswerRequest,
  onChain: ExitOnChain,
  house: HouseView,
): void {
  const { left } = onChain;
  need(onChain.number === number && left > 0n, 'EXIT_UNKNOWN', 'number', () => {
    return `request ${onChain.number} of index ${index} asks for ${left} units`;
  });
  const standing = house.exit(rail, index, left);
  const said = standing.is === 'bound' ? standing.reason : standing.is;
  need(said === reason, 'EXIT_PAYABLE', 'reason', () => `is ${reason}, the log says ${said}`);
}

/** What the log calls final on a rail is on its chain: what is said to be paid there is. */
export function checkSettled(rail: string, { lastSeq }: LedgerAt, house: HouseView): void {
  const final = BigInt(house.finalSeq(rail));
  need(lastSeq >= final, 'EXIT_PAYABLE', 'rail', () => {
    return `the log calls leg ${final} of ${rail} final, the chain has ${lastSeq}`;
  });
}

/** Milliseconds after which a log that cuts no window is no reason for anything: what it binds would be bound for ever. */
export const LONGEST_STANDSTILL_MS = 3_600_000;

export function checkMoving(cutAgoMs: number): void {
  need(cutAgoMs <= LONGEST_STANDSTILL_MS, 'COPY_BEHIND', 'log', () => {
    return `no window was cut for ${Math.round(cutAgoMs / 60_000)} minutes`;
  });
}

/** Another digest may take the place of one that can never settle any more: proven on final blocks only. */
export function isDead({ deadline }: SignedBatch, seq: bigint, final: LedgerAt): boolean {
  return final.time > deadline && final.lastSeq < seq;
}

export function needUnsigned(standing: SignedBatch | undefined, seq: bigint, digest: Hex): void {
  need(standing === undefined || standing.digest === digest, 'ALREADY_SIGNED', 'header.seq', () => {
    return `${standing?.digest} was signed for ${seq} and may settle until ${standing?.deadline}`;
  });
}

/** Where the key may have signed under another database, all it can have signed is past its deadline on final blocks. */
export function checkFirstUse({ suspect, time }: FirstUse, final: LedgerAt): void {
  const over = time + BigInt(LONGEST_DEADLINE);
  need(!suspect || final.time > over, 'KEY_RETIRED', 'signer', () => {
    const began = `this database began at block time ${time} with a key that was an operator already`;
    return `${began}; what the key may have signed before is valid until ${over}`;
  });
}
