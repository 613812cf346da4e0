import type { EventData } from '#events';
import type { Hex } from 'viem';
import { SettlementRefused } from '../codes.js';
import { batchDigest, type BatchHeader, type LedgerAddress, originHash } from './header.js';
import { encodePayload, type Payload, payloadHash, sumOf } from './payload.js';

/** What a batch takes from a leg. */
export type LegDue = Pick<
  EventData['SettlementLegDue'],
  'cycle' | 'seq' | 'leg' | 'entries' | 'houseDelta'
> & {
  readonly withdrawals: readonly Omit<LegWithdrawal, 'withdrawalId'>[];
};

type LegWithdrawal = EventData['SettlementLegDue']['withdrawals'][number];

/** What a leg does not say itself: where its batch goes, what came before it, and the log it was decided in. */
export interface LegContext extends LedgerAddress {
  /** The log's name. */
  readonly origin: string;
  readonly prevHash: Hex;
  readonly logSize: number;
  readonly logRoot: Hex;
  readonly stateRoot: Hex;
  readonly balanceRoot: Hex;
  readonly epoch: bigint;
  /** Block time, in seconds. */
  readonly deadline: bigint;
}

/** A leg as the contract takes it. */
export interface Batch {
  readonly header: BatchHeader;
  readonly payload: Uint8Array;
  readonly digest: Hex;
}

/**
 * The batch of a leg: the same leg and context give the same bytes and the same digest on every machine.
 * @throws SettlementRefused for a leg no contract would apply.
 */
export function legToBatch(leg: LegDue, context: LegContext): Batch {
  const payload = encodePayload(legPayload(leg));
  const header: BatchHeader = {
    origin: originHash(context.origin),
    seq: BigInt(leg.seq),
    prevHash: context.prevHash,
    cycle: BigInt(leg.cycle),
    leg: leg.leg,
    payloadHash: payloadHash(payload),
    logSize: BigInt(context.logSize),
    logRoot: context.logRoot,
    stateRoot: context.stateRoot,
    balanceRoot: context.balanceRoot,
    epoch: context.epoch,
    deadline: context.deadline,
  };
  return { header, payload, digest: batchDigest(header, context) };
}

/** The leg's balance changes, checked for what only the whole leg shows. */
export function legPayload(leg: LegDue): Payload {
  const entries = leg.entries.map(([index, delta]) => ({ index, delta: BigInt(delta) }));
  const withdrawals = leg.withdrawals.map(({ index, to, amount }) => {
    return { index, to: to as Hex, amount: BigInt(amount) };
  });
  if (entries.length + withdrawals.length === 0) {
    throw new SettlementRefused('EMPTY_BATCH', 'entries', 'the leg moves nothing');
  }
  const sum = sumOf(entries);
  if (sum !== 0n) throw new SettlementRefused('NOT_ZERO_SUM', 'entries', `their sum is ${sum}`);
  const house = entries.find(({ index }) => index === 0)?.delta ?? 0n;
  if (house !== BigInt(leg.houseDelta)) {
    const reason = `index 0 moves by ${house}, the leg says ${leg.houseDelta}`;
    throw new SettlementRefused('HOUSE_DELTA_DIFFERS', 'houseDelta', reason);
  }
  return { entries, withdrawals };
}
