import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { KernelError } from '../kernel/kernel-error.js';
import type { RiskKernel } from '../kernel/port.js';
import { loadKernel } from '../kernel/wasm-kernel.js';

/** Beside the sources as beside the build: `libs/risk/kernel`. */
const FOLDER = new URL('../../kernel/', import.meta.url);

/** Bytes of the binary with this hash (64 lower-case hex digits), as committed. Throws `kernel-not-found`. */
export function kernelBytes(hash: string): Uint8Array {
  const file = fileURLToPath(new URL(`binaries/${hash}.wasm`, FOLDER));
  if (!/^[0-9a-f]{64}$/.test(hash) || !existsSync(file)) {
    throw new KernelError(
      'kernel-not-found',
      'wasm',
      `no binary "${hash}": take it from the release that activated the model`,
    );
  }
  return readFileSync(file);
}

/** Hash of the binary that new models use. */
export function currentKernelHash(): string {
  const text = readFileSync(new URL('current.json', FOLDER), 'utf8');
  return (JSON.parse(text) as { wasm: string }).wasm;
}

/** The kernel with this hash. Each call gives one with memory of its own. */
export function kernelByHash(hash: string): RiskKernel {
  return loadKernel(kernelBytes(hash), hash);
}

/** The kernel that new models use, with memory of its own. */
export function currentKernel(): RiskKernel {
  return kernelByHash(currentKernelHash());
}
