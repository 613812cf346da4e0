import type {
  Account,
  Balance,
  Cycle,
  Instrument,
  ObligationTotal,
  Position,
  RejectedInput,
  SettlementPrice,
  Shortfall,
  Trade,
  WindowReconciliation,
  Withdrawal,
} from '../../generated/prisma/client.js';
import { decimal, timestamp } from '../format.js';
import type { InstrumentScales } from './scales.js';

type Numeric = Position['quantity'];
/** NUMERIC as the integer it is. */
const units = (value: Numeric): bigint => BigInt(value.toFixed(0));
const at = (value: Numeric, scale: number): string => decimal(units(value), scale);
const optional = <T>(key: string, value: T | null, show: (value: T) => unknown = (v) => v) =>
  value === null ? {} : { [key]: show(value) };

export type ScaleOf = (asset: string) => number;
export type ScalesOf = (instrument: string) => InstrumentScales;

export function showAccount(row: Account) {
  const { account, member, segregation, margin, shard } = row;
  const isolated = optional('isolatedInstrument', row.isolatedInstrument);
  return { account, member, segregation, margin, ...isolated, shard };
}

export function showPosition(row: Position, scales: ScalesOf, assets: ScaleOf) {
  const { account, instrument, member } = row;
  const { quantity, settlementAsset } = scales(instrument);
  return {
    ...{ account, member, instrument },
    quantity: at(row.quantity, quantity),
    bought: at(row.bought, quantity),
    sold: at(row.sold, quantity),
    settledValue: at(row.settledValue, assets(settlementAsset)),
    settlementAsset,
  };
}

export function showBalance(row: Balance, assets: ScaleOf) {
  const scale = assets(row.asset);
  return { asset: row.asset, book: row.kind, amount: at(row.amount, scale), scale };
}

export function showTrade(row: Trade, scales: ScalesOf) {
  const { venue, instrument, tradeId, mode, status } = row;
  const { price, quantity } = scales(instrument);
  return {
    position: Number(row.position),
    ...{ venue, instrument, tradeId },
    window: Number(row.windowNo),
    sequence: Number(row.sequence),
    ...{ mode, status },
    ...optional('buyer', row.buyer),
    ...optional('seller', row.seller),
    quantity: at(row.quantity, quantity),
    price: at(row.price, price),
    executedAt: timestamp(row.executedAt),
    ...optional('reversalPrice', row.reversalPrice, (value) => at(value, price)),
    ...optional('closedPosition', row.closedPosition, Number),
  };
}

export function showInstrument(row: Instrument) {
  const spec = row.spec as Readonly<Record<string, unknown>>;
  return {
    ...{ instrument: row.instrument, kind: row.kind, payoff: row.payoff },
    settlementAsset: row.settlementAsset,
    ...optional('baseAsset', row.baseAsset),
    ...{ priceScale: row.priceScale, quantityScale: row.quantityScale },
    ...optional('expiry', row.expiry, timestamp),
    suspended: row.suspended,
    ...optional('expiredCycle', row.expiredCycle),
    // As it was listed: amounts in minor units.
    spec,
  };
}

export function showSettlementPrice(row: SettlementPrice, scales: ScalesOf) {
  const scale = scales(row.instrument).price;
  const evidence = row.evidence as unknown as readonly (readonly [string, number, string])[];
  return {
    ...{ cycle: row.cycle, instrument: row.instrument, price: at(row.price, scale) },
    ...{ stale: row.stale, freshCycle: row.freshCycle, rule: row.rule },
    evidence: evidence.map(([stream, sequence, price]) => {
      return { stream, sequence, price: decimal(BigInt(price), scale) };
    }),
    position: Number(row.position),
  };
}

export function showObligation(row: ObligationTotal, scales: ScalesOf, assets: ScaleOf) {
  const scale = assets(row.asset);
  const priceScale = scales(row.instrument).price;
  return {
    ...{ instrument: row.instrument, asset: row.asset, reason: row.reason },
    ...optional('price', row.price, (value) => at(value, priceScale)),
    // Funding rates have scale 12 everywhere.
    ...optional('rate', row.rate, (value) => at(value, 12)),
    paid: at(row.paid, scale),
    received: at(row.received, scale),
    rounding: at(row.rounding, scale),
  };
}

export function showCycle(row: Cycle, obligations: readonly unknown[]) {
  const { cycle, complete, missing } = row;
  const position = Number(row.position);
  return { cycle, endsAt: timestamp(row.endsAt), complete, missing, position, obligations };
}

/** Control totals: trades sum quantity, deposits amount, marks price, funding rate (scale 12). */
function controlScale(row: WindowReconciliation, scales: ScalesOf, assets: ScaleOf): number {
  switch (row.topic) {
    case 'trades':
      return scales(row.key).quantity;
    case 'marks':
      return scales(row.key).price;
    case 'deposits':
      return assets(row.key);
    case 'funding':
      return 12;
    default:
      return 0;
  }
}

export function showWindow(row: WindowReconciliation, scales: ScalesOf, assets: ScaleOf) {
  const scale = controlScale(row, scales, assets);
  return {
    window: Number(row.windowNo),
    ...{ topic: row.topic, key: row.key },
    lastSequence: Number(row.lastSequence),
    theirs: { count: Number(row.count), controlTotal: at(row.controlTotal, scale) },
    ours: { count: Number(row.ourCount), controlTotal: at(row.ourControlTotal, scale) },
    matched: row.matched,
  };
}

export function showReject(row: RejectedInput) {
  const { code, field, reason, fix, consumed, channel, sha256 } = row;
  return {
    position: Number(row.position),
    ...{ code, field, reason, fix },
    ...optional('venue', row.venue),
    ...optional('topic', row.topic),
    ...optional('key', row.key),
    ...optional('sequence', row.sequence, Number),
    ...optional('window', row.windowNo, Number),
    ...{ consumed, channel, sha256, bytes: Number(row.bytes) },
    occurredAt: timestamp(row.occurredAt),
  };
}

export function showWithdrawal(row: Withdrawal, assets: ScaleOf) {
  const { withdrawalId, account, asset, destination, status } = row;
  return {
    ...{ withdrawalId, account, asset, amount: at(row.amount, assets(asset)), destination, status },
    ...optional('to', row.paidTo),
    ...optional('rail', row.rail),
    ...optional('seq', row.seq, Number),
    ...optional('cycle', row.cycle),
    ...optional('code', row.code),
  };
}

export function showShortfall(row: Shortfall, assets: ScaleOf) {
  const { cycle, account, asset } = row;
  const scale = assets(asset);
  return {
    ...{ cycle, account, asset },
    owed: at(row.owed, scale),
    shortfall: at(row.shortfall, scale),
  };
}
