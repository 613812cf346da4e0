import { statementCsv } from '../../../clearing/src/read/statement/csv.js';
import {
  statementsFromJournal,
  type Statement,
} from '../../../clearing/src/read/statement/statement.js';
import {
  openStatement,
  type ShownStatement,
} from '../../../clearing/src/read/query/personal-views.js';
import { withKeys } from '../keys.js';
import { journalPlace, withJournal } from '../journal.js';
import { table } from '../render/table.js';
import { CliError, ExitCode } from '../terminal/exit.js';
import { eventsBefore } from './points.js';

export interface StatementOptions {
  readonly account: string;
  readonly at?: string;
  readonly from?: string;
  readonly format: string;
}

const formats: Readonly<Record<string, (statement: ShownStatement) => string>> = {
  json: (statement) => `${JSON.stringify(statement)}\n`,
  csv: statementCsv,
  table: statementTables,
};

/** `novate statement`: one account's statement, read from the journal alone. */
export async function runStatement(options: StatementOptions): Promise<number> {
  const render = formats[options.format];
  if (!render) {
    throw new CliError(
      `there is no format "${options.format}"`,
      ExitCode.usage,
      `use ${Object.keys(formats).join(', ')}.`,
    );
  }
  return withJournal(journalPlace(), async (journal) => {
    const { size } = await journal.head();
    const to = options.at === undefined ? size : await eventsBefore(journal, options.at);
    const from = options.from === undefined ? 0 : await eventsBefore(journal, options.from);
    if (from > to) throw new CliError('the statement would end before it begins', ExitCode.usage);
    const request = { owner: { account: options.account }, from, to };
    const [statement] = await statementsFromJournal(journal, request);
    if (!statement) {
      throw new CliError(
        `there is no account ${options.account} at that point`,
        ExitCode.usage,
        'check the id; accounts are listed by GET /v1/accounts.',
      );
    }
    process.stdout.write(render(await withKeys((reader) => openStatement(reader, statement))));
    return ExitCode.ok;
  });
}

const right = (title: string): { title: string; align: 'right' } => ({ title, align: 'right' });

function statementTables(statement: ShownStatement): string {
  const { account, member, segregation, margin, from, to, cycle, stateHash } = statement;
  const moved = new Map<string, { asset: string; reason: string; count: number }>();
  for (const { asset, reason } of statement.movements) {
    const line = moved.get(`${asset}|${reason}`) ?? { asset, reason, count: 0 };
    line.count += 1;
    moved.set(`${asset}|${reason}`, line);
  }
  const balances = table(
    [{ title: 'asset' }, right('opening'), right('movements'), right('closing')],
    statement.assets.map(({ asset, opening, movements, closing }) => [
      asset,
      opening,
      movements,
      closing,
    ]),
    { title: 'Balances' },
  );
  const positions = table(
    [{ title: 'instrument' }, right('quantity'), right('settled price'), { title: 'mark' }],
    statement.positions.map(({ instrument, quantity, settlementPrice, stale }) => [
      instrument,
      quantity,
      settlementPrice ?? '-',
      stale === true ? 'stale' : '',
    ]),
    { title: 'Positions' },
  );
  const movements = table(
    [{ title: 'asset' }, { title: 'reason' }, right('movements')],
    [...moved.values()].map(({ asset, reason, count }) => [asset, reason, String(count)]),
    { title: 'Movements (each one in --format csv or json)' },
  );
  const requirement = statement.requirement && requirementTables(statement.requirement);
  const head = `Account ${account} of ${member} (${segregation}, ${margin})`;
  const period = `Events ${from} to ${to}, cycle ${cycle}, state hash ${stateHash}`;
  const blocks = [`${head}\n${period}`, balances, positions, movements, requirement];
  return `${blocks.filter((each) => each !== undefined).join('\n\n')}\n`;
}

function requirementTables(asked: NonNullable<Statement['requirement']>): string {
  const { asset, cycle, health, modelId, status, notes } = asked;
  const lines = [
    ['equity', asked.equity],
    ['initial margin', asked.initialMargin],
    ...asked.parts.initialMargin.map(({ name, amount }) => [`  ${name}`, amount]),
    ['maintenance margin', asked.maintenanceMargin],
    ...asked.parts.maintenanceMargin.map(({ name, amount }) => [`  ${name}`, amount]),
    ['available', asked.available],
    ...(health
      ? [
          ['equity/maintenance margin', health.ratio ?? '-'],
          ['health score', health.score],
        ]
      : []),
  ];
  const title = `Margin after cycle ${cycle}, ${asset}: ${status}, model ${modelId}`;
  const margin = table([{ title: '' }, right('amount')], lines, { title });
  const greeks = table(
    [{ title: 'underlying' }, ...(['delta', 'gamma', 'vega', 'theta', 'rho'] as const).map(right)],
    asked.greeks.map(({ underlying, delta, gamma, vega, theta, rho }) => [
      ...[underlying, delta, gamma, vega, theta, rho],
    ]),
    { title: 'Greeks: units; units per 1 %; per vol point, day and basis point' },
  );
  return [margin, ...notes, greeks].join('\n\n');
}
