import { KernelError } from './kernel-error.js';
import type { AccountLegs } from './port.js';
import type { KernelInstance } from './wasm-instance.js';
import type { KernelMemory } from './wasm-memory.js';

/** The part of the binary's exports that is used here. */
interface GridExports {
  gridLosses(
    table: number,
    scenarios: number,
    offsets: number,
    instruments: number,
    quantities: number,
    accounts: number,
    out: number,
  ): void;
  allFinite(values: number, length: number): number;
  greatestRow(rows: number, count: number): number;
}

/** Legs and accounts of one call into the kernel: what is copied in is still in a processor's cache when it is read. */
const CHUNK_LEGS = 16_384;
const CHUNK_ACCOUNTS = 4_096;

/** Greatest loss of each account over the table, chunk by chunk through the kernel's memory. */
export function wasmGrid(
  { exports, memory }: KernelInstance,
  table: readonly Float64Array[],
  accounts: AccountLegs,
): Float64Array {
  const kernel = exports as GridExports;
  const longest = longestAccount(accounts);
  const rows = storeTable(kernel, memory, table);
  const chunks = new Chunks(kernel, memory, longest);
  try {
    return chunks.run(rows, table[0]?.length ?? 0, table.length, accounts);
  } finally {
    chunks.release();
    memory.free(rows);
  }
}

function storeTable(
  kernel: GridExports,
  memory: KernelMemory,
  table: readonly Float64Array[],
): number {
  const scenarios = table[0]?.length ?? 0;
  if (scenarios === 0 || table.some(({ length }) => length !== scenarios)) {
    throw new KernelError('shape-mismatch', 'table', 'give rows of one length, at least one');
  }
  const rows = memory.alloc(table.length * scenarios * 8);
  table.forEach((row, i) => memory.f64(rows + i * scenarios * 8, scenarios).set(row));
  if (kernel.allFinite(rows, table.length * scenarios)) return rows;
  memory.free(rows);
  throw new KernelError('value-out-of-bounds', 'table', 'every value must be a finite number');
}

/** Checks the offsets, and gives the number of legs of the longest account. */
function longestAccount({ offsets, instruments, quantities }: AccountLegs): number {
  let longest = 0;
  let before = 0;
  for (let a = 0; a < offsets.length; a++) {
    const at = offsets[a] ?? 0;
    if (at < before) throw legsError('offsets', 'they must not fall');
    if (at - before > longest) longest = at - before;
    before = at;
  }
  if (offsets[0] !== 0 || before !== instruments.length) {
    throw legsError('offsets', `they run from 0 to the ${instruments.length} legs`);
  }
  if (quantities.length !== instruments.length) {
    throw legsError('quantities', `${quantities.length} for ${instruments.length} legs`);
  }
  return longest;
}

function legsError(field: string, reason: string): KernelError {
  return new KernelError('shape-mismatch', field, reason);
}

/** Room for one chunk in the kernel's memory. */
class Chunks {
  private readonly legs: number;
  private readonly offsets: number;
  private readonly instruments: number;
  private readonly quantities: number;
  private readonly out: number;

  constructor(
    private readonly kernel: GridExports,
    private readonly memory: KernelMemory,
    longest: number,
  ) {
    this.legs = Math.max(CHUNK_LEGS, longest);
    this.offsets = memory.alloc((CHUNK_ACCOUNTS + 1) * 4);
    this.instruments = memory.alloc(this.legs * 4);
    this.quantities = memory.alloc(this.legs * 8);
    this.out = memory.alloc(CHUNK_ACCOUNTS * 8);
  }

  release(): void {
    for (const each of [this.offsets, this.instruments, this.quantities, this.out]) {
      this.memory.free(each);
    }
  }

  run(rows: number, scenarios: number, instruments: number, accounts: AccountLegs): Float64Array {
    const { offsets } = accounts;
    const most = new Float64Array(offsets.length - 1);
    for (let from = 0; from < most.length;) {
      const to = this.end(offsets, from);
      this.load(accounts, from, to, instruments);
      const columns = [this.offsets, this.instruments, this.quantities] as const;
      this.kernel.gridLosses(rows, scenarios, ...columns, to - from, this.out);
      most.set(this.memory.f64(this.out, to - from), from);
      from = to;
    }
    return most;
  }

  /** First account after `from` that does not fit any more. */
  private end(offsets: Uint32Array, from: number): number {
    const first = offsets[from] ?? 0;
    const last = Math.min(from + CHUNK_ACCOUNTS, offsets.length - 1);
    let to = from + 1;
    while (to < last && (offsets[to + 1] ?? 0) - first <= this.legs) to++;
    return to;
  }

  private load(
    { offsets, instruments, quantities }: AccountLegs,
    from: number,
    to: number,
    rows: number,
  ): void {
    const first = offsets[from] ?? 0;
    const last = offsets[to] ?? 0;
    const starts = this.memory.i32(this.offsets, to - from + 1);
    for (let a = from; a <= to; a++) starts[a - from] = (offsets[a] ?? 0) - first;
    this.memory.i32(this.instruments, last - first).set(instruments.subarray(first, last));
    const highest = this.kernel.greatestRow(this.instruments, last - first) >>> 0;
    if (highest >= rows) throw legsError('instruments', `${highest} of ${rows} rows`);
    this.memory.f64(this.quantities, last - first).set(quantities.subarray(first, last));
    if (this.kernel.allFinite(this.quantities, last - first)) return;
    throw new KernelError('value-out-of-bounds', 'quantities', 'every one must be a finite number');
  }
}
