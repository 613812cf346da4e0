import type { AnyRecordedEvent, Batch, Journal, Subscription } from '#events';
import type { CrashHook } from '../engine/index.js';
import type { Checkpoint } from './checkpoint.js';
import type { MessageSink, OutMessage } from './sink.js';

export interface PublisherOptions {
  readonly journal: Journal;
  readonly sink: MessageSink;
  readonly checkpoint: Checkpoint;
  /** The messages an event makes. */
  readonly messagesOf: (event: AnyRecordedEvent) => readonly OutMessage[];
  readonly log: (line: string) => void;
  /** The subscription broke: the journal is corrupt or gone. */
  readonly onBroken: (error: Error) => void;
  readonly crash?: CrashHook;
  /** Resolves after so many milliseconds. A simulation puts its own time here. */
  readonly pause?: (ms: number) => Promise<void>;
}

const MAX_SEND = 2_000;
const MAX_SEND_BYTES = 4 * 1024 * 1024;
const RETRY_MS = 1_000;
const STOP_MS = 3_000;

/**
 * Publishes a projection of the journal. The checkpoint moves after the broker has confirmed, so a
 * crash in between publishes again: at least once, never none. Receivers dedupe by `ce_id`.
 */
export class Publisher {
  private subscription: Subscription | undefined;
  private stopping = false;
  private done = 0;

  constructor(private readonly options: PublisherOptions) {}

  /** The next journal position it has not published. */
  get position(): number {
    return this.done;
  }

  async start(): Promise<void> {
    const { checkpoint, journal, sink } = this.options;
    await sink.start();
    this.done = await checkpoint.load();
    this.subscription = journal.subscribe(this.done, (batch) => this.publish(batch));
    this.subscription.done.catch((error: unknown) => {
      if (this.stopping) return;
      this.options.onBroken(error instanceof Error ? error : new Error(String(error)));
    });
  }

  async stop(): Promise<void> {
    this.stopping = true;
    // A broker that is gone must not keep us from ending: what is not confirmed is published at the
    // next start.
    await Promise.race([this.subscription?.stop(), this.pause(STOP_MS, false)]);
    await this.options.sink.stop();
  }

  private async publish(batch: Batch): Promise<void> {
    const { messagesOf, checkpoint, crash } = this.options;
    const next = batch.header.firstPosition + batch.header.count;
    const events = batch.events.filter(({ position }) => position >= this.done);
    for (const chunk of chunksOf(events.flatMap(messagesOf))) {
      if (!(await this.deliver(chunk))) return;
    }
    crash?.('after-publish');
    await checkpoint.save(next);
    this.done = next;
  }

  /**
   * Tries until the broker confirms; false when the process stops first, and the checkpoint stays.
   */
  private async deliver(messages: readonly OutMessage[]): Promise<boolean> {
    while (!this.stopping) {
      try {
        await this.options.sink.send(messages);
        return true;
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        this.options.log(
          `outputs: ${messages.length} messages not confirmed, trying again: ${reason}`,
        );
        await this.pause(RETRY_MS, true);
      }
    }
    return false;
  }

  private pause(ms: number, keepsAlive: boolean): Promise<void> {
    return (
      this.options.pause?.(ms) ??
      new Promise((resolve) => {
        const timer = setTimeout(resolve, ms);
        if (!keepsAlive) timer.unref();
      })
    );
  }
}

function* chunksOf(messages: readonly OutMessage[]): Iterable<readonly OutMessage[]> {
  let chunk: OutMessage[] = [];
  let bytes = 0;
  for (const message of messages) {
    chunk.push(message);
    bytes += message.value.length;
    if (chunk.length < MAX_SEND && bytes < MAX_SEND_BYTES) continue;
    yield chunk;
    chunk = [];
    bytes = 0;
  }
  if (chunk.length > 0) yield chunk;
}
