/** What every part of the loader needs of the binary. */
export interface MemoryExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  abi(): number;
  alloc(bytes: number): number;
  free(pointer: number): void;
}

/** The kernel's memory, seen from outside. A view is good until the next call into the kernel: memory may grow and move. */
export class KernelMemory {
  /** All of it: stays good until it grows. */
  #view = new Float64Array(0);

  constructor(private readonly kernel: MemoryExports) {}

  /** 16-byte aligned, not cleared. */
  alloc(bytes: number): number {
    return this.kernel.alloc(bytes) >>> 0;
  }

  free(pointer: number): void {
    this.kernel.free(pointer);
  }

  f64(pointer: number, length: number): Float64Array {
    return new Float64Array(this.kernel.memory.buffer, pointer, length);
  }

  i32(pointer: number, length: number): Int32Array {
    return new Int32Array(this.kernel.memory.buffer, pointer, length);
  }

  u8(pointer: number, length: number): Uint8Array {
    return new Uint8Array(this.kernel.memory.buffer, pointer, length);
  }

  /** Room for the values, filled with them. The caller frees it. */
  store(values: ArrayLike<number>): number {
    const pointer = this.alloc(values.length * 8);
    this.f64(pointer, values.length).set(values);
    return pointer;
  }

  /** The same for 32-bit integers. */
  storeI32(values: ArrayLike<number>): number {
    const pointer = this.alloc(values.length * 4);
    this.i32(pointer, values.length).set(values);
    return pointer;
  }

  /** The same as `load` for few numbers: a plain array is made faster than a typed one. */
  numbers(pointer: number, length: number): number[] {
    const { buffer } = this.kernel.memory;
    if (this.#view.buffer !== buffer) this.#view = new Float64Array(buffer);
    const view = this.#view;
    const numbers: number[] = [];
    for (let i = pointer >>> 3; i < (pointer >>> 3) + length; i++) numbers.push(view[i] ?? 0);
    return numbers;
  }

  /** A copy of what stands there. */
  load(pointer: number, length: number): Float64Array {
    return this.f64(pointer, length).slice();
  }
}
