/**
 * The kernel's loops in plain TypeScript, as well as we can write them: typed arrays, no allocation inside, the same algorithm
 * and the same order of sums, so that both sides give the same bits.
 */
import type { AccountLegs } from '#risk';

/** Greatest loss of each account over a flat table, instruments by scenarios. */
export function plainGrid(
  table: Float64Array,
  scenarios: number,
  { offsets, instruments, quantities }: AccountLegs,
): Float64Array {
  const accounts = offsets.length - 1;
  const out = new Float64Array(accounts);
  const sums = new Float64Array(scenarios);
  for (let a = 0; a < accounts; a++) {
    sums.fill(0);
    const to = offsets[a + 1]!;
    for (let i = offsets[a]!; i < to; i++) {
      const row = instruments[i]! * scenarios;
      const q = quantities[i]!;
      for (let j = 0; j < scenarios; j++) sums[j]! -= q * table[row + j]!;
    }
    let most = 0;
    for (let j = 0; j < scenarios; j++) if (sums[j]! > most) most = sums[j]!;
    out[a] = most;
  }
  return out;
}

/** Losses of one account: `out[j] = -sum_i q_i a_i[j]`. */
export function plainLosses(
  arrays: readonly Float64Array[],
  quantities: Float64Array,
  out: Float64Array,
): void {
  out.fill(0);
  for (let i = 0; i < arrays.length; i++) {
    const array = arrays[i]!;
    const q = quantities[i]!;
    for (let j = 0; j < out.length; j++) out[j]! -= q * array[j]!;
  }
}

/** Weighted expected shortfall by the kernel's own algorithm: a heap of the worst losses, least bad on top. */
export class PlainShortfall {
  private readonly loss: Float64Array;
  private readonly mass: Float64Array;
  private size = 0;

  constructor(private readonly weights: Float64Array) {
    this.loss = new Float64Array(weights.length);
    this.mass = new Float64Array(weights.length);
  }

  of(losses: Float64Array, alpha: number): number {
    this.select(losses, alpha * (1 + 1e-9));
    return this.sum(alpha);
  }

  private select(losses: Float64Array, need: number): void {
    let mass = 0;
    this.size = 0;
    for (let j = 0; j < losses.length; j++) {
      const loss = losses[j]!;
      if (mass >= need && loss <= this.loss[0]!) continue;
      this.up(loss, this.weights[j]!);
      mass += this.weights[j]!;
      while (mass - this.mass[0]! >= need) {
        mass -= this.mass[0]!;
        this.drop();
      }
    }
  }

  /** Takes the least bad off until the worst is left, then adds from the worst down. */
  private sum(alpha: number): number {
    const used = this.size;
    for (let end = used - 1; end >= 0; end--) {
      const loss = this.loss[0]!;
      const mass = this.mass[0]!;
      this.drop();
      this.loss[end] = loss;
      this.mass[end] = mass;
    }
    let remaining = alpha;
    let sum = 0;
    for (let k = 0; k < used && remaining > 0; k++) {
      const mass = Math.min(this.mass[k]!, remaining);
      sum += mass * this.loss[k]!;
      remaining -= mass;
    }
    return sum / alpha;
  }

  private up(loss: number, mass: number): void {
    let i = this.size++;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (loss >= this.loss[parent]!) break;
      this.loss[i] = this.loss[parent]!;
      this.mass[i] = this.mass[parent]!;
      i = parent;
    }
    this.loss[i] = loss;
    this.mass[i] = mass;
  }

  private drop(): void {
    const size = --this.size;
    const loss = this.loss[size]!;
    const mass = this.mass[size]!;
    let i = 0;
    for (let child = 1; child < size; child = 2 * i + 1) {
      if (child + 1 < size && this.loss[child + 1]! < this.loss[child]!) child++;
      if (this.loss[child]! >= loss) break;
      this.loss[i] = this.loss[child]!;
      this.mass[i] = this.mass[child]!;
      i = child;
    }
    this.loss[i] = loss;
    this.mass[i] = mass;
  }
}
