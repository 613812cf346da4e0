import { createHash } from 'node:crypto';
import fc from 'fast-check';
import type { AnyNewEvent, AnyRecordedEvent, Batch, Journal, JournalHead } from '#events';
import { history } from '../../../../../libs/ledger/src/testing/generate.js';
import { numbered } from '../../../../../libs/ledger/src/testing/driver.js';
import { planOf } from '../../../../../libs/ledger/src/testing/plan.js';
import { feed, journalled } from '../../../../../libs/ledger/src/testing/simulate.js';

/** The facts of a random history of the ledger's own test world: every kind of event, the same for the same seed. */
export function sampleEvents(days: number, seed: number): readonly AnyRecordedEvent[] {
  const [sample] = fc.sample(history(days), { seed, numRuns: 1 });
  return recorded(feed(numbered(planOf(sample!))).events);
}

export function recorded(events: readonly AnyNewEvent[]): readonly AnyRecordedEvent[] {
  return events.map((event, position) => {
    return { ...journalled(event), position, recordedAt: event.occurredAt } as AnyRecordedEvent;
  });
}

const EMPTY: JournalHead = { shard: 0, batches: 0, size: 0, epoch: 1, hash: '0'.repeat(64) };
const unused = () => Promise.reject(new Error('this journal is only read'));

/** A journal of given events in batches of `batchSize`; `more` appends to it. Only reading is implemented. */
export class ListJournal implements Journal {
  readonly batches: Batch[] = [];
  private current = EMPTY;
  private wake: (() => void)[] = [];

  constructor(events: readonly AnyRecordedEvent[], batchSize: number) {
    for (let at = 0; at < events.length; at += batchSize)
      this.more(events.slice(at, at + batchSize));
  }

  more(events: readonly AnyRecordedEvent[]): void {
    const { batches: seq, size, hash: prevHash } = this.current;
    // One hash per event, so that the head does not depend on where batches end.
    let hash = prevHash;
    for (const event of events) {
      hash = createHash('sha256').update(hash).update(JSON.stringify(event)).digest('hex');
    }
    const header = {
      ...{ shard: 0, seq, firstPosition: size, count: events.length, epoch: 1 },
      ...{ codec: 'none', recordedAt: 0, offsets: [] },
    };
    this.batches.push({ header, prevHash, hash, events });
    this.current = { ...this.current, batches: seq + 1, size: size + events.length, hash };
    for (const wake of this.wake.splice(0)) wake();
  }

  head = () => Promise.resolve(this.current);
  acquire = unused;
  append = unused;
  offsets = () => Promise.resolve([]);
  close = () => Promise.resolve();

  async *read(from: number): AsyncGenerator<Batch> {
    for (const batch of this.batches) {
      if (batch.header.firstPosition + batch.header.count > from)
        yield await Promise.resolve(batch);
    }
  }

  subscribe(from: number, onBatch: (batch: Batch) => Promise<void>) {
    const stopping = new AbortController();
    let caught = () => {};
    const caughtUp = new Promise<void>((resolve) => (caught = resolve));
    const follow = async () => {
      let next = 0;
      while (!stopping.signal.aborted) {
        const batch = this.batches[next];
        if (batch) {
          next += 1;
          if (batch.header.firstPosition >= from) await onBatch(batch);
        } else {
          caught();
          await new Promise<void>((resolve) => this.wake.push(resolve));
        }
      }
    };
    const done = follow();
    const stop = async () => {
      stopping.abort();
      for (const wake of this.wake.splice(0)) wake();
      await done;
    };
    return { caughtUp, done, stop };
  }
}
