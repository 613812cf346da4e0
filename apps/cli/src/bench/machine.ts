import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { mkdtemp, open, rm, type FileHandle } from 'node:fs/promises';
import { cpus, release, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { median } from './statistics.js';

const SYNCS = 200;
const SYNC_BYTES = 4096;

/** Opens an empty file in a temporary folder for `use`, and removes both. */
export function withScratchFile<T>(use: (file: number) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'novate-bench-'));
  const file = openSync(join(folder, 'scratch'), 'a');
  try {
    return use(file);
  } finally {
    closeSync(file);
    rmSync(folder, { recursive: true });
  }
}

/** The same with a file handle, for work that leaves the thread. */
export async function withScratchFileAsync<T>(use: (file: FileHandle) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'novate-bench-'));
  const file = await open(join(folder, 'scratch'), 'a');
  try {
    return await use(file);
  } finally {
    await file.close();
    await rm(folder, { recursive: true });
  }
}

/** Median milliseconds of 200 times: append 4 kB, fdatasync. What any durable commit here costs at least. */
export function fdatasyncLatency(): number {
  const block = Buffer.alloc(SYNC_BYTES, 7);
  return withScratchFile((file) => {
    const times = Array.from({ length: SYNCS }, () => {
      const start = performance.now();
      writeSync(file, block);
      fdatasyncSync(file);
      return performance.now() - start;
    });
    return median(times);
  });
}

/** Facts a number is worthless without, one line each. */
export function machineFacts(): string[] {
  const cores = cpus();
  const memory = (totalmem() / 2 ** 30).toFixed(0);
  return [
    `machine    ${cores.length} x ${cores[0]?.model.trim() ?? 'unknown processor'}, ${memory} GiB`,
    `system     ${process.platform} ${release()}, Node ${process.versions.node}`,
    `fdatasync  ${fdatasyncLatency().toFixed(2)} ms, median of ${SYNCS} appends of 4 kB in ${tmpdir()}`,
  ];
}

/** The most memory this process has had resident, with everything it measured. */
export function peakMemory(): string {
  return `memory: at most ${Math.round(process.resourceUsage().maxRSS / 1024)} MiB resident in this process`;
}
