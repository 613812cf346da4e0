import type { Journal } from '#events';
import { parseTimestamp } from '../../../clearing/src/read/format.js';
import { CutNotFound, resolveCut, type Cut } from '../../../clearing/src/read/statement/cut.js';
import { CliError, ExitCode } from '../terminal/exit.js';

/** Fewer digits than any time in microseconds since 1971 has, more than a journal has events. */
const POSITION = /^\d{1,13}$/;

/** A point a user names: a number of events, or a time, which means the last cycle that had ended by then. */
export function parsePoint(text: string): Cut {
  if (POSITION.test(text)) return { position: Number(text) };
  const time = parseTimestamp(text);
  if (time !== undefined) return { time };
  throw new CliError(
    `"${text}" is neither a number of events nor a time`,
    ExitCode.usage,
    'write 25000, or 2024-08-09T00:00:00Z.',
  );
}

/** The number of events before a point; a usage error where the journal does not reach it. */
export async function eventsBefore(journal: Journal, text: string): Promise<number> {
  try {
    return await resolveCut(journal, parsePoint(text));
  } catch (error) {
    if (error instanceof CutNotFound) throw new CliError(error.message, ExitCode.usage);
    throw error;
  }
}
