import { createHash } from 'node:crypto';
import type { Statement } from './statement.js';

/** A statement without what only a reader with keys sees. */
type Printed = Omit<Statement, 'pendingWithdrawals'> & {
  readonly pendingWithdrawals: readonly Omit<
    Statement['pendingWithdrawals'][number],
    'destination'
  >[];
};

const COLUMNS = [
  'record',
  'account',
  'asset',
  'book',
  'position',
  'occurred_at',
  'cycle',
  'instrument',
  'reason',
  'reference',
  'quantity',
  'price',
  'amount',
] as const;

type Line = { readonly [K in (typeof COLUMNS)[number]]?: string | number };

/** RFC 4180: quoted where it holds a comma, a quote or a line end. */
function cell(value: string | number | undefined): string {
  const text = String(value ?? '');
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

const row = (line: Line): string => COLUMNS.map((column) => cell(line[column])).join(',') + '\r\n';

function* balances(statement: Printed, record: 'opening' | 'closing'): Generator<Line> {
  for (const { asset, books } of statement.assets) {
    for (const { book, [record]: amount } of books) yield { record, asset, book, amount };
  }
}

function* linesOf(statement: Printed): Generator<Line> {
  yield* balances(statement, 'opening');
  for (const { occurredAt, ...movement } of statement.movements) {
    yield { record: 'movement', occurred_at: occurredAt, ...movement };
  }
  yield* balances(statement, 'closing');
  for (const held of statement.positions) {
    yield {
      record: 'position',
      asset: held.settlementAsset,
      instrument: held.instrument,
      quantity: held.quantity,
      amount: held.settledValue,
      ...(held.settlementPrice === undefined ? {} : { price: held.settlementPrice }),
      ...(held.settlementCycle === undefined ? {} : { cycle: held.settlementCycle }),
      reason: held.stale === true ? 'stale-price' : '',
    };
  }
  for (const { withdrawalId, asset, amount } of statement.pendingWithdrawals) {
    yield { record: 'pending-withdrawal', asset, amount, reference: withdrawalId };
  }
  for (const { rail, index, committed, inFlight } of statement.settlement ?? []) {
    const line = { record: 'settlement', reference: rail, position: index };
    yield { ...line, reason: 'committed', amount: committed };
    yield { ...line, reason: 'in-flight', amount: inFlight };
  }
  yield* requirement(statement);
}

/** Equity, margins, and what makes them up: `reason` names the amount, `reference` the model. */
function* requirement({ requirement: asked }: Printed): Generator<Line> {
  if (asked === undefined) return;
  const { asset, cycle, modelId, parts } = asked;
  const line = { record: 'margin', asset, cycle, reference: modelId };
  for (const reason of ['equity', 'initialMargin', 'maintenanceMargin', 'available'] as const) {
    yield { ...line, reason, amount: asked[reason] };
  }
  for (const margin of ['initialMargin', 'maintenanceMargin'] as const) {
    for (const { name, amount } of parts[margin]) {
      yield { ...line, record: 'margin-part', reason: `${margin}/${name}`, amount };
    }
  }
}

/**
 * A statement as CSV (RFC 4180, UTF-8, CRLF): a header row, one record per line, and a trailer whose `reference` is the
 * number of records between the two, whose `amount` is the hash total (the sum of all amounts as integers, the point
 * left out) and whose `reason` is the SHA-256 of every byte before the trailer.
 */
export function statementCsv(statement: Printed): string {
  let body = `${COLUMNS.join(',')}\r\n`;
  let records = 0;
  let total = 0n;
  for (const line of linesOf(statement)) {
    body += row({ account: statement.account, ...line });
    records += 1;
    total += BigInt(String(line.amount).replace('.', ''));
  }
  const digest = createHash('sha256').update(body).digest('hex');
  const trailer: Line = {
    record: 'trailer',
    account: statement.account,
    position: statement.to,
    cycle: statement.cycle,
    reason: `sha256:${digest}`,
    reference: records,
    amount: total.toString(),
  };
  return body + row(trailer);
}
