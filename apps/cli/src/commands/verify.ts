import { journalPlace, verify } from '../journal.js';
import { ExitCode } from '../terminal/exit.js';
import { stderrProgress } from '../terminal/progress.js';

/** `novate verify`: recomputes the chain; fails naming the first batch that does not fit. */
export async function runVerify(options: { json?: boolean }): Promise<number> {
  const started = performance.now();
  const progress = stderrProgress();
  const result = await verify(journalPlace(), (events) => progress.status(`${events} events`));
  const seconds = (performance.now() - started) / 1000;
  const text = result.ok
    ? `ok: ${result.batches} batches, ${result.events} events, chain hash ${result.hash}`
    : `FAILED at batch ${result.batch}: ${result.reason}`;
  process.stdout.write(
    options.json === true ? `${JSON.stringify({ ...result, seconds })}\n` : `${text}\n`,
  );
  return result.ok ? ExitCode.ok : ExitCode.checkFailed;
}
