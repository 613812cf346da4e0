import type { AnyNewEvent, AnyRecordedEvent, Micros } from '#events';
import type { Command, Rejection } from '#ledger';

/**
 * The Kafka message a command was read from. Its partition's progress is committed with the
 * command's events.
 */
export interface Mark {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

export interface EngineItem {
  readonly command: Command;
  readonly mark?: Mark;
  /**
   * A Kafka message whose predecessor is nowhere to be found: if it still comes too early, its gap
   * is recorded. Without it a message that comes too early just waits.
   */
  readonly showsGap?: boolean;
}

/** What became of one command. Given only after its batch is durable. */
export interface Outcome {
  /** Events in order; the first has position `position`, the others follow without a gap. */
  readonly events: readonly AnyNewEvent[];
  readonly position: number;
  readonly recordedAt: Micros;
  readonly rejection?: Rejection;
  /**
   * Set for a Kafka message whose turn has not come: it was not decided and its offset stays open.
   */
  readonly waiting?: 'wait-window' | 'wait-gap';
}

/** The outcome's events as the journal holds them. */
export function recordedEvents(outcome: Outcome): readonly AnyRecordedEvent[] {
  const { position, recordedAt } = outcome;
  return outcome.events.map((event, index) => ({
    ...event,
    position: position + index,
    recordedAt,
  }));
}

/** One call of `submit`: its outcomes are delivered together, once the last of them is durable. */
export class Submission {
  readonly outcomes: Outcome[] = [];
  readonly done: Promise<Outcome[]>;
  private resolve!: (outcomes: Outcome[]) => void;
  private reject!: (error: Error) => void;
  /** Index of the next item to decide. */
  private cursor = 0;

  constructor(private readonly items: readonly EngineItem[]) {
    this.done = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    this.done.catch(() => undefined);
  }

  get left(): number {
    return this.items.length - this.cursor;
  }

  take(): EngineItem | undefined {
    const item = this.items[this.cursor];
    if (item) this.cursor += 1;
    return item;
  }

  finish(): void {
    this.resolve(this.outcomes);
  }

  fail(error: Error): void {
    this.reject(error);
  }
}
