import { setTimeout as sleep } from 'node:timers/promises';
import type { AnyRecordedEvent, EventType } from '#events';
import type { JournalPlace } from '../../../clearing/src/journal.js';
import { withJournal } from '../journal.js';
import { CliError, ExitCode } from '../terminal/exit.js';
import type { Progress } from '../terminal/progress.js';
import type { ClearingApi } from './api.js';
import type { AppProcess } from './app-process.js';
import { projected } from './database.js';

const POLL_MS = 100;
const STALLED_MS = 60_000;

export interface Watched {
  readonly process: AppProcess;
  readonly api: ClearingApi;
}

/** Counts events of the journal as it grows, by type: what is waited for is read there, and the apps are left to work. */
export class JournalCount {
  private next = 0;
  private readonly counts = new Map<EventType, number>();

  constructor(private readonly place: JournalPlace) {}

  get size(): number {
    return this.next;
  }

  of(type: EventType): number {
    return this.counts.get(type) ?? 0;
  }

  /**
   * Resolves once the journal says what is waited for.
   * @param standing what to show meanwhile, and to say where nothing happens for a minute
   * @param app what has to work for it
   */
  async until(
    holds: () => boolean,
    standing: () => string,
    progress: Progress,
    app: AppProcess,
  ): Promise<void> {
    await withJournal(this.place, async (journal) => {
      let movedAt = performance.now();
      for (;;) {
        await alive(app);
        const before = this.next;
        // Reading begins a batch early: where nothing came, that batch would be read again and again.
        if ((await journal.head()).size > before) {
          for await (const { events } of journal.read(before)) this.take(events);
        }
        if (holds()) return;
        if (this.next > before) movedAt = performance.now();
        progress.status(standing());
        if (performance.now() - movedAt > STALLED_MS) {
          throw new CliError(`${standing()}, and no further\n${app.log()}`, ExitCode.checkFailed);
        }
        await sleep(POLL_MS);
      }
    });
  }

  private take(events: readonly AnyRecordedEvent[]): void {
    for (const { type, position } of events) {
      if (position < this.next) continue;
      this.counts.set(type, this.of(type) + 1);
      this.next = position + 1;
    }
  }
}

/** Resolves once the last window was cut. */
export async function untilCleared(
  count: JournalCount,
  windows: number,
  app: AppProcess,
  progress: Progress,
): Promise<void> {
  const cut = (): number => count.of('CycleCompleted');
  await count.until(
    () => cut() >= windows,
    () => `${count.size} events in the journal, ${cut()} of ${windows} windows cut`,
    progress,
    app,
  );
  progress.step(`${count.size} events, all ${windows} windows cut`);
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
    `${app.name} ended with code ${String(code)}\n${app.log().trim()}`,
    ExitCode.unavailable,
  );
}
