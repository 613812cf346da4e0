import { rebuildEventTable } from '../../../clearing/src/event-table/index.js';
import { rebuildReadModel } from '../../../clearing/src/read/project/rebuild.js';
import { databaseUrl, journalPlace, withJournal } from '../journal.js';
import { pretty } from '../render/decimal.js';
import { table } from '../render/table.js';
import { ExitCode } from '../terminal/exit.js';
import { stderrProgress } from '../terminal/progress.js';

export interface RebuildOptions {
  readonly verify?: boolean;
  readonly events?: boolean;
  readonly json?: boolean;
}

/** `novate rebuild --events`: the per-event table. */
async function rebuildEvents(json: boolean): Promise<number> {
  const url = databaseUrl();
  const events = await withJournal(journalPlace(), (journal) =>
    rebuildEventTable({ databaseUrl: url, journal }),
  );
  process.stdout.write(json ? `${JSON.stringify({ events })}\n` : `${events} rows in log.event\n`);
  return ExitCode.ok;
}

/** `novate rebuild`: the read model is a projection; with `--verify` every table has to come back as it was. */
export async function runRebuild(options: RebuildOptions): Promise<number> {
  if (options.events === true) return rebuildEvents(options.json === true);
  const url = databaseUrl();
  const progress = stderrProgress();
  progress.step('rebuilding the read model from the journal');
  const result = await withJournal(journalPlace(), (journal) =>
    rebuildReadModel({ databaseUrl: url, journal, verify: options.verify === true }),
  );
  progress.step(`${result.position} events projected`);
  const rows = result.tables.map(({ table: name, rows: count, digest, before }) => [
    name,
    pretty(BigInt(count), 0),
    digest.slice(0, 16),
    before === undefined ? '' : before === digest ? 'equal' : `was ${before.slice(0, 16)}`,
  ]);
  const columns = [
    { title: 'table' },
    { title: 'rows', align: 'right' as const },
    { title: 'digest' },
    { title: 'before' },
  ];
  process.stdout.write(
    options.json === true ? `${JSON.stringify(result)}\n` : `${table(columns, rows)}\n`,
  );
  return result.equal === false ? ExitCode.checkFailed : ExitCode.ok;
}
