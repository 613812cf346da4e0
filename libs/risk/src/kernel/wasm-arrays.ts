import { KernelError } from './kernel-error.js';
import type { LossVector, ScenarioArray, ScenarioSet, Shortfall } from './port.js';
import type { KernelInstance } from './wasm-instance.js';
import type { KernelMemory } from './wasm-memory.js';

/** Exports of the binary that work on arrays, by pointer into its memory. */
export interface ArrayExports {
  losses(arrays: number, quantities: number, legs: number, length: number, out: number): void;
  addLeg(losses: number, array: number, quantity: number, length: number, out: number): void;
  worst(losses: number, length: number): number;
  shortfall(
    losses: number,
    weights: number,
    least: number,
    length: number,
    alpha: number,
    out: number,
  ): number;
  blockWeights(weights: number, length: number, out: number): void;
  allFinite(values: number, length: number): number;
}

/** Numbers in the kernel's memory, one per scenario. Serves as array and as loss vector. */
export class WasmVector implements ScenarioArray, LossVector {
  #pointer: number;

  constructor(
    private readonly memory: KernelMemory,
    pointer: number,
    readonly length: number,
  ) {
    this.#pointer = pointer;
  }

  get pointer(): number {
    if (this.#pointer !== 0) return this.#pointer;
    throw new KernelError('released', 'array', 'it was released: build it again from its set');
  }

  values(): Float64Array {
    return this.memory.load(this.pointer, this.length);
  }

  release(): void {
    this.memory.free(this.#pointer);
    this.#pointer = 0;
  }
}

/** A set in the kernel's memory: columns factor by factor, then weights. */
export class WasmSet implements ScenarioSet {
  #columns: number;
  #weights: number;
  /** Least weight of each block of 16 scenarios, made when first asked for. */
  #least = 0;
  readonly facts?: NonNullable<ScenarioSet['facts']>;

  constructor(
    private readonly memory: KernelMemory,
    readonly factors: number,
    readonly scenarios: number,
    readonly history: number,
    columns: number,
    weights: number,
    facts?: NonNullable<ScenarioSet['facts']>,
  ) {
    this.#columns = columns;
    this.#weights = weights;
    if (facts !== undefined) this.facts = facts;
  }

  get weightsPointer(): number {
    if (this.#weights !== 0) return this.#weights;
    throw new KernelError('released', 'set', 'it was released: seal the history again');
  }

  leastPointer(kernel: Pick<ArrayExports, 'blockWeights'>): number {
    if (this.#least === 0) {
      // One number for each block of 16, and up to three that make them a multiple of four.
      const least = this.memory.alloc((this.scenarios >> 4) * 8 + 24);
      kernel.blockWeights(this.weightsPointer, this.scenarios, least);
      this.#least = least;
    }
    return this.#least;
  }

  columnPointer(factor: number): number {
    if (this.#columns === 0) return this.weightsPointer;
    if (Number.isInteger(factor) && factor >= 0 && factor < this.factors) {
      return this.#columns + factor * this.scenarios * 8;
    }
    throw new KernelError(
      'shape-mismatch',
      'factor',
      `the set has factors 0 to ${this.factors - 1}, not ${factor}`,
    );
  }

  column(factor: number): Float64Array {
    return this.memory.load(this.columnPointer(factor), this.scenarios);
  }

  weights(): Float64Array {
    return this.memory.load(this.weightsPointer, this.scenarios);
  }

  release(): void {
    this.memory.free(this.#columns);
    this.memory.free(this.#weights);
    this.memory.free(this.#least);
    this.#least = 0;
    this.#columns = 0;
    this.#weights = 0;
  }
}

/** Losses and their expected shortfall, over one binary. Scratch memory is kept and grows with use. */
export class WasmArrays {
  readonly #kernel: ArrayExports;
  readonly #memory: KernelMemory;
  readonly #legs: Scratch;
  readonly #selection: Scratch;

  constructor(instance: KernelInstance) {
    this.#kernel = instance.exports as ArrayExports;
    this.#memory = instance.memory;
    this.#legs = new Scratch(this.#memory);
    this.#selection = new Scratch(this.#memory);
  }

  arrayOf(values: Float64Array): ScenarioArray {
    const pointer = this.#memory.store(values);
    if (!this.#kernel.allFinite(pointer, values.length)) {
      this.#memory.free(pointer);
      throw new KernelError('value-out-of-bounds', 'values', 'every value must be a finite number');
    }
    return new WasmVector(this.#memory, pointer, values.length);
  }

  losses(arrays: readonly ScenarioArray[], quantities: ArrayLike<number>): LossVector {
    const length = arrays[0]?.length ?? 0;
    if (length === 0 || quantities.length !== arrays.length) {
      throw new KernelError(
        'shape-mismatch',
        'arrays',
        `${arrays.length} arrays and ${quantities.length} quantities: give one of each per leg, at least one leg`,
      );
    }
    // Quantities first, so that they stay aligned; the pointers after them.
    const scratch = this.#legs.room(arrays.length * 12);
    const out = this.#memory.alloc(length * 8);
    const numbers = this.#memory.f64(scratch, arrays.length);
    const pointers = this.#memory.i32(scratch + arrays.length * 8, arrays.length);
    for (let i = 0; i < arrays.length; i++) {
      numbers[i] = finite(quantities[i], 'quantity');
      pointers[i] = pointerOf(arrays[i], length);
    }
    this.#kernel.losses(scratch + arrays.length * 8, scratch, arrays.length, length, out);
    return new WasmVector(this.#memory, out, length);
  }

  addLeg(losses: LossVector, array: ScenarioArray, quantity: number): LossVector {
    const { length } = losses;
    const from = pointerOf(losses, length);
    const leg = pointerOf(array, length);
    const q = finite(quantity, 'quantity');
    const out = this.#memory.alloc(length * 8);
    this.#kernel.addLeg(from, leg, q, length, out);
    return new WasmVector(this.#memory, out, length);
  }

  shortfall(losses: LossVector, set: ScenarioSet, alpha: number): Shortfall {
    const n = losses.length;
    const pointer = pointerOf(losses, set.scenarios);
    if (!(set instanceof WasmSet)) throw foreign('set');
    if (!(alpha > 0 && alpha <= 1)) {
      throw new KernelError('value-out-of-bounds', 'alpha', `${alpha} is not in (0, 1]`);
    }
    const weights = set.weightsPointer;
    const least = set.leastPointer(this.#kernel);
    const out = this.#selection.room(8 + n * 24);
    const used = this.#kernel.shortfall(pointer, weights, least, n, alpha, out);
    if (used < 0) {
      throw new KernelError('value-out-of-bounds', 'losses', 'a loss is no finite number');
    }
    return shortfallOf(this.#memory.numbers(out, 1 + 3 * used), used);
  }

  worst(losses: LossVector): { readonly loss: number; readonly index: number } {
    const pointer = pointerOf(losses, losses.length);
    const index = this.#kernel.worst(pointer, losses.length);
    const loss = index < 0 ? 0 : this.#memory.f64(pointer, losses.length)[index];
    return { loss: loss ?? 0, index };
  }
}

/** From what the kernel wrote. Most callers want the value alone: the list of scenarios is made where it is asked for. */
function shortfallOf(numbers: readonly number[], used: number): Shortfall {
  let atoms: Shortfall['atoms'] | undefined;
  return {
    value: numbers[0] ?? Number.NaN,
    get atoms() {
      atoms ??= Array.from({ length: used }, (_, k) => ({
        index: numbers[1 + 2 * used + k] ?? -1,
        mass: numbers[1 + used + k] ?? 0,
        loss: numbers[1 + k] ?? 0,
      }));
      return atoms;
    },
  };
}

/** A block of the kernel's memory that is reused by the next call. */
class Scratch {
  #pointer = 0;
  #bytes = 0;

  constructor(private readonly memory: KernelMemory) {}

  room(bytes: number): number {
    if (bytes <= this.#bytes) return this.#pointer;
    this.memory.free(this.#pointer);
    this.#pointer = this.memory.alloc(2 * bytes);
    this.#bytes = 2 * bytes;
    return this.#pointer;
  }
}

function pointerOf(vector: ScenarioArray | undefined, length: number): number {
  if (!(vector instanceof WasmVector)) throw foreign('array');
  if (vector.length === length) return vector.pointer;
  throw new KernelError(
    'shape-mismatch',
    'array',
    `${vector.length} values where ${length} scenarios are: build all arrays from one set`,
  );
}

export function finite(value: number | undefined, field: string): number {
  if (value !== undefined && Number.isFinite(value)) return value;
  throw new KernelError('value-out-of-bounds', field, `${value} is no finite number`);
}

export function foreign(field: string): KernelError {
  return new KernelError('shape-mismatch', field, 'it was not made by this kernel: make it here');
}
