/** A table of the read model: its columns in order, its key, and whether its rows are ever rewritten. */
export interface Table {
  readonly name: string;
  readonly columns: readonly string[];
  readonly key: readonly string[];
  readonly mode: 'append' | 'upsert';
}

function table(mode: Table['mode'], name: string, key: string, columns: string): Table {
  return { name, mode, key: key.split(' '), columns: columns.split(' ') };
}

/** Every projected table. The order is the order of writing and of digests. */
export const tables = {
  asset: table('upsert', 'asset', 'asset', 'asset scale position'),
  member: table('upsert', 'member', 'member', 'member name suspended position'),
  account: table(
    'upsert',
    'account',
    'account',
    'account member segregation margin isolated_instrument shard position',
  ),
  venue: table('upsert', 'venue', 'venue', 'venue kind mode suspended position'),
  instrument: table(
    'upsert',
    'instrument',
    'instrument',
    'instrument kind payoff settlement_asset base_asset price_scale quantity_scale expiry ' +
      'suspended expired_cycle spec position',
  ),
  position: table(
    'upsert',
    'position',
    'account instrument',
    'account instrument member quantity bought sold settled_value position',
  ),
  balance: table(
    'upsert',
    'balance',
    'book asset',
    'book asset account member kind amount position',
  ),
  withdrawal: table(
    'upsert',
    'withdrawal',
    'withdrawal_id',
    'withdrawal_id account member asset amount destination status cycle code paid_to rail seq ' +
      'position',
  ),
  movement: table(
    'append',
    'movement',
    'position ordinal',
    'position ordinal account member asset book amount reason reference cycle instrument ' +
      'occurred_at',
  ),
  trade: table(
    'append',
    'trade_record',
    'position',
    'position venue instrument trade_id window_no sequence mode buyer seller buyer_member ' +
      'seller_member quantity price executed_at status reversal_price closed_position',
  ),
  settlementPrice: table(
    'append',
    'settlement_price',
    'cycle instrument',
    'cycle instrument price stale fresh_cycle rule evidence position',
  ),
  cycle: table('append', 'cycle', 'cycle', 'cycle ends_at complete missing position'),
  obligationTotal: table(
    'append',
    'obligation_total',
    'position',
    'cycle instrument asset reason price rate paid received rounding position',
  ),
  windowReconciliation: table(
    'append',
    'window_reconciliation',
    'venue window_no topic key',
    'venue window_no topic key last_sequence count control_total our_count our_control_total ' +
      'matched position',
  ),
  shortfall: table(
    'append',
    'shortfall',
    'cycle account asset',
    'cycle account asset member owed shortfall position',
  ),
  riskModel: table(
    'upsert',
    'risk_model',
    'proposal',
    'proposal name version wasm_hash parameters_hash parameters history status proposer approver ' +
      'from_cycle active_from position',
  ),
  factorHistory: table(
    'upsert',
    'factor_history',
    'history',
    'history numeraire factors root days first_day last_day position',
  ),
  factorDay: table('append', 'factor_day', 'history day', 'history day date values position'),
  margin: table(
    'append',
    'margin',
    'account cycle',
    'account cycle member asset equity initial_margin maintenance_margin proposal model_id ' +
      'scenario_root history_root days mark_set_id status notes parts health greeks inputs position',
  ),
  rail: table(
    'upsert',
    'rail',
    'rail',
    'rail chain_id asset rail_scale token_decimals token ledger vault registry custodian finality ' +
      'treasury status proposer approver from_window frozen seq final_seq position',
  ),
  settlementAccount: table(
    'upsert',
    'settlement_account',
    'account rail',
    'account rail member idx owner credited committed posted position',
  ),
  settlementLeg: table(
    'upsert',
    'settlement_leg',
    'rail seq',
    'rail seq cycle leg legs house_delta status digest transaction block block_hash block_time ' +
      'position',
  ),
  settlementEntry: table(
    'append',
    'settlement_entry',
    'rail seq ordinal',
    'rail seq ordinal account member idx amount withdrawal_id paid_to position',
  ),
  rejectedInput: table(
    'append',
    'rejected_input',
    'position',
    'position code field reason fix venue topic key sequence window_no consumed channel sha256 ' +
      'bytes occurred_at',
  ),
} as const satisfies Record<string, Table>;

export type TableName = keyof typeof tables;

/** A value as SQL takes it; `{json}` is a jsonb column. Undefined is NULL. */
export type Cell = string | number | bigint | boolean | undefined | { readonly json: unknown };
export type Row = readonly Cell[];

/** A trade that a bust or a correction closed: applied after the trades of the same transaction. */
export interface Closing {
  readonly venue: string;
  readonly instrument: string;
  readonly tradeId: string;
  readonly status: 'busted' | 'corrected';
  readonly reversalPrice: string;
  readonly closedPosition: number;
}

/** A member suspended or let in again: applied after the members of the same transaction were written. */
export interface Suspension {
  readonly member: string;
  readonly suspended: boolean;
  readonly position: number;
}

/** The rows of one transaction. Of a rewritten row only the last version is kept. */
export class RowBuffer {
  private readonly appended = new Map<TableName, Row[]>();
  private readonly upserted = new Map<TableName, Map<string, Row>>();
  readonly closings: Closing[] = [];
  /** By member: the last one counts. */
  readonly suspensions = new Map<string, Suspension>();

  append(name: TableName, row: Row): void {
    const rows = this.appended.get(name);
    if (rows) rows.push(row);
    else this.appended.set(name, [row]);
  }

  upsert(name: TableName, id: string, row: Row): void {
    const rows = this.upserted.get(name);
    if (rows) rows.set(id, row);
    else this.upserted.set(name, new Map([[id, row]]));
  }

  rowsOf(name: TableName): readonly Row[] {
    return this.appended.get(name) ?? [...(this.upserted.get(name)?.values() ?? [])];
  }

  clear(): void {
    this.appended.clear();
    this.upserted.clear();
    this.closings.length = 0;
    this.suspensions.clear();
  }
}
