import { JournalUnavailable, memoryJournal, memoryStore } from '#events';
import type { AppendRequest, Batch, Journal, JournalHead, MemoryStore, Segment } from '#events';
import type { Random } from './random.js';
import type { Life, Scheduler } from './scheduler.js';

/** What may befall one append. */
export const diskFaults = ['refused', 'lost-answer', 'slow', 'crash-under-way'] as const;
export type DiskFault = (typeof diskFaults)[number];

/** What a simulated process needs of the world around it. */
export interface Surroundings {
  readonly time: Scheduler;
  readonly random: Random;
}

/** The disk of the house: the memory journal's store, with a fault for the next append where one is armed. */
export class Disk {
  readonly store: MemoryStore = memoryStore();
  armed: DiskFault | undefined;
  /** Processes with an append under way. */
  readonly writing = new Set<Life>();
  private seen = 0;

  constructor(
    readonly world: Surroundings,
    private readonly onStored: (segment: Segment) => void,
  ) {}

  /** The journal as one process has it, over a line of its own. */
  open(life: Life, kill: (life: Life) => void): SimulatedJournal {
    return new SimulatedJournal(this, life, kill);
  }

  /** Shows the auditor what has become durable. */
  look(): void {
    for (; this.seen < this.store.segments.length; this.seen += 1) {
      this.onStored(this.store.segments[this.seen]!);
    }
  }
}

/**
 * The journal's own code behind a line that takes its time. A request that has left arrives, whatever happens to the
 * process meanwhile, maybe after its successor has begun; an answer reaches a living process only.
 */
export class SimulatedJournal implements Journal {
  private readonly inner: Journal;

  constructor(
    private readonly disk: Disk,
    private readonly life: Life,
    private readonly kill: (life: Life) => void,
  ) {
    this.inner = memoryJournal(disk.store);
  }

  head(): Promise<JournalHead> {
    return this.ask(() => this.inner.head());
  }

  acquire(writer: string): Promise<JournalHead> {
    return this.ask(() => this.inner.acquire(writer));
  }

  offsets(): ReturnType<Journal['offsets']> {
    return this.ask(() => this.inner.offsets());
  }

  async append(request: AppendRequest): Promise<JournalHead> {
    const { writing } = this.disk;
    writing.add(this.life);
    try {
      return await this.write(request);
    } finally {
      writing.delete(this.life);
    }
  }

  private async write(request: AppendRequest): Promise<JournalHead> {
    const { time, random } = this.disk.world;
    await this.sent();
    const fault = this.disk.armed;
    this.disk.armed = undefined;
    if (fault === 'crash-under-way') this.kill(this.life);
    if (fault === 'refused') {
      await time.soon(this.life);
      throw new JournalUnavailable('the disk is full');
    }
    await time.soon(undefined, fault === 'slow' ? 400 : 8);
    const answer = this.inner.append(request);
    await answer.catch(() => undefined);
    this.disk.look();
    await time.soon(this.life, random.chance(0.1) ? 60 : 8);
    if (fault === 'lost-answer') throw new JournalUnavailable('the line broke: outcome unknown');
    return answer;
  }

  async *read(from: number, to?: number): AsyncGenerator<Batch> {
    for await (const batch of this.inner.read(from, to)) {
      await this.disk.world.time.soon(this.life, 2);
      yield batch;
    }
  }

  subscribe(from: number, onBatch: (batch: Batch) => Promise<void>) {
    return this.inner.subscribe(from, async (batch) => {
      await this.disk.world.time.soon(this.life);
      await onBatch(batch);
    });
  }

  /** The line is gone, as when the process was killed: nothing is said any more. */
  close(): Promise<void> {
    return this.inner.close();
  }

  private async ask<T>(question: () => Promise<T>): Promise<T> {
    await this.sent();
    const answer = await question();
    await this.disk.world.time.soon(this.life);
    return answer;
  }

  /** Only the living speak. */
  private sent(): Promise<void> {
    return this.disk.world.time.soon(this.life, 2);
  }
}
