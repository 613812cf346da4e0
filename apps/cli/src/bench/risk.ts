import { currentKernel } from '#risk';
import type { Cleanup } from '../terminal/cleanup.js';
import { benchAccounts } from './risk-account.js';
import { benchBlack76 } from './risk-black76.js';
import { benchCapacity } from './risk-capacity.js';
import { randomLegs, uniform } from './risk-load.js';
import { plainGrid } from './risk-plain.js';
import { riskRows } from './risk-rows.js';
import {
  interleave,
  rateOf,
  rowOf,
  type BenchRow,
  type RowSpec,
  type SampleHook,
} from './statistics.js';

const ACCOUNTS = 1_000_000;
const POSITIONS = 10;
const SCENARIOS = 32;
const INSTRUMENTS = 500;

/** The kernel's own rows, on one thread and without any service. Only what is wanted is measured. */
export async function benchRisk(
  wanted: readonly string[],
  samples: number,
  onSample: SampleHook,
  cleanup: Cleanup,
): Promise<BenchRow[]> {
  const wants = (...specs: readonly RowSpec[]): boolean =>
    specs.some(({ id }) => wanted.includes(id));
  const { kernel, account, incremental, black76, python, memory, linear } = riskRows;
  return [
    ...(wants(kernel) ? [await benchGrid(samples, onSample)] : []),
    ...(wants(account, incremental) ? await benchAccounts(samples, onSample) : []),
    ...(wants(black76, python) ? await benchBlack76(samples, onSample, cleanup) : []),
    ...(wants(memory, linear) ? await benchCapacity(samples, onSample) : []),
  ];
}

async function benchGrid(samples: number, onSample: SampleHook): Promise<BenchRow> {
  const kernel = currentKernel();
  const next = uniform(4);
  const flat = Float64Array.from({ length: INSTRUMENTS * SCENARIOS }, () => next() - 0.5);
  const table = Array.from({ length: INSTRUMENTS }, (_, i) =>
    flat.slice(i * SCENARIOS, (i + 1) * SCENARIOS),
  );
  const legs = randomLegs(ACCOUNTS, POSITIONS, INSTRUMENTS);
  const ours = kernel.gridLosses(table, legs);
  const theirs = plainGrid(flat, SCENARIOS, legs);
  if (!ours.every((each, a) => each === theirs[a])) throw new Error('the loops do not agree');
  const rates = await interleave(
    {
      kernel: () => rateOf(ACCOUNTS, () => kernel.gridLosses(table, legs)),
      typescript: () => rateOf(ACCOUNTS, () => plainGrid(flat, SCENARIOS, legs)),
    },
    samples,
    onSample,
  );
  const row = rowOf(riskRows.kernel, rates.kernel, rates.typescript);
  const note =
    'two fifths of our time is bringing 128 MB of books into the kernel and checking them; the loop alone is about 8x';
  return row.met ? row : { ...row, note };
}
