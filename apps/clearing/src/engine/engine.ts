import { GENESIS } from '#events';
import type { AnyNewEvent, Journal, JournalHead, Micros, StreamId, StreamPosition } from '#events';
import * as ledger from '#ledger';
import type { Assess, Command, Decision, Folded, HouseState } from '#ledger';
import type { CrashHook } from './crash-point.js';
import { Submission } from './queue.js';
import type { EngineItem, Mark, Outcome } from './queue.js';
import { AllProgress, type Progress } from './progress.js';

/** The part of `#ledger` the engine drives; tests may put another machine here. */
export type Machine = Pick<
  typeof ledger,
  'initialState' | 'step' | 'evolve' | 'readiness' | 'expectedSequence' | 'stateHash'
> & { assertConservation(state: HouseState): void };

export interface EngineOptions {
  readonly journal: Journal;
  /** Wall clock in microseconds; enters events as `recordedAt` only. */
  readonly now: () => Micros;
  /** Name of this writer, for the journal's record of who holds the epoch. */
  readonly writer: string;
  /** Where to begin instead of position 0: a state and the end of the journal it was folded from, already verified. */
  readonly start?: () => Promise<Folded>;
  /** Called every 100,000 replayed events and at the end. */
  readonly onReplay?: (events: number, of: number) => void;
  /** Called once when the engine can no longer go on: the process has to end. */
  readonly onFatal?: (error: Error) => void;
  readonly crash?: CrashHook;
  readonly machine?: Machine;
  /** Events after which a batch is closed, 10,000 by default. */
  readonly maxBatchEvents?: number;
  /**
   * Makes the requirements of every cut. A pure function of the state: its facts are recorded with the cycle they belong to,
   * and a replay takes them from the journal.
   */
  readonly assess?: Assess;
}

/** One durable batch, for metrics and for those who wait for the state to move. */
export interface BatchReport {
  readonly head: JournalHead;
  readonly commands: number;
  readonly events: number;
  readonly appendMs: number;
}

/** Events, and bytes of recorded evidence, after which a batch is closed. */
const MAX_BATCH_EVENTS = 10_000;
const MAX_BATCH_EVIDENCE = 16 * 1024 * 1024;

interface OpenBatch {
  readonly events: AnyNewEvent[];
  readonly outcomes: Decided[];
  readonly finished: Submission[];
  /** Bytes of rejected messages kept as evidence: all other events are small. */
  evidence: number;
}
/** An outcome before its batch was closed and got its time. */
type Decided = Omit<Outcome, 'recordedAt'> & { recordedAt: Micros };

const emptyBatch = (): OpenBatch => ({
  events: [],
  outcomes: [],
  finished: [],
  evidence: 0,
});

function withoutPlace(command: Extract<Command, { kind: 'unreadable' }>): Command {
  const { at: _, ...rest } = command;
  return rest;
}

/**
 * The single writer. Commands are decided in memory in order of arrival; whatever arrives while one
 * batch commits forms the next. The state runs ahead of the journal by the batch under way, so a
 * failed append ends the engine: everything pending is refused and the process has to start again
 * from the journal.
 */
export class Engine {
  private readonly queue: Submission[] = [];
  private open = emptyBatch();
  private readonly dirty = new Map<Progress, Mark>();
  private readonly listeners: ((report: BatchReport) => void)[] = [];
  private inflight: Promise<void> | undefined;
  private committing: OpenBatch | undefined;
  private failure: Error | undefined;
  private closing = false;
  private size: number;

  private constructor(
    private readonly options: EngineOptions,
    private readonly machine: Machine,
    readonly state: HouseState,
    private currentHead: JournalHead,
    private readonly allProgress: AllProgress,
  ) {
    this.size = currentHead.size;
  }

  /** Takes the writer's role and rebuilds the state from the journal. */
  static async open(options: EngineOptions): Promise<Engine> {
    const machine: Machine = options.machine ?? ledger;
    const head = await options.journal.acquire(options.writer);
    const start = await options.start?.();
    const state = start?.state ?? machine.initialState();
    let replayed = start?.size ?? 0;
    let hash = start?.hash ?? GENESIS;
    for await (const batch of options.journal.read(replayed)) {
      if (batch.prevHash !== hash || batch.header.firstPosition !== replayed) {
        throw new Error(`batch ${batch.header.seq} does not continue the state it is folded into`);
      }
      hash = batch.hash;
      for (const event of batch.events) {
        machine.evolve(state, event);
        replayed += 1;
        if (replayed % 100_000 === 0) options.onReplay?.(replayed, head.size);
      }
    }
    if (replayed !== head.size || hash !== head.hash) {
      throw new Error(`the journal gave ${replayed} events, its head counts ${head.size}`);
    }
    options.onReplay?.(replayed, head.size);
    machine.assertConservation(state);
    const progress = AllProgress.from(await options.journal.offsets());
    return new Engine(options, machine, state, head, progress);
  }

  /** Head of the journal after the last durable batch. */
  get head(): JournalHead {
    return this.currentHead;
  }

  /** Why the engine ended, undefined while it runs. */
  get failed(): Error | undefined {
    return this.failure;
  }

  /** Commands accepted but not yet decided. */
  get queued(): number {
    let left = 0;
    for (const submission of this.queue) left += submission.left;
    return left;
  }

  stateHash(): string {
    return this.machine.stateHash(this.state);
  }

  readiness(at: StreamPosition): ledger.Readiness {
    return this.machine.readiness(this.state, at);
  }

  expectedSequence(stream: StreamId): number {
    return this.machine.expectedSequence(this.state, stream);
  }

  /** Progress of a Kafka partition, as decided (the journal follows with the batch under way). */
  progress(topic: string, partition: number): Progress {
    return this.allProgress.of(topic, partition);
  }

  /** Counts offsets that hold no message as decided; they ride with the next batch. */
  skip(topic: string, partition: number, from: number, to: number): void {
    const progress = this.progress(topic, partition);
    progress.decideRange(from, to);
    this.dirty.set(progress, { topic, partition, offset: to - 1 });
  }

  /** Called after every durable batch, once its submitters were answered. */
  onBatch(listener: (report: BatchReport) => void): void {
    this.listeners.push(listener);
  }

  /**
   * Decides commands in order. Resolves when all of them are durable; rejects when the engine
   * ended.
   */
  submit(items: readonly EngineItem[]): Promise<Outcome[]> {
    if (this.failure) return Promise.reject(this.failure);
    if (this.closing) return Promise.reject(new Error('the engine is closing'));
    if (items.length === 0) return Promise.resolve([]);
    const submission = new Submission(items);
    this.queue.push(submission);
    this.pump();
    return submission.done;
  }

  /** Resolves when the state in memory is the state of the journal: everything accepted is durable. */
  async idle(): Promise<void> {
    while (this.inflight && !this.failure) await this.inflight;
    if (this.failure) throw this.failure;
  }

  /** Refuses new commands and waits until everything accepted is durable. */
  async close(): Promise<void> {
    this.closing = true;
    while (this.inflight && !this.failure) await this.inflight;
  }

  private pump(): void {
    if (this.failure) return;
    try {
      this.decideQueued();
      if (this.inflight || this.open.outcomes.length === 0) return;
      this.seal();
      this.decideQueued();
    } catch (error) {
      this.end(error);
    }
  }

  /** Decides what is queued into the open batch, also while the batch before it commits. */
  private decideQueued(): void {
    for (let first = this.queue[0]; first; first = this.queue[0]) {
      for (let item = first.take(); item; item = first.take()) {
        const outcome = this.decide(item);
        first.outcomes.push(outcome);
        this.open.outcomes.push(outcome);
        if (this.isFull()) break;
      }
      if (first.left > 0) return;
      this.open.finished.push(first);
      this.queue.shift();
      if (this.isFull()) return;
    }
  }

  private isFull(): boolean {
    const { events, evidence } = this.open;
    const most = this.options.maxBatchEvents ?? MAX_BATCH_EVENTS;
    return events.length >= most || evidence >= MAX_BATCH_EVIDENCE;
  }

  private decide({ command, mark, showsGap }: EngineItem): Decided {
    const position = this.size + this.open.events.length;
    const waits = this.waits(command);
    // The ledger records each gap once, and consumes nothing.
    const gap = showsGap === true && waits === 'wait-gap' && command.kind === 'input';
    if (mark && waits && !gap) {
      return { events: [], position, recordedAt: 0, waiting: waits };
    }
    // Over HTTP nobody waits: what cannot be read is recorded without the sequence it came too
    // early for.
    const taken = command.kind === 'unreadable' && waits ? withoutPlace(command) : command;
    const { events, rejection }: Decision = this.machine.step(
      this.state,
      taken,
      this.options.assess,
    );
    for (const event of events) {
      this.open.events.push(event);
      if (event.type === 'InputRejected') this.open.evidence += event.data.source.value.length;
    }
    if (mark && waits) return { events, position, recordedAt: 0, waiting: waits };
    if (mark) this.settle(mark);
    return rejection
      ? { events, position, recordedAt: 0, rejection }
      : { events, position, recordedAt: 0 };
  }

  /** Why an input's turn has not come, undefined when it has. */
  private waits(command: Command): 'wait-gap' | 'wait-window' | undefined {
    if (command.kind !== 'input' && command.kind !== 'unreadable') return undefined;
    if (!command.at) return undefined;
    const readiness = this.machine.readiness(this.state, command.at);
    return readiness === 'ready' || readiness === 'old' ? undefined : readiness;
  }

  private settle(mark: Mark): void {
    const progress = this.progress(mark.topic, mark.partition);
    progress.decide(mark.offset);
    this.dirty.set(progress, mark);
  }

  /**
   * Closes the open batch and appends it. The state it leaves was checked before a byte is written.
   */
  private seal(): void {
    const batch = this.open;
    this.open = emptyBatch();
    if (batch.events.length === 0) {
      for (const submission of batch.finished) submission.finish();
      return;
    }
    this.committing = batch;
    this.machine.assertConservation(this.state);
    const offsets = [...this.dirty].map(([progress, { topic, partition }]) =>
      progress.toStored(topic, partition),
    );
    this.dirty.clear();
    this.size += batch.events.length;
    const recordedAt = this.options.now();
    for (const outcome of batch.outcomes) outcome.recordedAt = recordedAt;
    const started = performance.now();
    this.options.crash?.('before-append');
    this.inflight = this.options.journal
      .append({ expected: this.currentHead, events: batch.events, recordedAt, offsets })
      .then((head) => this.committed(batch, head, performance.now() - started))
      .catch((error: unknown) => this.end(error));
  }

  private committed(batch: OpenBatch, head: JournalHead, appendMs: number): void {
    this.options.crash?.('after-append');
    this.currentHead = head;
    this.inflight = undefined;
    this.committing = undefined;
    for (const submission of batch.finished) submission.finish();
    const report = { head, commands: batch.outcomes.length, events: batch.events.length, appendMs };
    this.pump();
    for (const listener of this.listeners) listener(report);
  }

  private end(error: unknown): void {
    if (this.failure) return;
    const failure = error instanceof Error ? error : new Error(String(error));
    this.failure = failure;
    this.inflight = undefined;
    const committing = this.committing?.finished ?? [];
    for (const submission of [...committing, ...this.open.finished, ...this.queue])
      submission.fail(failure);
    this.queue.length = 0;
    this.options.onFatal?.(failure);
  }
}
