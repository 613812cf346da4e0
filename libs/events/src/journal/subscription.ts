import type { Batch, Subscription } from './journal.js';

/** What a subscription needs of an adapter. */
export interface Feed {
  read(from: number): AsyncIterable<Batch>;
  /** Resolves when there may be more, or after a while, or when `signal` aborts. */
  wait(signal: AbortSignal): Promise<void>;
}

/** Follows a feed from a position: catches up, says so, then goes on as batches arrive. One batch at a time. */
export function follow(
  feed: Feed,
  from: number,
  onBatch: (batch: Batch) => Promise<void>,
): Subscription {
  const stop = new AbortController();
  let caughtUp!: () => void;
  let failed!: (reason: unknown) => void;
  const atHead = new Promise<void>((resolve, reject) => {
    caughtUp = resolve;
    failed = reject;
  });
  const run = async (): Promise<void> => {
    let next = from;
    while (!stop.signal.aborted) {
      const before = next;
      for await (const batch of feed.read(next)) {
        if (stop.signal.aborted) return;
        await onBatch(from > batch.header.firstPosition ? tail(batch, from) : batch);
        next = batch.header.firstPosition + batch.header.count;
      }
      if (next !== before) continue;
      caughtUp();
      await feed.wait(stop.signal);
    }
  };
  const done = run();
  done.then(caughtUp, failed);
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

/** A batch that began before the wanted position, without its first events. */
function tail(batch: Batch, from: number): Batch {
  return { ...batch, events: batch.events.filter((event) => event.position >= from) };
}
