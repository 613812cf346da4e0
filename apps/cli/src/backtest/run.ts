import { writeFileSync } from 'node:fs';
import { backtest, currentKernel, type CoreModel, type RiskKernel } from '#risk';
import { CliError, ExitCode } from '../terminal/exit.js';
import { stderrProgress, type Progress } from '../terminal/progress.js';
import { dataFolder, PriceFiles } from './data/read.js';
import { renderHtml } from './html/page.js';
import { measure, type SetResult } from './result.js';
import { ownSet, setPlans, type SetPlan } from './sets.js';
import { booksTable, dataTable, LEGEND, modelsTable, pathTable, summaryTable } from './tables.js';

export interface BacktestOptions {
  /** Names of sets, separated by commas; default all whose data is there. */
  readonly sets?: string;
  /** Names of models, separated by commas; default all. */
  readonly models?: string;
  /** Folder of the data that does not ship. */
  readonly data?: string;
  readonly seed?: number;
  /** Every fifth day, fewer resamples. */
  readonly quick?: boolean;
  readonly json?: boolean;
  /** Where to write the HTML report. */
  readonly html?: string;
}

export const DEFAULT_SEED = 20_240_807;

/** `novate backtest`: every model on every set. Resolves with the exit code. */
export function runBacktest(paths: readonly string[], options: BacktestOptions): number {
  const progress = stderrProgress();
  const models = chosen('model', backtest.coreModels, options.models);
  const files = new PriceFiles(dataFolder(options.data));
  const plans = paths.length > 0 ? [ownSet(files, paths)] : chosenSets(files, options, progress);
  const kernel = currentKernel();
  const results = runSets(kernel, plans, models, files, options, progress);
  const seed = options.seed ?? DEFAULT_SEED;
  const run: BacktestRun = { results, models, data: files.read, seed, kernel };
  process.stdout.write(`${printed(run)}\n`);
  if (options.html !== undefined) {
    writeFileSync(options.html, renderHtml(run));
    progress.step(`wrote ${options.html}`);
  }
  if (options.json === true) process.stdout.write(`${JSON.stringify(asJson(run))}\n`);
  return ExitCode.ok;
}

/** What a run found, for the tables, the JSON line and the HTML report. */
export interface BacktestRun {
  readonly results: readonly SetResult[];
  readonly models: readonly CoreModel[];
  readonly data: readonly { readonly file: string; readonly sha256: string }[];
  readonly seed: number;
  readonly kernel: RiskKernel;
}

function runSets(
  kernel: RiskKernel,
  plans: readonly SetPlan[],
  models: readonly CoreModel[],
  files: PriceFiles,
  options: BacktestOptions,
  progress: Progress,
): SetResult[] {
  const seed = options.seed ?? DEFAULT_SEED;
  const quick = options.quick === true;
  return plans.map((plan) => {
    const set = built(plan, files, kernel.log, seed);
    const result = measure(set, {
      kernel,
      models,
      every: quick ? 5 : 1,
      seed,
      resamples: quick ? 200 : 1_000,
      status: (text) => progress.status(text),
    });
    progress.step(`${set.name}: ${result.tested.dates.length} days, ${set.books.length} books`);
    return result;
  });
}

/** A set, or the parser's error with its fix. */
function built(
  plan: SetPlan,
  files: PriceFiles,
  log: (x: number) => number,
  seed: number,
): ReturnType<SetPlan['build']> {
  try {
    const set = plan.build(files, log, seed);
    if (backtest.testedPerPanel(set, 1) > 0 && set.warmUp >= 180) return set;
  } catch (error) {
    if (!(error instanceof backtest.PriceFileError)) throw error;
    throw new CliError(error.message, ExitCode.usage, error.fix);
  }
  throw new CliError(
    `${plan.name}: too few common dates (price_file_too_short)`,
    ExitCode.usage,
    'give at least 361 days that all files have: half of them are history before the first test',
  );
}

function chosenSets(files: PriceFiles, options: BacktestOptions, progress: Progress): SetPlan[] {
  const asked = chosen('set', setPlans, options.sets);
  return asked.filter((plan) => {
    const missing = plan.files.find((file) => !files.has(file));
    if (missing === undefined) return true;
    if (options.sets !== undefined)
      throw new CliError(
        `set ${plan.name} needs ${missing}, which does not ship with novate`,
        ExitCode.usage,
        'name the folder of the full data: --data',
      );
    progress.step(`${plan.name}: left out, its data is not here (--data)`);
    return false;
  });
}

function chosen<T extends { readonly name: string }>(
  what: string,
  all: readonly T[],
  names: string | undefined,
): readonly T[] {
  if (names === undefined) return all;
  return names.split(',').map((name) => {
    const found = all.find((each) => each.name === name.trim());
    if (found !== undefined) return found;
    throw new CliError(
      `there is no ${what} "${name}"`,
      ExitCode.usage,
      `use ${all.map((each) => each.name).join(', ')}`,
    );
  });
}

function printed({ results, models, data, seed, kernel }: BacktestRun): string {
  const first = models[0]?.name ?? '';
  const path = pathTable(results);
  return [
    dataTable(data),
    `seed ${seed}; kernel ${kernel.hash}`,
    ...models.map(({ name, version, title }) => `${name} ${version}: ${title}`),
    '',
    ...results.flatMap((result) => [booksTable(result, first), '']),
    LEGEND,
    '',
    ...results.flatMap((result) => [modelsTable(result), '']),
    ...(path === undefined ? [] : [path, '']),
    ...(models.length > 1 ? [summaryTable(results)] : []),
  ].join('\n');
}

/** The last line of `--json`: fractions, not per cent. */
function asJson({ results, models, data, seed, kernel }: BacktestRun): object {
  const of = (set: string) => (row: object) => ({ set, ...row });
  return {
    data,
    books: results.flatMap(({ set, report }) => report.books.map(of(set.name))),
    models: results.flatMap(({ set, report }) => report.models.map((row) => of(set.name)(row))),
    paths: results.flatMap(({ set, path }) => (path === undefined ? [] : [of(set.name)(path)])),
    seed,
    kernel: kernel.hash,
    versions: models.map(({ name, version }) => ({ name, version })),
  };
}
