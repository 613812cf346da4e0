import {
  NoVersionBefore,
  rebuildBeside,
  swapBack,
} from '../../../clearing/src/read/project/beside.js';
import {
  rebuildReadModel,
  type RebuildResult,
} from '../../../clearing/src/read/project/rebuild.js';
import { rebuildEventTable } from '../../../clearing/src/event-table/index.js';
import { databaseUrl, journalPlace, withJournal } from '../journal.js';
import { pretty } from '../render/decimal.js';
import { table } from '../render/table.js';
import { CliError, ExitCode } from '../terminal/exit.js';
import { stderrProgress } from '../terminal/progress.js';

export interface RebuildOptions {
  readonly verify?: boolean;
  readonly beside?: boolean;
  readonly acceptChanges?: boolean;
  readonly back?: boolean;
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
  if (options.back === true) return goBack(url, options.json);
  const where = options.beside === true ? ' beside the one in use' : '';
  progress.step(`rebuilding the read model from the journal${where}`);
  const acceptChanges = options.acceptChanges === true;
  const result: RebuildResult & { swapped?: boolean } = await withJournal(
    journalPlace(),
    (journal) =>
      options.beside === true
        ? rebuildBeside({ databaseUrl: url, journal, acceptChanges })
        : rebuildReadModel({ databaseUrl: url, journal, verify: options.verify === true }),
  );
  if (result.swapped === true) progress.step('the new version is queried now');
  if (result.swapped === false) progress.step('they differ: the old version stays in use');
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
  const holds = result.swapped ?? result.equal !== false;
  return holds ? ExitCode.ok : ExitCode.checkFailed;
}

async function goBack(url: string, json: boolean | undefined): Promise<number> {
  try {
    await swapBack(url);
  } catch (error) {
    if (error instanceof NoVersionBefore) throw new CliError(error.message, ExitCode.usage);
    throw error;
  }
  const text = 'the version before the last swap is queried again';
  process.stdout.write(json === true ? `${JSON.stringify({ back: true })}\n` : `${text}\n`);
  return ExitCode.ok;
}
