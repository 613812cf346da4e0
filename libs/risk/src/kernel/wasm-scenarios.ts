import { KernelError } from './kernel-error.js';
import type { CoreParameters, FactorBounds, ScenarioHistory, ScenarioSet } from './port.js';
import { WasmSet } from './wasm-arrays.js';
import type { KernelInstance } from './wasm-instance.js';
import type { KernelMemory } from './wasm-memory.js';

/** Exports of the binary that make scenarios. */
export interface ScenarioExports {
  historyNew(factors: number, parameters: number, bounds: number): number;
  historyFree(history: number): void;
  historyAdd(history: number, row: number): void;
  historyDates(history: number): number;
  historySeal(history: number, columns: number, weights: number, facts: number): void;
}

/** Shortest history a set is made from (research: T >= 180). */
export const FEWEST_DAYS = 180;

/** The order is that of the kernel's parameter block. */
const ORDER = [
  ...['lam', 'lamc', 'delta', 'm', 'cv', 'cz', 'zc', 'W', 'LRW', 'n0', 'nc', 'omega', 'eig'],
  'varianceFloor',
] as readonly (keyof CoreParameters)[];

const WHOLE: readonly (keyof CoreParameters)[] = ['W', 'LRW', 'n0', 'nc'];

export function wasmHistory(
  instance: KernelInstance,
  factors: readonly FactorBounds[],
  parameters: CoreParameters,
): ScenarioHistory {
  if (factors.length === 0) {
    throw new KernelError('history-empty', 'factors', 'a history needs at least one factor');
  }
  for (const { lo, hi } of factors) {
    if (!(lo <= hi)) throw new KernelError('value-out-of-bounds', 'bounds', `[${lo}, ${hi}]`);
  }
  const block = ORDER.map((name) => checkedParameter(name, parameters[name]));
  return new WasmHistory(instance, factors, block, parameters);
}

/** What the mathematics needs; the narrower bounds that governance sets are the parameter document's. */
function checkedParameter(name: keyof CoreParameters, value: number): number {
  const isFine = WHOLE.includes(name)
    ? Number.isInteger(value) && value >= 1 && value <= 1e6
    : Number.isFinite(value) && value >= 0 && (name !== 'varianceFloor' || value > 0);
  if (isFine) return value;
  throw new KernelError('value-out-of-bounds', name, `${value} cannot be used`);
}

class WasmHistory implements ScenarioHistory {
  readonly factors: number;
  readonly #kernel: ScenarioExports;
  readonly #memory: KernelMemory;
  readonly #row: number;
  readonly #fewest: number;
  #pointer: number;
  #days = 0;

  constructor(
    instance: KernelInstance,
    bounds: readonly FactorBounds[],
    block: readonly number[],
    { n0, nc }: CoreParameters,
  ) {
    this.#kernel = instance.exports as ScenarioExports;
    this.#memory = instance.memory;
    this.factors = bounds.length;
    this.#fewest = Math.max(FEWEST_DAYS, n0 + 1, nc);
    const parameters = this.#memory.store(block);
    const ends = [...bounds.map(({ lo }) => lo), ...bounds.map(({ hi }) => hi)];
    const limits = this.#memory.store(ends);
    this.#pointer = this.#kernel.historyNew(this.factors, parameters, limits) >>> 0;
    this.#memory.free(parameters);
    this.#memory.free(limits);
    this.#row = this.#memory.alloc(this.factors * 8);
  }

  get days(): number {
    return this.#days;
  }

  add(returns: ArrayLike<number>): void {
    const pointer = this.#alive();
    if (returns.length !== this.factors) {
      throw new KernelError(
        'shape-mismatch',
        'returns',
        `${returns.length} numbers for ${this.factors} factors on day ${this.#days}`,
      );
    }
    for (let i = 0; i < returns.length; i++) {
      if (Number.isFinite(returns[i])) continue;
      throw new KernelError(
        'value-out-of-bounds',
        `returns[${i}]`,
        `${returns[i]} on day ${this.#days}: fill gaps before they get here`,
      );
    }
    this.#memory.f64(this.#row, this.factors).set(returns);
    this.#kernel.historyAdd(pointer, this.#row);
    this.#days++;
  }

  seal(): ScenarioSet {
    const pointer = this.#alive();
    if (this.#days < this.#fewest) {
      throw new KernelError(
        this.#days === 0 ? 'history-empty' : 'history-too-short',
        'days',
        `${this.#days} of at least ${this.#fewest}: fill the days before listing by the proxy rule`,
      );
    }
    const n = this.factors;
    const dates = this.#kernel.historyDates(pointer);
    const columns = this.#memory.alloc(n * 2 * dates * 8);
    const weights = this.#memory.alloc(2 * dates * 8);
    const facts = this.#memory.alloc((3 * n + n * n) * 8);
    this.#kernel.historySeal(pointer, columns, weights, facts);
    const [volatility, longRun, target] = [0, 1, 2].map((k) =>
      this.#memory.load(facts + k * n * 8, n),
    ) as [Float64Array, Float64Array, Float64Array];
    const correlation = this.#memory.load(facts + 3 * n * 8, n * n);
    this.#memory.free(facts);
    return new WasmSet(this.#memory, n, 2 * dates, dates, columns, weights, {
      volatility,
      longRun,
      target,
      correlation,
    });
  }

  release(): void {
    if (this.#pointer === 0) return;
    this.#kernel.historyFree(this.#pointer);
    this.#memory.free(this.#row);
    this.#pointer = 0;
  }

  #alive(): number {
    if (this.#pointer !== 0) return this.#pointer;
    throw new KernelError('released', 'history', 'it was released: start a new one');
  }
}

/** A set from published columns; `history` says how many of the scenarios are dates and not mirrors. */
export function wasmScenarioSet(
  { memory }: KernelInstance,
  columns: readonly Float64Array[],
  weights: Float64Array,
  history: number,
): ScenarioSet {
  const n = weights.length;
  if (columns.length === 0 || n === 0) {
    throw new KernelError('history-empty', 'columns', 'a set needs a factor and a scenario');
  }
  if (columns.some(({ length }) => length !== n)) {
    throw new KernelError('shape-mismatch', 'columns', `every column must hold ${n} scenarios`);
  }
  let sum = 0;
  for (const weight of weights) sum += weight >= 0 ? weight : Number.NaN;
  if (!(Math.abs(sum - 1) <= 1e-9)) {
    throw new KernelError('value-out-of-bounds', 'weights', `they sum to ${sum}, not to 1`);
  }
  if (columns.some((column) => !column.every(Number.isFinite))) {
    throw new KernelError('value-out-of-bounds', 'columns', 'every shock must be a finite number');
  }
  const pointer = memory.alloc(columns.length * n * 8);
  columns.forEach((column, i) => memory.f64(pointer + i * n * 8, n).set(column));
  return new WasmSet(memory, columns.length, n, history, pointer, memory.store(weights));
}
