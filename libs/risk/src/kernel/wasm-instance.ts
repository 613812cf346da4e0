import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { KernelError } from './kernel-error.js';
import { KernelMemory, type MemoryExports } from './wasm-memory.js';

/** The loader and the binary agree on this number (`abi` in the kernel's memory.ts). */
export const KERNEL_ABI = 1;

/** A binary at work. Every part of the loader states the exports it uses, and nothing else knows them. */
export interface KernelInstance {
  /** Lower-case hex SHA-256 of the binary. */
  readonly hash: string;
  readonly exports: unknown;
  readonly memory: KernelMemory;
}

/** What we use of the engine's own API: Node's types do not describe it, and browsers' types are not ours to load. */
interface WasmApi {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: object) => { readonly exports: unknown };
}

/** Lower-case hex SHA-256 of a binary. */
export function kernelHash(bytes: Uint8Array): string {
  return bytesToHex(sha256(bytes));
}

/** Starts a binary after its hash and its interface are found right. It imports nothing, so it can reach nothing. */
export function instantiate(bytes: Uint8Array, expectedHash: string): KernelInstance {
  const hash = kernelHash(bytes);
  if (hash !== expectedHash) {
    throw new KernelError(
      'kernel-hash-mismatch',
      'wasm',
      `the binary hashes to ${hash}, the model names ${expectedHash}: load the binary with that hash`,
    );
  }
  const api = (globalThis as unknown as { readonly WebAssembly: WasmApi }).WebAssembly;
  const { exports } = new api.Instance(new api.Module(bytes), {});
  const basics = exports as MemoryExports;
  if (basics.abi() !== KERNEL_ABI) {
    throw new KernelError(
      'kernel-abi-mismatch',
      'wasm',
      `the binary speaks version ${basics.abi()}, this loader ${KERNEL_ABI}: use the loader of the binary's release`,
    );
  }
  return { hash, exports, memory: new KernelMemory(basics) };
}
