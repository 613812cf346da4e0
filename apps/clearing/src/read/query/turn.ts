import { Injectable } from '@nestjs/common';
import { Problem } from '../../problem/index.js';

const MAX_WAITING = 16;

/** Answers that replay the journal come one at a time, and few wait in the queue, so that intake keeps its share of the machine. */
@Injectable()
export class ReplayTurn {
  private last: Promise<unknown> = Promise.resolve();
  private waiting = 0;

  async run<T>(replay: () => Promise<T>): Promise<T> {
    if (this.waiting >= MAX_WAITING) throw Problem.unavailable('Too many replays are waiting.');
    this.waiting += 1;
    const own = this.last.then(replay);
    this.last = own.catch(() => {});
    try {
      return await own;
    } finally {
      this.waiting -= 1;
    }
  }
}
