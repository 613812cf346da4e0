import { Command, CommanderError, InvalidArgumentError } from 'commander';
import type { BacktestOptions } from './backtest/run.js';
import type { RebuildOptions } from './commands/rebuild.js';
import type { PersonalOptions } from './commands/personal.js';
import type { ExportMarginOptions } from './commands/export-margin.js';
import type { VerifyOptions } from './commands/verify.js';
import type { ReplayOptions } from './commands/replay.js';
import type { DemoOptions } from './demo/run.js';
import { addPast } from './program-past.js';
import { addSettlement } from './program-settlement.js';
import { ExitCode } from './terminal/exit.js';

const OVERVIEW = `
novate reads the journal of a clearing house and proves what it says. Start with the demo:

  novate demo                    clears 78,638 real trades with a real Postgres and a real Kafka, and settles on two local chains
  novate demo --keep             the same, and leaves it running so that you can look around

  novate backtest                every margin model on the shipped prices: coverage, cost, calm
  novate backtest --html report.html

With NOVATE_DATABASE_URL set to a house's database (and for a journal on EventStoreDB with NOVATE_JOURNAL=eventstoredb
and EVENTSTOREDB_URL=esdb://user:password@host:2113):

  novate verify                  recomputes hash chain, leaves, roots and signatures
  novate verify --chain URL      and compares every batch a chain has settled with an offline replay
  novate balance-proof --account M01-H --rail 31337/USDT --chain URL
  novate checkpoint              the latest signed checkpoint
  novate proof inclusion --position 7
  novate export --log            every event as a line, and what proves it; novate verify --log needs no database
  novate replay                  folds every event from position 0 and prints the state hash
  novate replay --to 2024-08-09T00:00:00Z
  novate state --at 25000        the state hash there; with --kind and --id one entry and its proof
  novate snapshot verify         signatures, roots and a replay behind every snapshot
  novate statement --account M01-H --format table
  novate export --margin         files from which docs/recompute-margin.mjs computes every core requirement
  novate rebuild --events        fills log.event again: one row of JSON per event, for ad-hoc SQL
  novate personal destroy --member M01   what the operator requested: the member's data is unreadable for good
  novate rebuild --verify        drops the read model, builds it again, compares every table

Settling on chains: novate settlement, novate cosign and novate keystore; docs/settlement.md says who may do what.

Progress goes to stderr, results to stdout; --json prints one JSON object as the last line.
Exit codes: 0 it holds, 1 a check failed, 2 wrong usage, 3 a service is unavailable. NO_COLOR is honoured.`;

/** Exits through `process.exitCode`, so that what has been written reaches its reader. */
function finish(code: number): void {
  process.exitCode = code;
}

const collect = (value: string, before: readonly string[] = []) => [...before, value];

function wholeNumber(min: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min) return value;
    throw new InvalidArgumentError(`Give a whole number from ${min}.`);
  };
}

/** The command-line program. Commands are loaded when they are called: help needs none of them. */
export function program(): Command {
  const novate = new Command('novate')
    .description('An open clearing house for derivatives that anyone can recompute.')
    .addHelpText('after', OVERVIEW)
    .exitOverride(exitWithUsage)
    .showHelpAfterError('(novate --help teaches more)');
  addDemo(novate);
  addReplay(novate);
  addVerify(novate);
  addStatement(novate);
  addExport(novate);
  addProof(novate);
  addPast(novate, { finish, wholeNumber });
  addSettlement(novate, { finish, wholeNumber });
  addRebuild(novate);
  addPersonal(novate);
  addServe(novate);
  addBench(novate);
  addBacktest(novate);
  for (const command of novate.commands) command.exitOverride(exitWithUsage);
  return novate;
}

/** commander ends with 1 on wrong usage; ours is 2, because 1 says that a check failed. */
function exitWithUsage(error: CommanderError): never {
  process.exit(error.exitCode === 0 ? ExitCode.ok : ExitCode.usage);
}

function addDemo(novate: Command): void {
  novate
    .command('demo')
    .description('clear the recorded trades through the real services')
    .option('--json', 'print one JSON object as the last line')
    .option('--all', 'show every member, not the ten with the most open')
    .option('--shuffle <seed>', 'another interleaving of the streams', wholeNumber(0))
    .option('--trades <n>', 'only the first n trades of the tape', wholeNumber(1))
    .option('--keep', 'leave everything running after the report, until Ctrl-C')
    .option('--database <url>', 'clear into this empty database and leave it there')
    .action(async (options: DemoOptions) => {
      const { runDemo } = await import('./demo/run.js');
      finish(await runDemo(options));
    });
}

function addReplay(novate: Command): void {
  novate
    .command('replay')
    .description('fold the journal from position 0 in this process; prints the state hash')
    .option(
      '--to <point>',
      'a number of events, or a time (RFC 3339): the last cycle ended by then',
    )
    .option('--from-snapshot', 'begin at the nearest snapshot that holds, not at position 0')
    .option('--json', 'print one JSON object')
    .action(async (options: ReplayOptions) => {
      const { runReplay } = await import('./commands/replay.js');
      finish(await runReplay(options));
    });
}

function addVerify(novate: Command): void {
  novate
    .command('verify')
    .description('recompute a log: hash chain, leaf hashes, roots, signed checkpoints')
    .option('--log <file>', 'an export of novate export --log, without any database')
    .option('--against <file>', 'another export; fails at the position where the two fork')
    .option('--key <key>', 'the first key of the log as its owner handed it over')
    .option(
      '--chain <url>',
      'a node of a chain: every batch there is compared; repeatable',
      collect,
    )
    .option('--json', 'print one JSON object')
    .action(async (options: VerifyOptions) => {
      const { runVerify } = await import('./commands/verify.js');
      finish(await runVerify(options));
    });
}

function addStatement(novate: Command): void {
  novate
    .command('statement')
    .description('statement of an account: opening + movements = closing for every asset')
    .requiredOption('--account <id>', 'account, e.g. M01-H')
    .option('--at <point>', 'end: a number of events or a time; default the head')
    .option('--from <point>', 'beginning, the same way; default the beginning of the journal')
    .option('--format <format>', 'json, csv or table', 'table')
    .action(async (options: Parameters<StatementModule['runStatement']>[0]) => {
      const { runStatement } = await import('./commands/statement.js');
      finish(await runStatement(options));
    });
}
type StatementModule = typeof import('./commands/statement.js');

function addExport(novate: Command): void {
  novate
    .command('export')
    .description(
      'what an outsider needs to verify the log, or the requirements of one cycle, without us',
    )
    .option('--log', 'every event as a line, the preimage of its leaf; beside it <out>.proof')
    .option('--margin', 'scenario set, parameters, marks, positions, requirements')
    .option(
      '--cycle <n>',
      'of that cycle; default the latest that has requirements',
      wholeNumber(1),
    )
    .option(
      '--out <path>',
      'file of the log (novate-log.ndjson), folder of the margin (novate-margin)',
    )
    .option('--json', 'print one JSON object')
    .action(async ({ log, out, ...more }: Partial<ExportMarginOptions> & { log?: boolean }) => {
      if (log === true) {
        const { runExportLog } = await import('./commands/export-log.js');
        return finish(await runExportLog(out ?? 'novate-log.ndjson', more));
      }
      const options = { ...more, out: out ?? 'novate-margin' };
      const { runExportMargin } = await import('./commands/export-margin.js');
      finish(await runExportMargin(options));
    });
}

function addProof(novate: Command): void {
  const position = wholeNumber(0);
  const size = wholeNumber(1);
  novate
    .command('checkpoint')
    .description('the latest signed checkpoint of the log, as C2SP tlog-checkpoint')
    .option('--size <n>', 'the one of exactly this size', size)
    .option('--new-key <name>', 'draw a signing key for NOVATE_CHECKPOINT_KEY instead')
    .option('--json', 'print one JSON object')
    .action(async (options: Parameters<ProofModule['runCheckpoint']>[0]) => {
      const { runCheckpoint } = await import('./commands/proof.js');
      finish(await runCheckpoint(options));
    });
  const proof = novate.command('proof').description('RFC 9162 proofs from the stored leaf hashes');
  proof
    .command('inclusion')
    .description('that an event is in the log')
    .requiredOption('--position <n>', 'of the event', position)
    .option('--size <n>', 'of the log; default the latest checkpoint', size)
    .option('--json', 'print one JSON object')
    .action(async (options: Parameters<ProofModule['runInclusion']>[0]) => {
      const { runInclusion } = await import('./commands/proof.js');
      finish(await runInclusion(options));
    });
  proof
    .command('consistency')
    .description('that the log of one size is the beginning of the log of another')
    .requiredOption('--from <n>', 'size of the older log', size)
    .requiredOption('--to <n>', 'size of the newer log', size)
    .option('--json', 'print one JSON object')
    .action(async (options: Parameters<ProofModule['runConsistency']>[0]) => {
      const { runConsistency } = await import('./commands/proof.js');
      finish(await runConsistency(options));
    });
  for (const command of proof.commands) command.exitOverride(exitWithUsage);
}
type ProofModule = typeof import('./commands/proof.js');

function addRebuild(novate: Command): void {
  novate
    .command('rebuild')
    .description('drop the read model and build it again from the journal')
    .option('--verify', 'compare every table with what it was before')
    .option('--beside', 'build it beside the one in use, compare, swap: queries never fail')
    .option('--accept-changes', 'with --beside: swap also where tables differ')
    .option('--back', 'query the version before the last swap again')
    .option('--events', 'the per-event table log.event instead')
    .option('--json', 'print one JSON object')
    .action(async (options: RebuildOptions) => {
      const { runRebuild } = await import('./commands/rebuild.js');
      finish(await runRebuild(options));
    });
}

function addPersonal(novate: Command): void {
  const personal = novate
    .command('personal')
    .description(
      "make a member's personal data unreadable for good: two roles, one after the other",
    );
  const about = (command: Command): Command =>
    command
      .requiredOption('--member <id>', 'whose data')
      .option('--url <url>', 'the clearing app', 'http://127.0.0.1:8420');
  about(personal.command('request').description('the operator asks for it (NOVATE_KEY_OPERATOR)'))
    .requiredOption('--reason <text>', 'why; recorded, so without personal data')
    .action(async (options: PersonalOptions) => {
      const { runPersonalRequest } = await import('./commands/personal.js');
      finish(await runPersonalRequest(options));
    });
  about(
    personal.command('destroy').description('the risk officer approves: keys go (NOVATE_KEY_RISK)'),
  ).action(async (options: PersonalOptions) => {
    const { runPersonalDestroy } = await import('./commands/personal.js');
    finish(await runPersonalDestroy(options));
  });
  for (const command of personal.commands) command.exitOverride(exitWithUsage);
}

function addServe(novate: Command): void {
  novate
    .command('serve')
    .description('run the clearing app on services found or started here, data kept in .novate/')
    .option('--port <port>', 'port of the HTTP API', wholeNumber(0), 8420)
    .action(async (options: { port: number }) => {
      const { runServe } = await import('./commands/serve.js');
      finish(await runServe(options));
    });
}

function addBench(novate: Command): void {
  novate
    .command('bench')
    .description('measure this machine: our rates against plain Postgres, file and Kafka code')
    .option('--only <id>', 'one row, or a group of them, e.g. journal')
    .option('--samples <n>', 'samples behind each median', wholeNumber(1))
    .option('--json', 'print the rows as one JSON array, the last line')
    .action(async (options: { only?: string; samples?: number; json?: boolean }) => {
      const { runBench } = await import('./bench/run.js');
      finish(await runBench(options));
    });
}

function addBacktest(novate: Command): void {
  novate
    .command('backtest')
    .description(
      'run every margin model over price histories: coverage, cost at equal coverage, calm',
    )
    .argument('[files...]', 'price files of your own (CSV date,close), instead of the known sets')
    .option('--sets <names>', 'only these sets, separated by commas')
    .option('--models <names>', 'only these models, separated by commas; the first is compared')
    .option('--data <dir>', 'folder of the data that does not ship')
    .option('--seed <n>', 'of random books and resamples', wholeNumber(0))
    .option('--quick', 'every fifth day, for a first look')
    .option('--html <file>', 'write the report with plots')
    .option('--json', 'print one JSON object as the last line')
    .action(async (files: string[], options: BacktestOptions) => {
      const { runBacktest } = await import('./backtest/run.js');
      finish(runBacktest(files, options));
    });
}
