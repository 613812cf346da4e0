import type { Batch, Journal } from '#events';
import { foldTail, nearestSnapshot, type SnapshotSource, stateHash } from '#ledger';
import { journalPlace, replay, type Replayed, withJournal } from '../journal.js';
import { withSnapshots } from '../snapshots.js';
import { ExitCode } from '../terminal/exit.js';
import { stderrProgress } from '../terminal/progress.js';
import { eventsBefore } from './points.js';

export interface ReplayOptions {
  readonly to?: string;
  readonly fromSnapshot?: boolean;
  readonly json?: boolean;
}

/** `novate replay`: the state hash at a point, computed from the events alone, or from a snapshot that holds and the rest. */
export async function runReplay(options: ReplayOptions): Promise<number> {
  if (options.fromSnapshot !== true) {
    return withJournal(journalPlace(), (journal) => show(journal, options, fromZero));
  }
  return withSnapshots(undefined, (source) =>
    show(source.journal, options, (_, to, onBatch) => fromSnapshot(source, to, onBatch)),
  );
}

type Replay = (
  journal: Journal,
  to: number,
  onBatch: (batch: Batch) => void,
) => Promise<Replayed & { readonly from: number }>;

const fromZero: Replay = async (...args) => ({ ...(await replay(...args)), from: 0 });

async function fromSnapshot(source: SnapshotSource, to: number, onBatch: (batch: Batch) => void) {
  const start = await nearestSnapshot(source, to);
  const { state, size, batches } = await foldTail(source.journal, start, { to, onBatch });
  return { state, stateHash: stateHash(state), events: size, batches, from: start.size };
}

async function show(journal: Journal, options: ReplayOptions, run: Replay): Promise<number> {
  const progress = stderrProgress();
  const started = performance.now();
  const { size } = await journal.head();
  const to = options.to === undefined ? size : await eventsBefore(journal, options.to);
  let read = 0;
  const result = await run(journal, to, ({ events }) => {
    read += events.length;
    progress.status(`${read} of ${to} events`);
  });
  const seconds = (performance.now() - started) / 1000;
  const { stateHash: hash, events, batches, from } = result;
  const begun = from === 0 ? '' : `, from a snapshot at ${from}`;
  progress.step(`${events} events in ${batches} batches folded${begun}`);
  const cycle = result.state.openWindow - 1;
  const shown = { position: events, batches, cycle, stateHash: hash, seconds };
  process.stdout.write(
    options.json === true
      ? `${JSON.stringify(from === 0 ? shown : { ...shown, fromSnapshot: from })}\n`
      : `state hash ${hash} after ${events} events (cycle ${cycle})\n`,
  );
  return ExitCode.ok;
}
