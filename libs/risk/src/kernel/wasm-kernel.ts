import type { RiskKernel } from './port.js';
import { instantiate } from './wasm-instance.js';
import { wasmPricing } from './wasm-pricing.js';

/** A kernel from the bytes of its binary, in Node or a browser. Throws `kernel-hash-mismatch` on any other bytes. */
export function loadKernel(bytes: Uint8Array, expectedHash: string): RiskKernel {
  const instance = instantiate(bytes, expectedHash);
  return { hash: instance.hash, ...wasmPricing(instance) } as RiskKernel;
}
