import type {
  Rail,
  SettlementAccount,
  SettlementEntry,
  SettlementLeg,
} from '../../generated/prisma/client.js';
import { decimal, timestamp } from '../format.js';

/** Of a rail: its asset, the decimals of its units, and the asset's own. */
export interface RailScales {
  readonly asset: string;
  readonly scale: number;
  readonly assetScale: number;
}

const optional = <T>(key: string, value: T | null, show: (value: T) => unknown = (v) => v) =>
  value === null ? {} : { [key]: show(value) };
const units = (value: SettlementLeg['houseDelta']): bigint => BigInt(value.toFixed(0));

export function showRail(row: Rail) {
  const { rail, asset, railScale, tokenDecimals, token, ledger, vault, registry } = row;
  const { custodian, finality, treasury, status, proposer, frozen } = row;
  return {
    ...{ rail, chainId: Number(row.chainId), asset, railScale, tokenDecimals },
    ...{ token, ledger, vault, registry, custodian, finality, treasury, status, proposer },
    ...optional('approver', row.approver),
    ...optional('fromWindow', row.fromWindow, Number),
    ...{ frozen, seq: Number(row.seq), finalSeq: Number(row.finalSeq) },
  };
}

/** @param cash of the account in the rail's asset, minor units */
export function showSettlementAccount(row: SettlementAccount, of: RailScales, cash: bigint) {
  const { account, rail, owner, idx: index } = row;
  const [committed, posted] = [units(row.committed), units(row.posted)];
  const unit = 10n ** BigInt(of.assetScale - of.scale);
  return {
    ...{ account, ...optional('member', row.member), rail, asset: of.asset, index, owner },
    credited: decimal(units(row.credited), of.scale),
    committed: decimal(committed, of.scale),
    posted: decimal(posted, of.scale),
    inFlight: decimal(committed - posted, of.scale),
    dust: decimal(cash % unit, of.assetScale),
  };
}

export function showLeg(row: SettlementLeg, entries: readonly SettlementEntry[], of: RailScales) {
  const { rail, cycle, leg, legs, status } = row;
  return {
    ...{ rail, seq: Number(row.seq), cycle, leg, legs, status },
    houseDelta: decimal(units(row.houseDelta), of.scale),
    ...optional('digest', row.digest),
    ...optional('transaction', row.transaction),
    ...optional('block', row.block, Number),
    ...optional('blockHash', row.blockHash),
    ...optional('blockTime', row.blockTime, timestamp),
    entries: entries.map((entry) => ({
      ...{ account: entry.account, index: entry.idx },
      amount: decimal(units(entry.amount), of.scale),
      ...optional('withdrawalId', entry.withdrawalId),
      ...optional('to', entry.paidTo),
    })),
  };
}
