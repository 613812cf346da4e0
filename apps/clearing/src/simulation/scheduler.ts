import type { Random } from './random.js';

/**
 * A process of the house. A dead one takes no further step; one that stands still (its machine sleeps, its network is gone)
 * takes none before `wakesAt`, and does not know that time has passed.
 */
export class Life {
  alive = true;
  wakesAt = 0;

  constructor(readonly name: string) {}
}

interface Step {
  readonly due: number;
  readonly order: number;
  readonly life: Life | undefined;
  readonly run: () => void;
}

/**
 * Virtual time. Whatever would wait in the real world (disk, network, timers) waits here instead, for a time the seed
 * decides; one waiter goes on at a time, and runs until everything waits again. So a seed is an interleaving.
 */
export class Scheduler {
  /** Milliseconds since the beginning of the run. */
  now = 0;
  steps = 0;
  private readonly waiting: Step[] = [];
  private order = 0;

  constructor(private readonly random: Random) {}

  /** Resolves after exactly so long; never, where `life` has ended by then. */
  after(ms: number, life?: Life): Promise<void> {
    return new Promise((resolve) => this.at(this.now + ms, resolve, life));
  }

  /** Resolves after a while: what stands for one trip over network or disk. */
  soon(life?: Life, atMost = 8): Promise<void> {
    return this.after(this.random.next() * atMost, life);
  }

  /** Calls `run` again and again for as long as `life` lasts; the returned function ends that. */
  every(ms: number, run: () => void, life: Life): () => void {
    let ended = false;
    const again = (): void => {
      if (ended) return;
      run();
      this.at(this.now + ms, again, life);
    };
    this.at(this.now + ms, again, life);
    return () => (ended = true);
  }

  /** Runs until `done`, or until nothing waits any more. */
  async run(done: () => boolean): Promise<void> {
    for (;;) {
      // Promises that are ready go first, all of them: only then is the state one that the next step may see.
      await new Promise(setImmediate);
      if (done()) return;
      const step = this.next();
      if (!step) return;
      this.now = Math.max(this.now, step.due);
      this.steps += 1;
      step.run();
    }
  }

  private at(due: number, run: () => void, life: Life | undefined): void {
    this.order += 1;
    this.waiting.push({ due, order: this.order, life, run });
  }

  private next(): Step | undefined {
    for (;;) {
      const first = this.takeFirst();
      if (!first) return undefined;
      const { life } = first;
      if (life && !life.alive) continue;
      if (!life || life.wakesAt <= first.due) return first;
      this.waiting.push({ ...first, due: life.wakesAt });
    }
  }

  private takeFirst(): Step | undefined {
    let best = 0;
    for (let i = 1; i < this.waiting.length; i += 1) {
      const [a, b] = [this.waiting[i]!, this.waiting[best]!];
      if (a.due < b.due || (a.due === b.due && a.order < b.order)) best = i;
    }
    return this.waiting.splice(best, 1)[0];
  }
}
