import type { Batch, Journal, LogVerification, ProofStore, VerifierKey } from '#events';
import { memoryProofs, postgresJournal, postgresProofs, verifyLog } from '#events';
import { evolve, initialState, stateHash, type HouseState } from '#ledger';
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

/** Opens the journal of a database, closes it after `use`. */
export async function withJournal<T>(
  url: string,
  use: (journal: Journal) => Promise<T>,
): Promise<T> {
  const journal = postgresJournal({ url });
  try {
    return await use(journal);
  } finally {
    await journal.close();
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

/** Opens a journal and what was proved of it, closes both after `use`. */
export function withLog<T>(
  url: string,
  use: (journal: Journal, proofs: ProofStore) => Promise<T>,
): Promise<T> {
  return withJournal(url, async (journal) => {
    const proofs = postgresProofs({ url });
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

/** Recomputes everything over a database: chain, leaf hashes, roots, signatures. */
export function verify(
  url: string,
  onProgress: (events: number) => void = () => undefined,
  key?: VerifierKey,
): Promise<LogVerification> {
  return withLog(url, (journal, proofs) => verifyLog(journal, proofs, { key, onProgress }));
}
