import type { Batch, Journal, LogVerification, ProofStore, VerifierKey } from '#events';
import { memoryProofs, postgresProofs, verifyLog } from '#events';
import { evolve, initialState, stateHash, type HouseState } from '#ledger';
import { journalProblems, openJournal, type JournalPlace } from '../../clearing/src/journal.js';
import { CliError, ExitCode } from './terminal/exit.js';

/** The database that holds the journal; a one-line error with its fix where it is not named. */
export function databaseUrl(env: NodeJS.ProcessEnv = process.env): string {
  const url = env['NOVATE_DATABASE_URL'];
  if (url !== undefined && url !== '') return url;
  throw new CliError(
    'NOVATE_DATABASE_URL is not set, so there is no journal to read',
    ExitCode.usage,
    'export NOVATE_DATABASE_URL=postgres://user:password@host:5432/database',
  );
}

/** The journal the environment names: of a database, or with NOVATE_JOURNAL=eventstoredb on EventStoreDB. */
export function journalPlace(env: NodeJS.ProcessEnv = process.env): JournalPlace {
  const kind = env['NOVATE_JOURNAL']?.trim() || 'postgres';
  if (kind === 'postgres') return databaseUrl(env);
  if (kind !== 'eventstoredb') {
    throw new CliError(
      `there is no journal "${kind}"`,
      ExitCode.usage,
      'use postgres, eventstoredb.',
    );
  }
  const [problem] = journalProblems(env);
  if (problem !== undefined) throw new CliError(problem, ExitCode.usage);
  const eventStore = env['EVENTSTOREDB_URL']?.trim();
  if (!eventStore) {
    throw new CliError(
      'EVENTSTOREDB_URL is not set, so there is no journal to read',
      ExitCode.usage,
      'export EVENTSTOREDB_URL=esdb://user:password@host:2113, or unset NOVATE_JOURNAL.',
    );
  }
  return { eventStore, prefix: env['NOVATE_EVENTSTOREDB_PREFIX']?.trim() || 'novate' };
}

/** Opens a journal, closes it after `use`. */
export async function withJournal<T>(
  place: JournalPlace,
  use: (journal: Journal) => Promise<T>,
): Promise<T> {
  const opened = await openJournal(place);
  try {
    return await use(opened.journal);
  } finally {
    await opened.close();
  }
}

export interface Replayed {
  readonly state: HouseState;
  readonly stateHash: string;
  /** Events folded = the position reached. */
  readonly events: number;
  readonly batches: number;
}

/** Folds the journal from position 0 up to (not including) `to`, in this process, with `#ledger` alone. */
export async function replay(
  journal: Journal,
  to: number,
  onBatch: (batch: Batch) => void = () => undefined,
): Promise<Replayed> {
  const state = initialState();
  let events = 0;
  let batches = 0;
  for await (const batch of journal.read(0, to)) {
    for (const event of batch.events) {
      if (event.position >= to) break;
      evolve(state, event);
      events += 1;
    }
    batches += 1;
    onBatch(batch);
  }
  return { state, stateHash: stateHash(state), events, batches };
}

/** A journal, and the database of what was proved of it: there too where the journal itself is elsewhere. */
export interface LogPlace {
  readonly journal: JournalPlace;
  readonly database?: string;
}

/** The log the environment names. */
export function logPlace(env: NodeJS.ProcessEnv = process.env): LogPlace {
  const journal = journalPlace(env);
  const database = env['NOVATE_DATABASE_URL'];
  return database ? { journal, database } : { journal };
}

/** Opens a journal and what was proved of it, closes both after `use`. */
export function withLog<T>(
  { journal: place, database }: LogPlace,
  use: (journal: Journal, proofs: ProofStore) => Promise<T>,
): Promise<T> {
  return withJournal(place, async (journal) => {
    if (database === undefined) return use(journal, memoryProofs());
    const proofs = postgresProofs({ url: database });
    try {
      return await use(journal, (await isThere(proofs)) ? proofs : memoryProofs());
    } finally {
      await proofs.close();
    }
  });
}

/** A journal of before there were proofs has no tables for them: nothing was proved of it. */
async function isThere(proofs: ProofStore): Promise<boolean> {
  try {
    await proofs.size();
    return true;
  } catch (error) {
    const cause =
      error instanceof Error ? (error.cause as { code?: unknown } | undefined) : undefined;
    if (cause?.code === '42P01') return false;
    throw error;
  }
}

/** Recomputes everything: chain, leaf hashes, roots, signatures. */
export function verify(
  place: LogPlace,
  onProgress: (events: number) => void = () => undefined,
  key?: VerifierKey,
): Promise<LogVerification> {
  return withLog(place, (journal, proofs) => verifyLog(journal, proofs, { key, onProgress }));
}
