import type { AnyRecordedEvent, EventData, RecordedEvent } from '#events';
import { HOUSE_ACCOUNT, HOUSE_INDEX, type HouseState, legKey, settlementKey } from '#ledger';
import type { RowBuffer } from './tables.js';

/** Rows of settlement on chains, of the state after each fact. */
export class SettlementRows {
  /** Legs that are not final yet, by `rail|seq`. */
  private readonly open = new Map<string, EventData['SettlementLegDue']>();

  constructor(
    private readonly state: HouseState,
    private readonly rows: RowBuffer,
  ) {}

  append(event: AnyRecordedEvent): void {
    const at = event.position;
    switch (event.type) {
      case 'RailProposed':
      case 'RailApproved':
      case 'RailWithdrawn':
      case 'FinalityViolated':
      case 'RailResumed':
        return this.railRow(event.data.rail, at);
      case 'SettlementAccountOpened':
        return this.accountRow(event.data.account, event.data.rail, at);
      case 'DepositRecorded': {
        const { account, chain } = event.data;
        return chain && this.accountRow(account, chain.rail, at);
      }
      case 'SettlementLegDue':
        return this.legDue(event);
      case 'SettlementLegFinalized':
        return this.legFinal(event);
    }
  }

  private railRow(id: string, at: number): void {
    const rail = this.state.rails.rails.get(id)!;
    this.rows.upsert('rail', id, [
      ...[id, rail.chainId, rail.asset, rail.railScale, rail.tokenDecimals],
      ...[rail.token, rail.ledger, rail.vault, rail.registry, rail.custodian, rail.finality],
      ...[rail.treasury, rail.status, rail.proposer, rail.approver, rail.fromWindow],
      ...[rail.frozen, rail.seq, rail.finalSeq, at],
    ]);
  }

  private accountRow(account: string, rail: string, at: number): void {
    const key = settlementKey(account, rail);
    const { index, owner, credited, committed, posted } = this.state.rails.accounts.get(key)!;
    const row = [account, rail, this.memberOf(account), index, owner, credited, committed, posted];
    this.rows.upsert('settlementAccount', key, [...row, at]);
  }

  private memberOf(account: string): string | undefined {
    return account === HOUSE_ACCOUNT ? undefined : this.state.accounts.get(account)!.member;
  }

  private legDue({ data, position: at }: RecordedEvent<'SettlementLegDue'>): void {
    this.open.set(legKey(data.rail, data.seq), data);
    this.railRow(data.rail, at);
    this.rows.upsert('settlementLeg', legKey(data.rail, data.seq), [
      ...[...legCells(data), 'due', undefined, undefined, undefined, undefined, undefined, at],
    ]);
    movesOf(data).forEach(({ index, amount, withdrawalId, to }, ordinal) => {
      const account = this.ownerOf(data.rail, index);
      this.rows.append('settlementEntry', [
        ...[data.rail, data.seq, ordinal, account, this.memberOf(account), index, amount],
        ...[withdrawalId, to, at],
      ]);
    });
    this.accountRows(data, at);
  }

  private legFinal({ data, position: at }: RecordedEvent<'SettlementLegFinalized'>): void {
    const key = legKey(data.rail, data.seq);
    const due = this.open.get(key)!;
    this.open.delete(key);
    this.railRow(data.rail, at);
    const { digest, transaction, block, blockHash, blockTime } = data;
    const final = ['final', digest, transaction, block, blockHash, blockTime, at];
    this.rows.upsert('settlementLeg', key, [...legCells(due), ...final]);
    this.accountRows(due, at);
  }

  private accountRows(leg: EventData['SettlementLegDue'], at: number): void {
    for (const index of new Set(movesOf(leg).map((move) => move.index))) {
      this.accountRow(this.ownerOf(leg.rail, index), leg.rail, at);
    }
  }

  private ownerOf(rail: string, index: number): string {
    if (index === HOUSE_INDEX) return HOUSE_ACCOUNT;
    return this.state.rails.byIndex.get(rail)!.get(index)!.account;
  }
}

interface Move {
  readonly index: number;
  readonly amount: string;
  readonly withdrawalId?: string;
  readonly to?: string;
}

/** What a leg does, change by change; what a withdrawal takes is below zero. */
function movesOf({ entries, withdrawals }: EventData['SettlementLegDue']): Move[] {
  return [
    ...entries.map(([index, amount]) => ({ index, amount })),
    ...withdrawals.map((each) => ({ ...each, amount: `-${each.amount}` })),
  ];
}

const legCells = ({ rail, seq, cycle, leg, legs, houseDelta }: EventData['SettlementLegDue']) => [
  ...[rail, seq, cycle, leg, legs, houseDelta],
];
