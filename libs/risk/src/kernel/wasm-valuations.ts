import { KernelError } from './kernel-error.js';
import type { ScenarioArray, ScenarioSet, Valuation } from './port.js';
import { WasmSet, WasmVector, finite, foreign } from './wasm-arrays.js';
import type { KernelInstance } from './wasm-instance.js';

/** Exports of the binary that value instruments over a set. */
export interface ValuationExports {
  linearArray(scale: number, x: number, length: number, out: number): void;
  basisArray(
    absolute: number,
    size: number,
    price: number,
    level: number,
    x: number,
    y: number,
    length: number,
    out: number,
  ): void;
  allFinite(values: number, length: number): number;
}

/** One instrument over the set, its scenarios written straight into the kernel's memory. */
export function wasmArray(
  { exports, memory }: KernelInstance,
  set: ScenarioSet,
  valuation: Valuation,
): ScenarioArray {
  if (!(set instanceof WasmSet)) throw foreign('set');
  const kernel = exports as ValuationExports;
  const write = writerOf(kernel, set, valuation);
  const out = memory.alloc(set.scenarios * 8);
  write(out);
  if (kernel.allFinite(out, set.scenarios)) return new WasmVector(memory, out, set.scenarios);
  memory.free(out);
  throw new KernelError('value-out-of-bounds', 'valuation', 'a scenario value is not finite');
}

/** Checks the valuation, and gives what fills its array. */
function writerOf(
  kernel: ValuationExports,
  set: WasmSet,
  valuation: Valuation,
): (out: number) => void {
  const size = finite(valuation.size, 'size');
  const x = set.columnPointer(valuation.factor);
  const n = set.scenarios;
  switch (valuation.kind) {
    case 'inverse':
      return (out) => kernel.linearArray(size, x, n, out);
    case 'linear': {
      const { basis } = valuation;
      const price = finite(valuation.price, 'price');
      const absolute = valuation.move === 'absolute';
      if (basis === undefined) {
        return (out) => kernel.linearArray(absolute ? size : size * price, x, n, out);
      }
      const level = finite(basis.level, 'basis');
      const y = set.columnPointer(basis.factor);
      return (out) => kernel.basisArray(absolute ? 1 : 0, size, price, level, x, y, n, out);
    }
    case 'option':
    case 'piecewise':
      throw new KernelError('value-out-of-bounds', 'kind', 'options come with the next binary');
  }
}
