import {
  printServices,
  resolveKafka,
  resolvePostgres,
  type Resolved,
} from '../../../../infra/local/index.js';
import { Cleanup } from '../terminal/cleanup.js';
import { CliError, ExitCode } from '../terminal/exit.js';
import { stderrProgress, type Progress } from '../terminal/progress.js';
import { benchIntake, INTAKE_TRADES, intakeRows } from './intake.js';
import { benchJournal, journalRows } from './journal.js';
import { benchJournalRead, journalReadRows } from './journal-read.js';
import { readLoad } from './load.js';
import { machineFacts, peakMemory } from './machine.js';
import { refuseLooseDurability } from './postgres.js';
import { renderRows } from './render.js';
import { benchRisk } from './risk.js';
import { riskRows } from './risk-rows.js';
import { benchSettlement } from './settlement.js';
import { settlementRows } from './settlement-rows.js';
import type { BenchRow, RowSpec, SampleHook } from './statistics.js';

export interface BenchOptions {
  /** Print the rows as one JSON array, the last line. */
  readonly json?: boolean;
  /** Only the row with this id, or the rows of this group (`journal`). */
  readonly only?: string;
  /** Samples behind each median. */
  readonly samples?: number;
}

/** Enough for a median that one busy moment does not move. */
export const DEFAULT_SAMPLES = 7;

const idsOf = (rows: Readonly<Record<string, RowSpec>>): string[] =>
  Object.values(rows).map(({ id }) => id);
const appendIds = idsOf(journalRows);
const readIds = idsOf(journalReadRows);
const journalIds = [...appendIds, ...readIds];
const intakeIds = idsOf(intakeRows);
const riskIds = idsOf(riskRows);
const serviceIds = [...journalIds, ...intakeIds];
const settlementIds = idsOf(settlementRows);
const ids = [...serviceIds, ...riskIds, ...settlementIds];

/** `novate bench`: our rates against plain ones, in one run on this machine. Resolves with the exit code. */
export async function runBench(options: BenchOptions): Promise<number> {
  const wanted = ids.filter((id) => isWanted(id, options.only));
  if (wanted.length === 0) {
    throw new CliError(
      `there is no row "${options.only}"`,
      ExitCode.usage,
      `use ${ids.join(', ')}`,
    );
  }
  const progress = stderrProgress();
  const cleanup = new Cleanup(() => progress.step('interrupted: stopping everything'));
  try {
    const rows = await measure(wanted, options.samples ?? DEFAULT_SAMPLES, progress, cleanup);
    process.stdout.write(`${[...machineFacts(), '', renderRows(rows), peakMemory()].join('\n')}\n`);
    if (options.json === true) process.stdout.write(`${JSON.stringify(rows)}\n`);
    return ExitCode.ok;
  } catch (error) {
    // What breaks because we are stopping everything is no news; the signal's handler ends the process.
    if (cleanup.interrupted) return await new Promise<never>(() => undefined);
    throw error;
  } finally {
    await cleanup.run();
  }
}

function isWanted(id: string, only: string | undefined): boolean {
  return only === undefined || id === only || id.startsWith(`${only}.`);
}

async function measure(
  wanted: readonly string[],
  samples: number,
  progress: Progress,
  cleanup: Cleanup,
): Promise<BenchRow[]> {
  const onSample = (name: string, round: number, rate: number): void =>
    progress.step(`${name} ${round}/${samples}: ${Math.round(rate).toLocaleString('en')}/s`);
  const rows = wanted.some((id) => serviceIds.includes(id))
    ? await measureServices(wanted, { samples, progress, cleanup, onSample })
    : [];
  if (wanted.some((id) => riskIds.includes(id))) {
    progress.step('risk: warming up');
    rows.push(...(await benchRisk(wanted, samples, onSample, cleanup)));
  }
  if (wanted.some((id) => settlementIds.includes(id))) {
    progress.step('settlement: warming up');
    rows.push(...(await benchSettlement(wanted, samples, onSample, cleanup)));
  }
  for (const id of wanted) {
    if (rows.some((row) => row.id === id)) continue;
    progress.step(`${id}: left out, its baseline could not be installed`);
  }
  return rows.filter(({ id }) => wanted.includes(id));
}

interface Run {
  readonly samples: number;
  readonly progress: Progress;
  readonly cleanup: Cleanup;
  readonly onSample: SampleHook;
}

/** Rows that need Postgres, and Kafka where intake is among them. */
async function measureServices(
  wanted: readonly string[],
  { samples, progress, cleanup, onSample }: Run,
): Promise<BenchRow[]> {
  const report = (line: string): void => progress.step(line);
  const wants = (some: readonly string[]): boolean => some.some((id) => wanted.includes(id));
  const withKafka = wants(intakeIds);
  const how = { progress: report, signal: cleanup.signal };
  const resolving = [resolvePostgres(how), ...(withKafka ? [resolveKafka(how)] : [])];
  for (const one of resolving) cleanup.add(async () => (await one.catch(() => undefined))?.stop());
  const services = await Promise.all(resolving);
  cleanup.signal.throwIfAborted();
  printServices(services);
  const urls = services.map(addressOf);
  const postgres = urls[0] ?? '';
  await refuseLooseDurability(postgres);

  const load = readLoad(INTAKE_TRADES);
  const rows: BenchRow[] = [];
  if (wants(appendIds)) {
    progress.step('journal: installing peers, warming up');
    rows.push(...(await benchJournal(postgres, load, samples, onSample, cleanup)));
  }
  if (wants(readIds)) {
    progress.step('journal: filling, warming up');
    rows.push(...(await benchJournalRead(postgres, load, samples, onSample, cleanup)));
  }
  if (withKafka) {
    progress.step('intake: producing, then warming up');
    rows.push(
      ...(await benchIntake({
        postgres,
        brokers: urls[1] ?? '',
        load,
        samples,
        onSample,
        cleanup,
      })),
    );
  }
  return rows;
}

function addressOf({ name, url, reason }: Resolved): string {
  if (url !== undefined) return url;
  throw new CliError(
    `there is no ${name}: ${reason ?? ''}`,
    ExitCode.unavailable,
    'install what the reason names, or bench the rows that do without: --only journal',
  );
}
