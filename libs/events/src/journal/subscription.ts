import type { Link } from './chain.js';
import { JournalUnavailable } from './errors.js';
import type { Batch, Subscription } from './journal.js';
import type { Range } from './reader.js';

/** What a subscription needs of an adapter. */
export interface Feed {
  /** Number of events in the journal now. */
  size(): Promise<number>;
  read(range: Range): AsyncIterable<Batch>;
  /** Counts the known changes. Taken before reading, so that what arrives meanwhile is not slept through. */
  changes(): number;
  /** Resolves when `changes()` is no longer `since`, or after a while, or when `signal` aborts. */
  wait(since: number, signal: AbortSignal): Promise<void>;
  /** Was it the server or the line, so that reading again may help? Resolves after a pause, longer every time. */
  recovers(error: unknown, attempt: number, signal: AbortSignal): Promise<boolean>;
}

type OnBatch = (batch: Batch) => Promise<void>;

/** The handler's own failure, told apart from failures to read. */
class HandlerFailed extends Error {
  constructor(readonly reason: unknown) {
    super('a subscriber failed');
  }
}

/**
 * Follows a feed from a position: catches up, says so, then goes on as batches arrive. One batch at a time.
 * @param signal ends it from outside, as when the journal closes
 */
export function follow(
  feed: Feed,
  from: number,
  onBatch: OnBatch,
  signal: AbortSignal,
): Subscription {
  const stop = new AbortController();
  const ended = AbortSignal.any([stop.signal, signal]);
  let caughtUp!: () => void;
  let failed!: (reason: unknown) => void;
  const atHead = new Promise<void>((resolve, reject) => {
    caughtUp = resolve;
    failed = reject;
  });
  const done = run(feed, from, onBatch, caughtUp, ended);
  done.then(() => failed(new JournalUnavailable('stopped before it caught up')), failed);
  // A caller may watch only one of the two promises.
  atHead.catch(() => undefined);
  done.catch(() => undefined);
  return {
    caughtUp: atHead,
    done,
    stop: async () => {
      stop.abort();
      await done.catch(() => undefined);
    },
  };
}

async function run(
  feed: Feed,
  from: number,
  onBatch: OnBatch,
  caughtUp: () => void,
  ended: AbortSignal,
): Promise<void> {
  let last: Link | undefined;
  let next = from;
  let goal: number | undefined;
  const pass = async (): Promise<void> => {
    goal ??= await feed.size();
    if (next >= goal) caughtUp();
    for await (const batch of feed.read({ from: next, after: last })) {
      if (ended.aborted) return;
      const { seq, firstPosition, count } = batch.header;
      await handle(onBatch, from > firstPosition ? tail(batch, from) : batch);
      last = { seq, firstPosition, count, hash: batch.hash };
      next = firstPosition + count;
      if (next >= goal) caughtUp();
    }
  };
  for (let attempt = 0; !ended.aborted;) {
    const seen = feed.changes();
    try {
      await pass();
      attempt = 0;
      await feed.wait(seen, ended);
    } catch (error) {
      if (error instanceof HandlerFailed) throw error.reason;
      if (ended.aborted) return;
      attempt += 1;
      if (!(await feed.recovers(error, attempt, ended))) throw error;
    }
  }
}

async function handle(onBatch: OnBatch, batch: Batch): Promise<void> {
  try {
    await onBatch(batch);
  } catch (reason) {
    throw new HandlerFailed(reason);
  }
}

/** A batch that began before the wanted position, without its first events. */
function tail(batch: Batch, from: number): Batch {
  const skip = from - batch.header.firstPosition;
  const { recorded, ...rest } = batch;
  const trimmed = { ...rest, events: batch.events.slice(skip) };
  return recorded ? { ...trimmed, recorded: recorded.slice(skip) } : trimmed;
}
