import { KernelError } from './kernel-error.js';
import type { ScenarioArray, ScenarioSet, Valuation } from './port.js';
import { WasmSet, WasmVector, finite, foreign } from './wasm-arrays.js';
import type { KernelInstance } from './wasm-instance.js';
import type { KernelMemory } from './wasm-memory.js';
import { validTerms } from './wasm-pricing.js';

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
  optionArray(american: boolean, call: boolean, absolute: boolean, ...rest: Numbers): void;
  piecewiseArray(absolute: boolean, ...rest: Numbers): void;
  allFinite(values: number, length: number): number;
}

type Numbers = readonly number[];
type Write = (out: number) => void;

/** One instrument over the set, its scenarios written straight into the kernel's memory. */
export function wasmArray(
  { exports, memory }: KernelInstance,
  set: ScenarioSet,
  valuation: Valuation,
): ScenarioArray {
  if (!(set instanceof WasmSet)) throw foreign('set');
  const kernel = exports as ValuationExports;
  const write = writerOf(kernel, memory, set, valuation);
  const out = memory.alloc(set.scenarios * 8);
  write(out);
  if (kernel.allFinite(out, set.scenarios)) return new WasmVector(memory, out, set.scenarios);
  memory.free(out);
  throw new KernelError('value-out-of-bounds', 'valuation', 'a scenario value is not finite');
}

/** Checks the valuation, and gives what fills its array. */
function writerOf(
  kernel: ValuationExports,
  memory: KernelMemory,
  set: WasmSet,
  valuation: Valuation,
): Write {
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
    case 'option': {
      const { terms, horizon, move } = valuation;
      const y = valuation.volFactor === undefined ? 0 : set.columnPointer(valuation.volFactor);
      const [forward, strike, years, vol, discount] = validTerms(terms);
      const style = [
        terms.style === 'american',
        terms.type === 'call',
        move === 'absolute',
      ] as const;
      const now = [size, forward, strike, years, vol, discount, validHorizon(horizon)];
      return (out) => kernel.optionArray(...style, ...now, x, y, n, out);
    }
    case 'piecewise':
      return piecewiseWriter(kernel, memory, set, valuation);
  }
}

/** The knots stand in the kernel's memory while the array is written. */
function piecewiseWriter(
  kernel: ValuationExports,
  memory: KernelMemory,
  set: WasmSet,
  valuation: Extract<Valuation, { kind: 'piecewise' }>,
): Write {
  const { size, knots, horizon, move, factor } = valuation;
  const x = set.columnPointer(factor);
  const y = valuation.volFactor === undefined ? 0 : set.columnPointer(valuation.volFactor);
  const [forward, , years, vol, discount] = validTerms({ ...valuation, strike: 0 });
  checkKnots(knots);
  return (out) => {
    const pointer = memory.store(knots.flat());
    const payoff = [size, pointer, knots.length];
    const now = [forward, years, vol, discount, validHorizon(horizon)];
    kernel.piecewiseArray(move === 'absolute', ...payoff, ...now, x, y, set.scenarios, out);
    memory.free(pointer);
  };
}

function checkKnots(knots: readonly (readonly [underlying: number, value: number])[]): void {
  let before = -Infinity;
  for (const [underlying, value] of knots) {
    finite(value, 'knots');
    if (finite(underlying, 'knots') > before) before = underlying;
    else throw new KernelError('value-out-of-bounds', 'knots', 'give strictly rising underlyings');
  }
  if (knots.length < 2) {
    throw new KernelError('value-out-of-bounds', 'knots', 'give at least two knots');
  }
}

function validHorizon(horizon: number): number {
  if (horizon >= 0 && horizon < Infinity) return horizon;
  throw new KernelError('value-out-of-bounds', 'horizon', `${horizon}: give years, not below zero`);
}
