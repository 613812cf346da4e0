import { randomOf } from '../testing/storm.js';

/** Draws that a seed repeats. */
export class Random {
  private readonly draw: (below: number) => number;

  constructor(seed: number) {
    this.draw = randomOf(seed);
  }

  /** A whole number from 0 up to and without `end`. */
  below(end: number): number {
    return this.draw(end);
  }

  between(low: number, high: number): number {
    return low + this.draw(high - low + 1);
  }

  chance(probability: number): boolean {
    return this.draw(1_000) < probability * 1_000;
  }

  pick<T>(from: readonly T[]): T {
    const picked = from[this.draw(from.length)];
    if (picked === undefined) throw new RangeError('nothing to pick from');
    return picked;
  }

  /** The same things in another order. */
  shuffled<T>(from: readonly T[]): T[] {
    const left = [...from];
    return from.map(() => left.splice(this.draw(left.length), 1)[0]!);
  }
}
