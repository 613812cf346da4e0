import { once } from 'node:events';
import type { Client } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import type { ReadSchema } from './schemas.js';
import { tables } from './tables.js';
import type { Cell, Closing, Row, RowBuffer, Suspension, Table, TableName } from './tables.js';

const quoted = (name: string) => `"${name}"`;

/** Everything a transaction holds, in bulk statements: one COPY or one upsert per table. */
export async function writeRows(
  client: Client,
  rows: RowBuffer,
  schema: ReadSchema = 'read',
): Promise<void> {
  for (const name of Object.keys(tables) as TableName[]) {
    const of = rows.rowsOf(name);
    if (of.length === 0) continue;
    if (tables[name].mode === 'append') await copyRows(client, schema, tables[name], of);
    else await upsertRows(client, schema, tables[name], of);
  }
  if (rows.closings.length > 0) await closeTrades(client, schema, rows.closings);
  if (rows.suspensions.size > 0) await suspend(client, schema, [...rows.suspensions.values()]);
}

const ESCAPES: Readonly<Record<string, string>> = {
  // No text of Postgres holds U+0000; one in the journal must not stop the projection for ever.
  '\0': '\ufffd',
  '\\': '\\\\',
  '\t': '\\t',
  '\n': '\\n',
  '\r': '\\r',
};

/** A cell of COPY's text format. */
export function copyCell(cell: Cell): string {
  if (cell === undefined) return '\\N';
  if (typeof cell === 'bigint' || typeof cell === 'number') return cell.toString();
  const text = typeof cell === 'object' ? JSON.stringify(cell.json) : String(cell);
  // eslint-disable-next-line no-control-regex
  return text.replace(/[\0\\\t\n\r]/g, (found) => ESCAPES[found]!);
}

async function copyRows(
  client: Client,
  schema: ReadSchema,
  table: Table,
  rows: readonly Row[],
): Promise<void> {
  const columns = table.columns.map(quoted).join(', ');
  const stream = client.query(copyFrom(`COPY ${schema}.${table.name} (${columns}) FROM STDIN`));
  const finished = once(stream, 'finish');
  let text = '';
  for (const row of rows) {
    text += row.map(copyCell).join('\t') + '\n';
    if (text.length < 1 << 20) continue;
    if (!stream.write(text)) await Promise.race([once(stream, 'drain'), finished]);
    text = '';
  }
  stream.end(text);
  await finished;
}

function jsonCell(cell: Cell): unknown {
  if (cell === undefined) return null;
  if (typeof cell === 'bigint') return cell.toString();
  if (typeof cell === 'object') return cell.json;
  return typeof cell === 'string' ? cell.replaceAll('\0', '\ufffd') : cell;
}

async function upsertRows(
  client: Client,
  schema: ReadSchema,
  table: Table,
  rows: readonly Row[],
): Promise<void> {
  const objects = rows.map((row) =>
    Object.fromEntries(table.columns.map((column, i) => [column, jsonCell(row[i])])),
  );
  const columns = table.columns.map(quoted).join(', ');
  const changes = table.columns
    .filter((column) => !table.key.includes(column))
    .map((column) => `${quoted(column)} = excluded.${quoted(column)}`);
  await client.query({
    name: `upsert ${table.name}`,
    text: `INSERT INTO ${schema}.${table.name} (${columns})
           SELECT ${columns} FROM json_populate_recordset(NULL::${schema}.${table.name}, $1)
           ON CONFLICT (${table.key.map(quoted).join(', ')}) DO UPDATE SET ${changes.join(', ')}`,
    values: [JSON.stringify(objects)],
  });
}

/** A trade id may come again beyond its horizon: the latest trade before the closing event is meant. */
async function closeTrades(
  client: Client,
  schema: ReadSchema,
  closings: readonly Closing[],
): Promise<void> {
  await client.query({
    name: 'close trades',
    text: `UPDATE ${schema}.trade_record t
              SET status = c.status, reversal_price = c."reversalPrice",
                  closed_position = c."closedPosition"
             FROM json_to_recordset($1) AS c (venue text, instrument text, "tradeId" text,
                  status text, "reversalPrice" numeric, "closedPosition" bigint)
            WHERE t.position = (
                  SELECT max(o.position) FROM ${schema}.trade_record o
                   WHERE o.venue = c.venue AND o.instrument = c.instrument
                     AND o.trade_id = c."tradeId" AND o.position < c."closedPosition")`,
    values: [JSON.stringify(closings)],
  });
}

async function suspend(
  client: Client,
  schema: ReadSchema,
  suspensions: readonly Suspension[],
): Promise<void> {
  await client.query({
    name: 'suspend members',
    text: `UPDATE ${schema}.member m SET suspended = s.suspended, position = s.position
             FROM json_to_recordset($1) AS s (member text, suspended boolean, position bigint)
            WHERE m.member = s.member`,
    values: [JSON.stringify(suspensions)],
  });
}
