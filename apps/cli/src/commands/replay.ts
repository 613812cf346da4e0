import { journalPlace, replay, withJournal } from '../journal.js';
import { ExitCode } from '../terminal/exit.js';
import { stderrProgress } from '../terminal/progress.js';
import { eventsBefore } from './points.js';

/** `novate replay`: the state hash at a point, computed from the events alone. */
export async function runReplay(options: { to?: string; json?: boolean }): Promise<number> {
  const place = journalPlace();
  const progress = stderrProgress();
  const started = performance.now();
  return withJournal(place, async (journal) => {
    const { size } = await journal.head();
    const to = options.to === undefined ? size : await eventsBefore(journal, options.to);
    let read = 0;
    const result = await replay(journal, to, ({ events }) => {
      read += events.length;
      progress.status(`${read} of ${to} events`);
    });
    const seconds = (performance.now() - started) / 1000;
    const { stateHash, events, batches } = result;
    progress.step(`${events} events in ${batches} batches folded`);
    const cycle = result.state.openWindow - 1;
    process.stdout.write(
      options.json === true
        ? `${JSON.stringify({ position: events, batches, cycle, stateHash, seconds })}\n`
        : `state hash ${stateHash} after ${events} events (cycle ${cycle})\n`,
    );
    return ExitCode.ok;
  });
}
