import { JournalCorrupt, JournalUnavailable } from '../../journal/errors.js';

const UNIQUE_VIOLATION = '23505';
const UNDEFINED_TABLE = '42P01';
const INVALID_SCHEMA = '3F000';
/** What a connection gets whose start-up option names a role that does not exist. */
const INVALID_PARAMETER = '22023';

function sqlState(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

/**
 * Did the connection break while the server may have gone on? Errors the server reports carry an SQLSTATE; of those
 * only class 08 (connection) and 57P (shutdown) leave the outcome open.
 */
export function isLost(error: unknown): boolean {
  if (error instanceof JournalUnavailable) return false;
  const state = sqlState(error);
  return state === undefined || state.startsWith('08') || state.startsWith('57P');
}

/** Is the server away, starting, stopping or full, so that asking again later may help? */
export function isTransient(error: unknown): boolean {
  if (error instanceof JournalCorrupt || error instanceof TypeError) return false;
  if (error instanceof JournalUnavailable) return error.cause !== undefined && isLost(error.cause);
  return isLost(error) || (sqlState(error)?.startsWith('53') ?? false);
}

/** The error of a query in the journal's own words, with what to do about it. */
export function explain(error: unknown): unknown {
  const state = sqlState(error);
  if (state === UNDEFINED_TABLE || state === INVALID_SCHEMA || state === INVALID_PARAMETER) {
    return new JournalUnavailable('the database holds no journal: run migrateJournal(url) first', {
      cause: error,
    });
  }
  if (!isLost(error) || error instanceof JournalUnavailable) return error;
  return new JournalUnavailable('the database of the journal cannot be reached', { cause: error });
}

/** A segment stands where the head says there is none: somebody wrote past the journal. */
export function isOccupied(error: unknown): boolean {
  return sqlState(error) === UNIQUE_VIOLATION;
}
