import type { RiskKernel } from './port.js';
import { WasmArrays } from './wasm-arrays.js';
import { wasmGrid } from './wasm-grid.js';
import { instantiate } from './wasm-instance.js';
import { wasmPricing } from './wasm-pricing.js';
import { wasmRules } from './wasm-rules.js';
import { wasmArray } from './wasm-valuations.js';
import { wasmHistory, wasmScenarioSet } from './wasm-scenarios.js';

/** A kernel from the bytes of its binary, in Node or a browser. Throws `kernel-hash-mismatch` on any other bytes. */
export function loadKernel(bytes: Uint8Array, expectedHash: string): RiskKernel {
  const instance = instantiate(bytes, expectedHash);
  const arrays = new WasmArrays(instance);
  return {
    hash: instance.hash,
    ...wasmPricing(instance),
    ...wasmRules(instance),
    history: (factors, parameters) => wasmHistory(instance, factors, parameters),
    scenarioSet: (columns, weights, history = weights.length) =>
      wasmScenarioSet(instance, columns, weights, history),
    array: (set, valuation) => wasmArray(instance, set, valuation),
    arrayOf: (values) => arrays.arrayOf(values),
    losses: (vectors, quantities) => arrays.losses(vectors, quantities),
    addLeg: (losses, array, quantity) => arrays.addLeg(losses, array, quantity),
    shortfall: (losses, set, alpha) => arrays.shortfall(losses, set, alpha),
    worst: (losses) => arrays.worst(losses),
    gridLosses: (table, accounts) => wasmGrid(instance, table, accounts),
  };
}
