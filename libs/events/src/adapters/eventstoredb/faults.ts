import {
  AccessDeniedError,
  CancelledError,
  DeadlineExceededError,
  isCommandError,
  NotLeaderError,
  StreamDeletedError,
  StreamNotFoundError,
  TimeoutError,
  UnavailableError,
  UnknownError,
  WrongExpectedVersionError,
} from '@eventstore/db-client';
import { JournalCorrupt, JournalUnavailable } from '../../journal/errors.js';

/** No answer came in time. The server may be at it still. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
}

/** The stream has another revision than expected, and nothing was written. */
export function isConflict(error: unknown): boolean {
  return error instanceof WrongExpectedVersionError;
}

export function isMissing(error: unknown): boolean {
  return error instanceof StreamNotFoundError;
}

/** The node is no leader: nothing was written, and the client has turned to the leader it was told of. */
export function isElsewhere(error: unknown): boolean {
  return error instanceof NotLeaderError;
}

/**
 * Did the line break, or the server stop or run out of time, so that an append may have been written or not? UnknownError
 * is what the client makes of a reset connection, among others.
 */
export function isLost(error: unknown): boolean {
  return [
    UnavailableError,
    DeadlineExceededError,
    TimeoutError,
    CancelledError,
    UnknownError,
    NoAnswer,
  ].some((kind) => error instanceof kind);
}

/** May reading again later help? */
export function isTransient(error: unknown): boolean {
  if (error instanceof JournalCorrupt) return false;
  if (error instanceof JournalUnavailable)
    return error.cause !== undefined && isTransient(error.cause);
  return isLost(error) || isElsewhere(error);
}

/** An error of the client in the journal's own words, with what to do about it. */
export function explain(error: unknown, stream: string): unknown {
  if (error instanceof StreamDeletedError)
    return new JournalCorrupt(0, `stream ${stream} was deleted`);
  if (error instanceof AccessDeniedError) {
    const fix =
      'give EVENTSTOREDB_URL a user who may read and write it: esdb://user:password@host:2113';
    return new JournalUnavailable(`EventStoreDB refuses access to stream ${stream}: ${fix}`, {
      cause: error,
    });
  }
  if (isTransient(error) && !(error instanceof JournalUnavailable)) {
    const fix = 'check that the server of EVENTSTOREDB_URL runs, and its tls setting';
    return new JournalUnavailable(`EventStoreDB cannot be reached: ${fix}`, { cause: error });
  }
  if (error instanceof Error && isCommandError(error)) {
    return new JournalUnavailable(`EventStoreDB refuses: ${error.message}`);
  }
  return error;
}
