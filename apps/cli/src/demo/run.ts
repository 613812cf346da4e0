import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  freePort,
  printServices,
  resolveKafka,
  resolvePostgres,
  type Resolved,
} from '../../../../infra/local/index.js';
import { replay, verify, withJournal, withLog } from '../journal.js';
import { Cleanup } from '../terminal/cleanup.js';
import { CliError, ExitCode } from '../terminal/exit.js';
import { stderrProgress, type Progress } from '../terminal/progress.js';
import { ClearingApi } from './api.js';
import { allOpen, depositAll, type LocalChain, startChains } from './chains.js';
import { startApp, type AppProcess } from './app-process.js';
import { createDatabase } from './database.js';
import { Facts } from './facts.js';
import { demoJournal, type DemoJournal } from './journal.js';
import { compareMargins } from './margin.js';
import { drawKeys, keyEnvironment, LOG_ORIGIN, type DemoKeys } from './keys.js';
import { asJson, holds, type Outcome } from './outcome.js';
import { members } from './participants.js';
import { publishOverHttp } from './publish-http.js';
import { publishToKafka, removeTopics } from './publish-kafka.js';
import { openingDeposits, places } from './rails.js';
import { assets, type OperatorCommand, venues } from './reference.js';
import { renderReport } from './report.js';
import { buildScenario, fromVenues, type Scenario } from './scenario.js';
import { examineChains, withdrawOnce } from './settled.js';
import { type DemoSettlement, startSettlement } from './settlement.js';
import { shuffleStreams } from './shuffle.js';
import { readTape } from './tape.js';
import { JournalCount, untilCleared, untilProjected } from './wait.js';

export interface DemoOptions {
  readonly json?: boolean;
  /** Seed of another interleaving of the streams. */
  readonly shuffle?: number;
  /** Leave everything running after the report, until Ctrl-C. */
  readonly keep?: boolean;
  /** Show every member. */
  readonly all?: boolean;
  /** Only the first trades of the tape. */
  readonly trades?: number;
  /** Clear into this empty database and leave it there. */
  readonly database?: string;
}

/** How long accounts may take to open on chain. */
const OPENING_MS = 60_000;
const POLL_MS = 100;

interface Run {
  readonly options: DemoOptions;
  readonly progress: Progress;
  readonly cleanup: Cleanup;
  readonly keys: DemoKeys;
  readonly scenario: Scenario;
  readonly postgres: Resolved;
  readonly kafka: Resolved;
  readonly databaseUrl: string;
  readonly journal: DemoJournal;
  readonly chains: readonly LocalChain[];
  /** The clearing app comes back at the same place when it is started again. */
  readonly port: number;
  readonly count: JournalCount;
}

/** `novate demo`: real trades through the real clearing app. Resolves with the exit code. */
export async function runDemo(options: DemoOptions): Promise<number> {
  const started = performance.now();
  const progress = stderrProgress();
  const cleanup = new Cleanup(() => progress.step('interrupted: stopping everything'));
  try {
    const run = await prepare(options, progress, cleanup);
    const app = run.kafka.url === undefined ? await clearOverHttp(run) : await clearFromKafka(run);
    const outcome = await examine(run, app.api, () => (performance.now() - started) / 1000);
    process.stdout.write(`${renderReport(outcome, options)}\n`);
    if (options.json === true) process.stdout.write(`${JSON.stringify(asJson(outcome))}\n`);
    if (options.keep === true) await keepOpen(run, app.process);
    return holds(outcome) ? ExitCode.ok : ExitCode.checkFailed;
  } catch (error) {
    // What breaks because we are stopping everything is no news; the signal's handler ends the process.
    if (cleanup.interrupted) return await new Promise<never>(() => undefined);
    throw error;
  } finally {
    await cleanup.run();
  }
}

async function prepare(options: DemoOptions, progress: Progress, cleanup: Cleanup): Promise<Run> {
  const report = (line: string): void => progress.step(line);
  const how = { progress: report, signal: cleanup.signal };
  const local = startChains(LOG_ORIGIN, progress, cleanup);
  local.catch(() => undefined);
  const resolving = [resolvePostgres(how), resolveKafka(how)];
  // A start that was aborted is waited for too: only then is it known what has to be stopped.
  for (const one of resolving) cleanup.add(async () => (await one.catch(() => undefined))?.stop());
  const tape = readTape();
  const [postgres, kafka] = await Promise.all(resolving);
  cleanup.signal.throwIfAborted();
  if (!postgres || !kafka) throw new Error('Two services were resolved.');
  printServices([postgres, kafka]);
  if (postgres.url === undefined) {
    throw new CliError(
      `there is no Postgres: ${postgres.reason ?? ''}`,
      ExitCode.unavailable,
      'set NOVATE_DATABASE_URL, or install what the reason names.',
    );
  }
  let databaseUrl = options.database;
  if (databaseUrl === undefined) {
    const database = await createDatabase(postgres.url);
    if (postgres.how === 'environment') cleanup.add(() => database.drop());
    databaseUrl = database.url;
  }
  const journal = await demoJournal(databaseUrl, cleanup);
  progress.step(`journal: ${journal.where}`);
  const keys = drawKeys();
  const chains = await local;
  const contracts = chains.flatMap((chain) => chain.contracts);
  const scenario = buildScenario(tape, options.trades, contracts);
  const port = await freePort();
  const count = new JournalCount(journal.place);
  const what = { journal, options, keys, scenario, postgres, kafka, databaseUrl, chains };
  return { ...what, progress, cleanup, port, count };
}

/** Co-signers sign what a checkpoint holds: the sooner there is one, the sooner a batch goes out. */
const CHECKPOINT_MS = '400';

interface Running {
  readonly process: AppProcess;
  readonly api: ClearingApi;
}

async function launch(run: Run, more: Record<string, string> = {}): Promise<Running> {
  const app = await startApp({
    NOVATE_DATABASE_URL: run.databaseUrl,
    NOVATE_HTTP_HOST: '127.0.0.1',
    NOVATE_HTTP_PORT: String(run.port),
    NOVATE_CHECKPOINT_MS: CHECKPOINT_MS,
    ...keyEnvironment(run.keys),
    ...run.journal.environment,
    ...more,
  });
  run.cleanup.add(() => app.stop());
  return { process: app, api: new ClearingApi(app.url, run.keys.operator, run.keys.risk) };
}

async function register({ scenario, progress }: Run, api: ClearingApi): Promise<void> {
  for (const group of sameKind(scenario.commands)) {
    for (let from = 0; from < group.length; from += AT_ONCE) {
      await Promise.all(group.slice(from, from + AT_ONCE).map((each) => api.command(each)));
    }
  }
  const { length } = scenario.commands;
  progress.step(
    `${length} commands: assets, venues, members, accounts, rails, scenario history, risk model`,
  );
}

/** Commands given at once: those of one kind do not rest on each other, those of the next kind may. */
const AT_ONCE = 16;

function sameKind(commands: readonly OperatorCommand[]): readonly (readonly OperatorCommand[])[] {
  const groups: OperatorCommand[][] = [];
  for (const command of commands) {
    const last = groups.at(-1);
    if (last?.[0]?.kind === command.kind) last.push(command);
    else groups.push([command]);
  }
  return groups;
}

/**
 * Before the first trade: the members' accounts are opened on chain, everybody's collateral is deposited there and credited by
 * the chains' watchers once it is final, and one member asks for some of it back.
 */
async function fund(run: Run, { api }: Running): Promise<DemoSettlement> {
  const { keys, chains, databaseUrl, postgres, progress, cleanup, count } = run;
  const settlement = await startSettlement({
    ...{ chains, keys, databaseUrl, progress, cleanup },
    clearingUrl: `http://127.0.0.1:${run.port}`,
    postgresUrl: postgres.url ?? '',
    outlives: postgres.how === 'environment',
  });
  const open = async (): Promise<boolean> =>
    (await Promise.all(chains.map((chain) => isOpen(chain)))).every(Boolean);
  const until = performance.now() + OPENING_MS;
  while (!(await open())) {
    if (performance.now() > until)
      throw new CliError(`no accounts on chain\n${settlement.service.log()}`, ExitCode.checkFailed);
    progress.status('opening settlement accounts on chain');
    await sleep(POLL_MS);
  }
  const made = await Promise.all(chains.map((chain) => depositAll(chain)));
  const all = made.reduce((sum, each) => sum + each, 0);
  const recorded = () => count.of('DepositRecorded');
  await count.until(
    () => recorded() >= all,
    () => `${recorded()} of ${all} deposits final and credited`,
    progress,
    settlement.service,
  );
  progress.step(`${places.length} settlement accounts open, ${all} deposits final and credited`);
  await withdrawOnce(api, keys);
  return settlement;
}

async function isOpen(chain: LocalChain): Promise<boolean> {
  const last = assets.map(({ asset }) => {
    const own = openingDeposits(chain.chainId).filter((each) => each.asset === asset);
    return allOpen(chain, asset, own.at(-1)!.index);
  });
  return (await Promise.all(last)).every(Boolean);
}

/** Resolves once every leg the cuts made is final on its chain, and recorded. */
async function untilSettled({ count, progress }: Run, { service }: DemoSettlement): Promise<void> {
  const due = () => count.of('SettlementLegDue');
  const final = () => count.of('SettlementLegFinalized');
  await count.until(
    () => final() >= due(),
    () => `${final()} of ${due()} batches final`,
    progress,
    service,
  );
  progress.step(`${final()} batches settled and final`);
}

/**
 * Everything is on the topics before anything is read. Reference data goes in over HTTP first, through an app
 * without Kafka, which is then stopped: the one that reads starts from the journal, as after any restart.
 */
async function clearFromKafka(run: Run): Promise<Running> {
  const { scenario, progress, kafka, options } = run;
  const topics = { brokers: kafka.url ?? '', prefix: `novate-demo-${randomUUID().slice(0, 8)}.` };
  if (kafka.how === 'environment') run.cleanup.add(() => removeTopics(topics));
  const messages = interleaved(scenario, options);
  const produced = publishToKafka(topics, messages, '', progress);
  const funded = launch(run).then(async (running) => {
    await register(run, running.api);
    const settlement = await fund(run, running);
    await running.process.stop();
    return settlement;
  });
  const [, settlement] = await Promise.all([produced, funded]);
  progress.step(`${messages.length} messages on the topics, nothing read yet`);
  const running = await launch(run, {
    NOVATE_KAFKA_BROKERS: topics.brokers,
    NOVATE_KAFKA_TOPIC_PREFIX: topics.prefix,
    NOVATE_KAFKA_GROUP: `${topics.prefix}clearing`,
  });
  progress.step('clearing app started, reading at full speed');
  await untilCleared(run.count, scenario.windows, running.process, progress);
  await untilSettled(run, settlement);
  await untilProjected(run.databaseUrl, running, true, progress);
  return running;
}

async function clearOverHttp(run: Run): Promise<Running> {
  const { scenario, progress, keys, kafka } = run;
  progress.step(`no Kafka (${kafka.reason ?? ''}): feeding the HTTP intake, window by window`);
  const running = await launch(run);
  await register(run, running.api);
  const settlement = await fund(run, running);
  await publishOverHttp(running.api, interleaved(scenario, run.options), keys.sources, progress);
  await untilCleared(run.count, scenario.windows, running.process, progress);
  await untilSettled(run, settlement);
  await untilProjected(run.databaseUrl, running, false, progress);
  return running;
}

/** What the venues say; deposits and the chains' ends of windows come from the chains themselves. */
function interleaved(scenario: Scenario, { shuffle }: DemoOptions): Scenario['messages'] {
  const messages = fromVenues(scenario.messages);
  return shuffle === undefined ? messages : shuffleStreams(messages, shuffle);
}

/** Asks the live house for its hashes, then proves them from the database alone. */
async function examine(run: Run, api: ClearingApi, seconds: () => number): Promise<Outcome> {
  const { databaseUrl, journal, progress, scenario, postgres, kafka, chains } = run;
  const live = await api.head();
  const facts = new Facts();
  const replayed = await withJournal(journal.place, (opened) =>
    replay(opened, live.size, (batch) => facts.observeBatch(batch)),
  );
  progress.step(`replayed ${replayed.events} events from position 0`);
  const margin = compareMargins(replayed.state, facts.lastWindowEnd);
  progress.step(`computed ${margin?.rows.length ?? 0} requirements again`);
  const settlement = await withJournal(journal.place, (opened) =>
    examineChains(chains, opened, replayed.state, progress),
  );
  const log = { journal: journal.place, database: databaseUrl };
  const verified = await verify(log);
  const ok = verified.ok && verified.hash === live.hash;
  const batches = verified.ok ? verified.batches : (verified.batch ?? 0);
  progress.step(
    verified.ok
      ? `verified the chain of ${batches} batches, ${verified.leaves} leaves, ${verified.checkpoints} signed checkpoints`
      : `FAILED at ${verified.place}: ${verified.reason}`,
  );
  const signed = await withLog(log, (_, proofs) => proofs.checkpoint());
  const checkpoint = {
    size: signed?.size ?? 0,
    root: signed?.root ?? '',
    note: signed?.note ?? '',
    verified: ok && verified.signedSize === live.size && signed?.root === verified.root,
  };
  return {
    input: { trades: scenario.trades, venues: venues.length, members: members.length },
    state: replayed.state,
    facts,
    ...(margin && { margin }),
    settlement,
    stateHash: live.stateHash,
    chainHash: live.hash,
    replayHash: replayed.stateHash,
    verify: { ok, batches },
    checkpoint,
    services: { postgres: postgres.how, kafka: kafka.how, journal: journal.where },
    seconds: seconds(),
  };
}

async function keepOpen(run: Run, app: AppProcess): Promise<void> {
  process.stderr.write(
    [
      '',
      'Everything is still running; Ctrl-C ends it.',
      `  export NOVATE_DATABASE_URL='${run.databaseUrl}'`,
      `  export NOVATE_PERSONAL_KEY='${run.keys.personal}'`,
      ...Object.entries(run.journal.environment).map(([name, to]) => `  export ${name}='${to}'`),
      ...run.chains.map(({ url }) => `  novate verify --chain ${url}`),
      `  curl -H 'Authorization: Bearer ${run.keys.operator}' ${app.url}/v1/members`,
      '',
    ].join('\n'),
  );
  await app.exited;
}
