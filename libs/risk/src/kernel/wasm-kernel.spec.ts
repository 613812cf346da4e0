import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import {
  currentKernel,
  currentKernelHash,
  kernelBytes,
  kernelByHash,
} from '../adapters/kernel-files.js';
import { loadKernel } from './wasm-kernel.js';

const build = fileURLToPath(new URL('../../kernel/build.mjs', import.meta.url));

describe('the kernel binary', () => {
  it('is what its source compiles to', () => {
    // execFileSync throws with the script's own line, which says how to mend it.
    expect(execFileSync(process.execPath, [build, '--check'], { encoding: 'utf8' })).toBe('');
  });

  it('loads under the hash it is filed by', () => {
    expect(currentKernel().hash).toBe(currentKernelHash());
  });

  it('is refused under another hash, and with any byte changed', () => {
    const bytes = Uint8Array.from(kernelBytes(currentKernelHash()));
    expect(() => loadKernel(bytes, '0'.repeat(64))).toThrow(/^kernel-hash-mismatch: /);
    bytes[bytes.length - 1] = (bytes[bytes.length - 1] ?? 0) ^ 1;
    expect(() => loadKernel(bytes, currentKernelHash())).toThrow(/^kernel-hash-mismatch: /);
  });

  it.each(['f'.repeat(64), '../current', ''])('names what is not there: "%s"', (hash) => {
    expect(() => kernelByHash(hash)).toThrow(/^kernel-not-found: /);
  });
});
