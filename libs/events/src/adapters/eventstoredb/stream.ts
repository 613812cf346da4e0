import {
  ANY,
  BACKWARDS,
  END,
  type EventStoreDBClient,
  jsonEvent,
  type JSONEventType,
  NO_STREAM,
  type ResolvedEvent,
} from '@eventstore/db-client';
import { isMissing, NoAnswer } from './faults.js';
import type { NewRecord, ReadRecord } from './records.js';

type Json = JSONEventType<string, Record<string, unknown>, Record<string, unknown>>;

/** What the journal asks of one stream of EventStoreDB. Errors are the client's own. */
export class Stream {
  /**
   * @param patience milliseconds an append may go without an answer: the client itself waits for ever where the server
   * has the request and says nothing
   */
  constructor(
    readonly client: EventStoreDBClient,
    readonly name: string,
    private readonly patience: number,
  ) {}

  /**
   * Appends if `expected` is the stream's last revision, -1 for a stream that is not there; always, for `any`. Resolves
   * with the last one now.
   */
  async append(records: readonly NewRecord[], expected: number | 'any'): Promise<number> {
    const events = records.map(({ id, type, data, metadata }) =>
      jsonEvent<Json>({ id, type, data: { ...data }, metadata: { ...metadata } }),
    );
    const expectedRevision = expected === 'any' ? ANY : expected < 0 ? NO_STREAM : BigInt(expected);
    const answer = this.client.appendToStream<Json>(this.name, events, { expectedRevision });
    const { nextExpectedRevision } = await within(this.patience, answer);
    return Number(nextExpectedRevision);
  }

  /** The last record; none where there is no stream. */
  async last(): Promise<ReadRecord | undefined> {
    return this.first(
      this.client.readStream(this.name, { ...ONE, direction: BACKWARDS, fromRevision: END }),
    );
  }

  /** The record of a revision; none where there is none. */
  async at(revision: number): Promise<ReadRecord | undefined> {
    const read = this.client.readStream(this.name, { ...ONE, fromRevision: BigInt(revision) });
    const record = await this.first(read);
    return record?.revision === revision ? record : undefined;
  }

  private async first(read: AsyncIterable<ResolvedEvent>): Promise<ReadRecord | undefined> {
    let record: ReadRecord | undefined;
    try {
      // To its end, though it is one record: a read left open is a call left open.
      for await (const resolved of read) record = recordOf(resolved);
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
    return record;
  }

  /**
   * All records from a revision on, as long as they are asked for. In windows that are each read to their end: the client
   * cannot take back a read whose answers nobody takes, and closing it would wait for them.
   */
  async *from(revision: number): AsyncGenerator<ReadRecord> {
    let next = revision;
    for (let window = FIRST_WINDOW; ; window = Math.min(window * 2, MAX_WINDOW)) {
      const records = await this.window(next, window);
      yield* records;
      if (records.length < window) return;
      next += window;
    }
  }

  private async window(revision: number, maxCount: number): Promise<ReadRecord[]> {
    const fromRevision = BigInt(revision);
    const records: ReadRecord[] = [];
    try {
      for await (const resolved of this.client.readStream(this.name, { fromRevision, maxCount })) {
        const record = recordOf(resolved);
        if (record) records.push(record);
      }
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
    return records;
  }
}

const ONE = { maxCount: 1 } as const;
/** Records read at once: few for who wants a batch, many for who wants them all. */
const FIRST_WINDOW = 32;
const MAX_WINDOW = 4_096;

function recordOf({ event }: ResolvedEvent): ReadRecord | undefined {
  if (event === undefined) return undefined;
  const { revision, id, type, data, metadata } = event;
  return { revision: Number(revision), id, type, data, metadata };
}

async function within<T>(milliseconds: number, answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const said = `no answer within ${milliseconds} ms`;
    timer = setTimeout(() => reject(new NoAnswer(said)), milliseconds);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
