import type { Elementary, Pricing } from './port.js';
import type { KernelInstance } from './wasm-instance.js';

/** The binary's elementary functions and prices. */
export function wasmPricing(instance: KernelInstance): Elementary & Pricing {
  return instance.exports as Elementary & Pricing;
}
