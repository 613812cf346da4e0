import {
  exportedLeaves,
  forkOf,
  type LogVerification,
  parseVerifierKey,
  ProofRefused,
  storedLeaves,
  type VerifierKey,
  verifyExport,
} from '#events';
import {
  checkAnchors,
  exportedEvents,
  journalEvents,
  type RailAnchors,
  replayLegs,
} from '../chain/anchors.js';
import { logPlace, verify, withLog } from '../journal.js';
import { CliError, ExitCode } from '../terminal/exit.js';
import { stderrProgress } from '../terminal/progress.js';
import { linesOf } from './lines.js';

export interface VerifyOptions {
  /** An export to verify offline, instead of the database. */
  readonly log?: string;
  /** Another export the log has to agree with. */
  readonly against?: string;
  /** The log's first key, as its owner handed it over. */
  readonly key?: string;
  /** JSON-RPC addresses of chains whose settled batches the log has to account for. */
  readonly chain?: readonly string[];
  readonly json?: boolean;
}

/** `novate verify`: recomputes a log; fails naming the place that does not fit. */
export async function runVerify(options: VerifyOptions): Promise<number> {
  const started = performance.now();
  const key = options.key === undefined ? undefined : keyOf(options.key);
  const progress = stderrProgress();
  const first =
    options.log === undefined
      ? await verify(logPlace(), (events) => progress.status(`${events} events`), key)
      : await exported(options.log, key);
  const result = first.ok && options.against !== undefined ? await compared(first, options) : first;
  const rails = result.ok && options.chain !== undefined ? await chained(options) : undefined;
  const ok = result.ok && rails?.every(({ differences }) => differences.length === 0) !== false;
  const seconds = (performance.now() - started) / 1000;
  const text = result.ok ? summary(result) : `FAILED at ${result.place}: ${result.reason}`;
  process.stdout.write(
    options.json === true
      ? `${JSON.stringify({ ...result, ok, ...(rails && { rails }), seconds })}\n`
      : `${[text, ...(rails ?? []).map(railLine)].join('\n')}\n`,
  );
  return ok ? ExitCode.ok : ExitCode.checkFailed;
}

/** Replays the log offline and compares every batch its chains have settled. */
async function chained({ log, chain = [] }: VerifyOptions): Promise<RailAnchors[]> {
  const progress = stderrProgress();
  const watch = (events: number): void => progress.status(`${events} events replayed`);
  const legs =
    log === undefined
      ? await withLog(logPlace(), (journal) => replayLegs(journalEvents(journal), watch))
      : await replayLegs(exportedEvents(linesOf(log)), watch);
  const rails: RailAnchors[] = [];
  for (const url of chain) {
    try {
      rails.push(...(await checkAnchors(url, legs)));
    } catch (error) {
      const reason = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
      throw new CliError(
        `${url}: ${reason}`,
        ExitCode.unavailable,
        'give the address of a JSON-RPC node of a chain the log settles on.',
      );
    }
  }
  return rails;
}

function railLine({ rail, settled, final, anchoredRoot, differences }: RailAnchors): string {
  if (differences.length > 0) return `FAILED on ${rail}: ${differences.join('; ')}`;
  const root =
    anchoredRoot === undefined ? '' : `, state root ${anchoredRoot} anchored and replayed`;
  return `${rail}: ${settled} batches on chain, ${final} final in the log, each the one a replay makes${root}`;
}

function keyOf(text: string): VerifierKey {
  try {
    return parseVerifierKey(text);
  } catch (error) {
    if (!(error instanceof ProofRefused)) throw error;
    throw new CliError(
      `--key: ${error.message}`,
      ExitCode.usage,
      'give it as GET /v1/log/keys does: name+id+base64.',
    );
  }
}

const exported = (file: string, key?: VerifierKey): Promise<LogVerification> =>
  verifyExport(linesOf(file), linesOf(`${file}.proof`), key);

/** Holds the verified log against another export: one has to be the beginning of the other. */
async function compared(
  first: Extract<LogVerification, { ok: true }>,
  { log, against = '' }: VerifyOptions,
): Promise<LogVerification> {
  const other = await exported(against);
  if (!other.ok) return { ...other, place: `${against}: ${other.place}` };
  const theirs = exportedLeaves(linesOf(`${against}.proof`));
  const fork =
    log === undefined
      ? await withLog(logPlace(), async (_, proofs) =>
          forkOf(storedLeaves(proofs, await proofs.size()), theirs),
        )
      : await forkOf(exportedLeaves(linesOf(`${log}.proof`)), theirs);
  if (fork === undefined) return first;
  const reason = `the logs fork here: up to it they are one, from it on each has events of its own (${against})`;
  return { ok: false, place: `position ${fork}`, reason, position: fork };
}

function summary(log: Extract<LogVerification, { ok: true }>): string {
  const signed =
    log.checkpoints === 0
      ? 'no checkpoint was signed'
      : `${log.checkpoints} checkpoints hold, the last one of size ${log.signedSize}, key ${log.key ?? ''}`;
  return [
    `ok: ${log.batches} batches, ${log.events} events, chain hash ${log.hash}`,
    `${log.leaves} stored leaf hashes agree, root ${log.root}`,
    signed,
  ].join('\n');
}
