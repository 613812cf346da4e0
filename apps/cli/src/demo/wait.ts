import { setTimeout as sleep } from 'node:timers/promises';
import type { Journal } from '#events';
import type { JournalPlace } from '../../../clearing/src/journal.js';
import { withJournal } from '../journal.js';
import { CliError, ExitCode } from '../terminal/exit.js';
import type { Progress } from '../terminal/progress.js';
import type { ClearingApi, LiveHead } from './api.js';
import type { AppProcess } from './app-process.js';
import { projected } from './database.js';

const POLL_MS = 100;
/** The journal has to stand still this long before the app is asked where it stands: asking costs it time. */
const QUIET_MS = 300;
const STALLED_MS = 60_000;

export interface Watched {
  readonly process: AppProcess;
  readonly api: ClearingApi;
}

/** Resolves once the last window was cut. Watches the journal itself, so that the app is left to work. */
export function untilCleared(
  place: JournalPlace,
  windows: number,
  app: Watched,
  progress: Progress,
): Promise<LiveHead> {
  return withJournal(place, (journal) => watch(journal, windows, app, progress));
}

async function watch(
  journal: Journal,
  windows: number,
  app: Watched,
  progress: Progress,
): Promise<LiveHead> {
  let size = 0;
  let movedAt = performance.now();
  for (;;) {
    await alive(app.process);
    const head = await journal.head();
    const now = performance.now();
    if (head.size !== size) {
      size = head.size;
      movedAt = now;
      progress.status(`${size} events in the journal`);
    } else if (now - movedAt > QUIET_MS) {
      const live = await app.api.head();
      if (live.openWindow > windows) {
        progress.step(`${live.size} events, all ${windows} windows cut`);
        return live;
      }
      if (now - movedAt > STALLED_MS) throw stalled(app.process, live, windows);
      await sleep(QUIET_MS);
    }
    await sleep(POLL_MS);
  }
}

/** Resolves once every event is in the read model, under a signed checkpoint and, with Kafka, its ack on the topic. */
export async function untilProjected(
  url: string,
  app: Watched,
  acksToo: boolean,
  progress: Progress,
): Promise<void> {
  const { size } = await app.api.head();
  const until = performance.now() + STALLED_MS;
  for (;;) {
    await alive(app.process);
    const { readModel, acks, signed } = await projected(url);
    if (readModel >= size && signed >= size && (!acksToo || acks >= size)) break;
    const standing = `read model at ${readModel}, acks at ${acks}, signed ${signed} of ${size} events`;
    progress.status(standing);
    if (performance.now() > until) {
      throw new CliError(`${standing}, and no further\n${app.process.log()}`, ExitCode.checkFailed);
    }
    await sleep(POLL_MS);
  }
  progress.step(`read model,${acksToo ? ' acks' : ''} and signed checkpoint caught up`);
}

async function alive(app: AppProcess): Promise<void> {
  const ended = Symbol('running');
  const code = await Promise.race([app.exited, Promise.resolve(ended)]);
  if (code === ended) return;
  throw new CliError(
    `the clearing app ended with code ${String(code)}\n${app.log().trim()}`,
    ExitCode.unavailable,
  );
}

function stalled(app: AppProcess, live: LiveHead, windows: number): CliError {
  return new CliError(
    `nothing happened for ${STALLED_MS / 1000} s in window ${live.openWindow} of ${windows}\n${app.log().trim()}`,
    ExitCode.checkFailed,
  );
}
