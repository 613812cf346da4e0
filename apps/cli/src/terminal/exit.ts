/** What the exit code of `novate` means. */
export const ExitCode = {
  ok: 0,
  /** The command ran, and what it checked does not hold. */
  checkFailed: 1,
  /** Wrong arguments or missing configuration. */
  usage: 2,
  /** Postgres, Kafka or the clearing app cannot be reached. */
  unavailable: 3,
} as const;

/** An expected failure: one line of what is wrong, one of how to mend it, no stack. */
export class CliError extends Error {
  override readonly name = 'CliError';
  constructor(
    message: string,
    readonly exitCode: number,
    readonly fix?: string,
  ) {
    super(message);
  }
}

/** Postgres: undefined_table. */
const NO_SUCH_TABLE = '42P01';
const CONNECTION = /ECONNREFUSED|ECONNRESET|ENOTFOUND|ETIMEDOUT|EAI_AGAIN|ENOENT.*\.s\.PGSQL/;

/** Prints an error for people and returns its exit code. */
export function report(
  error: unknown,
  write: (text: string) => unknown = (text) => process.stderr.write(text),
): number {
  if (error instanceof CliError) {
    write(`novate: ${error.message}\n${error.fix === undefined ? '' : `  fix: ${error.fix}\n`}`);
    return error.exitCode;
  }
  if (error instanceof AggregateError && error.errors.length > 0)
    return report(error.errors[0], write);
  if (!(error instanceof Error)) {
    write(`novate: ${String(error)}\n`);
    return ExitCode.checkFailed;
  }
  if (CONNECTION.test(`${(error as NodeJS.ErrnoException).code ?? ''} ${error.message}`)) {
    write(`novate: ${error.message}\n  fix: start the service, or correct its address.\n`);
    return ExitCode.unavailable;
  }
  if ((error as NodeJS.ErrnoException).code === NO_SUCH_TABLE) {
    write(
      'novate: this database holds no journal\n  fix: name the database of a clearing house.\n',
    );
    return ExitCode.usage;
  }
  if (error.name === 'JournalCorrupt') {
    write(`novate: ${error.message}\n`);
    return ExitCode.checkFailed;
  }
  if (error.name === 'ReadModelBusy') {
    write(`novate: ${error.message}\n  fix: stop it, or wait for it, and run this again.\n`);
    return ExitCode.unavailable;
  }
  if (error.name === 'ServiceConfigError' || error.name === 'JournalUnavailable') {
    write(`novate: ${error.message}\n`);
    return ExitCode.unavailable;
  }
  write(`novate: ${error.stack ?? error.message}\n`);
  return ExitCode.checkFailed;
}
