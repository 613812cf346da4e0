import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { describe, it } from '@jest/globals';

/** The research data beside the repository, or wherever NOVATE_SHARED says; not part of a clone. */
export const sharedRoot: string =
  process.env['NOVATE_SHARED'] ?? fileURLToPath(new URL('../../../../../shared', import.meta.url));

/** Why a test of this file must be skipped, or undefined where the file is there. */
export function missing(...path: readonly string[]): string | undefined {
  const file = join(sharedRoot, ...path);
  return existsSync(file)
    ? undefined
    : `needs ${path.join('/')} of the shared data (NOVATE_SHARED)`;
}

/**
 * `describe` that skips with its reason in the title where the shared file is not there. The body is not even entered
 * then: it may read the file.
 */
export function describeShared(title: string, path: readonly string[], body: () => void): void {
  const reason = missing(...path);
  if (reason === undefined) return void describe(title, body);
  describe(`${title} (skipped: ${reason})`, () => {
    it.skip('needs real data', () => undefined);
  });
}

/** Text of a shared file. */
export function sharedText(...path: readonly string[]): string {
  return readFileSync(join(sharedRoot, ...path), 'utf8');
}

/** A shared JSON file, parsed; the caller names its shape. */
export function sharedJson<T>(...path: readonly string[]): T {
  return JSON.parse(sharedText(...path)) as T;
}
