import { EVENT_NAMESPACE, type ProofStore, type SignedCheckpoint, uuidV5 } from '#events';
import { CHECKPOINTS_TOPIC } from '../intake/kafka-topics.js';
import type { Checkpoint, MessageSink, OutMessage } from '../outputs/index.js';

/** A signed checkpoint as a message: its value is the note, byte for byte. */
export function checkpointMessage({ origin, size, note }: SignedCheckpoint): OutMessage {
  return {
    topic: CHECKPOINTS_TOPIC,
    key: origin,
    headers: {
      ce_specversion: '1.0',
      ce_id: uuidV5(EVENT_NAMESPACE, `checkpoint|${origin}|${size}`),
      ce_source: 'novate',
      ce_type: 'novate.checkpoint.v1',
      ce_subject: origin,
      'content-type': 'text/plain; charset=utf-8',
    },
    value: note,
  };
}

const AT_ONCE = 200;
const RETRY_MS = 1_000;

/** Publishes stored checkpoints in order of size: at least once, none left out. */
export class CheckpointPublisher {
  private done = 0;
  private wanted = false;
  private running: Promise<void> | undefined;
  private stopping = false;

  constructor(
    private readonly store: Pick<ProofStore, 'checkpoints'>,
    private readonly sink: MessageSink,
    private readonly progress: Checkpoint,
    private readonly log: (line: string) => void,
  ) {}

  async start(): Promise<void> {
    await this.sink.start();
    this.done = await this.progress.load();
    this.wake();
  }

  /** There may be more. */
  wake(): void {
    this.wanted = true;
    this.running ??= this.run().finally(() => (this.running = undefined));
  }

  /** Publishes what is stored by now, where the broker takes it, and ends. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.wake();
    await this.running;
    await this.sink.stop();
  }

  private async run(): Promise<void> {
    while (this.wanted) {
      this.wanted = false;
      try {
        while (await this.publishSome());
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        this.log(
          `checkpoints: not published, ${this.stopping ? 'at the next start' : 'trying again'}: ${reason}`,
        );
        if (this.stopping) return;
        this.wanted = true;
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  private async publishSome(): Promise<boolean> {
    const some = await this.store.checkpoints(this.done + 1, AT_ONCE);
    const last = some.at(-1);
    if (last === undefined) return false;
    await this.sink.send(some.map(checkpointMessage));
    await this.progress.save(last.size);
    this.done = last.size;
    return some.length === AT_ONCE;
  }
}
