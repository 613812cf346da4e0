import { execFile } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import type { Cleanup } from '../terminal/cleanup.js';

/**
 * Installs npm packages into a temporary folder that goes with the run, and imports the first: a peer to be measured
 * against is no dependency of ours. `undefined` where npm cannot, without a network for example.
 */
export async function importAside<T>(
  packages: readonly string[],
  cleanup: Cleanup,
): Promise<T | undefined> {
  const folder = mkdtempSync(join(tmpdir(), 'novate-peer-'));
  cleanup.add(() => rm(folder, { recursive: true, force: true }));
  try {
    const args = ['install', '--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund'];
    await promisify(execFile)('npm', [...args, ...packages], {
      shell: process.platform === 'win32',
      signal: cleanup.signal,
    });
    return (await import(entryOf(folder, packages[0] ?? ''))) as T;
  } catch {
    return undefined;
  }
}

/** Address of the module that `name@version` means, seen from the folder. */
function entryOf(folder: string, spec: string): string {
  const name = spec.slice(0, spec.lastIndexOf('@'));
  const resolved = createRequire(join(folder, 'index.js')).resolve(name);
  return pathToFileURL(resolved).href;
}
