import type { StreamTopic } from '#events';
import { topics } from '#ledger';
import type { Engine, EngineItem } from '../engine/index.js';
import { Alignment } from './alignment.js';
import type { HeldLimits, Placed } from './alignment.js';
import type { Log } from './kafka-client.js';
import type { MessageSource, SourceBatch, SourceHandler, SourceMessage } from './port.js';
import type { InputReader } from './reader.js';

export interface KafkaIntakeOptions {
  readonly engine: Engine;
  readonly source: MessageSource;
  readonly reader: InputReader;
  readonly held: HeldLimits;
  readonly log: Log;
  /** How it takes turns with the rest of the process. A simulation puts its own time here. */
  readonly pace?: Pace;
}

export interface Pace {
  /** Messages read and decided between two turns, so that HTTP and heartbeats get theirs. */
  readonly slice: number;
  /** Resolves when it is our turn again. */
  turn(): Promise<void>;
  /** Calls `run` again and again; the returned function ends that. */
  every(ms: number, run: () => void): () => void;
}

const realPace: Pace = {
  slice: 1_000,
  turn: () => new Promise(setImmediate),
  every(ms, run) {
    const timer = setInterval(run, ms);
    timer.unref();
    return () => clearInterval(timer);
  },
};

const streamOf = new Map<string, StreamTopic>(
  (Object.keys(topics) as StreamTopic[]).map((stream) => [topics[stream], stream]),
);

/** Commands waiting for the engine above which fetching pauses, and below which it goes on. */
const QUEUE_HIGH = 20_000;
const QUEUE_LOW = 5_000;
const HINT_EVERY_MS = 5_000;

/**
 * Kafka to engine: reads, aligns, submits, and answers the alignment with what the engine did.
 * Never blocks a fetch.
 */
export class KafkaIntake implements SourceHandler {
  private readonly alignment: Alignment<EngineItem>;
  private readonly touched = new Map<string, { topic: string; partition: number }>();
  private readonly lags = new Map<string, number>();
  private underWay = 0;
  private paused = false;
  private stopping = false;
  private readonly pace: Pace;
  private endHints: (() => void) | undefined;

  constructor(private readonly options: KafkaIntakeOptions) {
    const { engine } = options;
    this.pace = options.pace ?? realPace;
    this.alignment = new Alignment<EngineItem>(
      {
        readiness: (at) => engine.readiness(at),
        expectedSequence: (stream) => engine.expectedSequence(stream),
        openWindow: () => engine.state.openWindow,
        isDecided: (topic, partition, offset) =>
          engine.progress(topic, partition).isDecided(offset),
      },
      options.held,
    );
    engine.onBatch(() => this.moved());
  }

  /** For metrics: messages held for waiting streams, under way, and behind the newest offset. */
  get stats(): { readonly held: number; readonly underWay: number; readonly lag: number } {
    let lag = 0;
    for (const value of this.lags.values()) lag += value;
    return { held: this.alignment.heldMessages, underWay: this.underWay, lag };
  }

  async start(): Promise<void> {
    await this.options.source.start(this);
    this.endHints = this.pace.every(HINT_EVERY_MS, () => void this.hint());
  }

  /** Stops reading; what the engine has is its own to finish. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.endHints?.();
    await this.hint();
    await this.options.source.stop();
  }

  startOffset(topic: string, partition: number): number {
    this.alignment.sought(topic, partition);
    return this.options.engine.progress(topic, partition).next;
  }

  truncated(topic: string, partition: number, low: number): void {
    const { next } = this.options.engine.progress(topic, partition);
    const range = `${topic}/${partition} offsets ${next} to ${low - 1}`;
    this.options.log(
      `intake: the broker no longer has ${range}; missing sequences will show as gaps`,
    );
    this.options.engine.skip(topic, partition, next, low);
  }

  async batch(batch: SourceBatch, breathe: () => Promise<boolean>): Promise<void> {
    const stream = streamOf.get(batch.topic);
    if (!stream) return;
    const id = `${batch.topic}/${batch.partition}`;
    this.touched.set(id, batch);
    this.lags.set(id, Math.max(0, batch.highWatermark - batch.lastOffset - 1));
    const { slice } = this.pace;
    for (let from = 0; from < batch.messages.length; from += slice) {
      this.take(sliceOf(batch, from, slice), stream);
      if (from + slice >= batch.messages.length) return;
      await this.pace.turn();
      if (!(await breathe())) return;
    }
  }

  private take(batch: SourceBatch, stream: StreamTopic): void {
    const { engine } = this.options;
    const { submit, absent } = this.alignment.fetched(batch, (raw) =>
      this.read(raw, batch, stream),
    );
    for (const [from, to] of absent) engine.skip(batch.topic, batch.partition, from, to);
    this.submit(submit);
  }

  private read(raw: SourceMessage, { topic, partition }: SourceBatch, stream: StreamTopic) {
    const { offset, key, headers, value, timestamp } = raw;
    const channel = 'kafka' as const;
    // Literals without spreads, here and down to the ledger: every message passes.
    const message =
      key === undefined
        ? { channel, topic, partition, offset, headers, value }
        : { channel, topic, partition, offset, key, headers, value };
    const { command, at } = this.options.reader.fromKafka(message, stream, timestamp);
    const item = { command, mark: { topic, partition, offset } };
    // Parsed form and bookkeeping weigh about a KiB beside the value.
    const bytes = Math.min(value.byteLength, 65_536) + 1_024;
    return at ? { at, bytes, item } : { bytes, item };
  }

  private submit(messages: readonly Placed<EngineItem>[]): void {
    if (messages.length === 0) return;
    this.underWay += messages.length;
    const items = messages.map(({ item, showsGap }) => (showsGap ? { ...item, showsGap } : item));
    this.options.engine.submit(items).then(
      (outcomes) => {
        this.underWay -= messages.length;
        outcomes.forEach(({ waiting }, index) => {
          const message = messages[index];
          if (message) this.alignment.answered(message, waiting !== undefined);
        });
        this.moved();
      },
      // The engine ended: the process ends with it, and the journal says where to go on.
      () => undefined,
    );
    this.throttle();
  }

  /** The state moved: hands on what it made ready, and reads again what had to be let go. */
  private moved(): void {
    if (this.stopping) return;
    this.submit(this.alignment.release());
    for (const { topic, partition } of this.alignment.rewinds()) {
      this.alignment.sought(topic, partition);
      const { next } = this.options.engine.progress(topic, partition);
      this.options.source.seek(topic, partition, next);
    }
    this.throttle();
  }

  private throttle(): void {
    if (!this.paused && this.underWay > QUEUE_HIGH) {
      this.paused = true;
      this.options.source.pause();
    } else if (this.paused && this.underWay < QUEUE_LOW) {
      this.paused = false;
      this.options.source.resume();
    }
  }

  private async hint(): Promise<void> {
    const offsets = [...this.touched.values()].map(({ topic, partition }) => ({
      topic,
      partition,
      next: this.options.engine.progress(topic, partition).next,
    }));
    this.touched.clear();
    await this.options.source.hint(offsets);
  }
}

/** Part of a batch that is a batch itself: it begins where the part before ended. */
function sliceOf(batch: SourceBatch, from: number, slice: number): SourceBatch {
  const messages = batch.messages.slice(from, from + slice);
  const before = batch.messages[from - 1];
  const last = from + slice >= batch.messages.length ? undefined : messages.at(-1);
  return {
    ...batch,
    messages,
    fetchedOffset: before ? before.offset + 1 : batch.fetchedOffset,
    lastOffset: last ? last.offset : batch.lastOffset,
  };
}
