import { currentKernel, type RiskKernel, type ScenarioArray, type ScenarioSet } from '#risk';
import { ALPHA, POSITIONS, randomArrays, randomLegs, randomSet } from './risk-load.js';
import { riskRows } from './risk-rows.js';
import { interleave, median, rateOf, rowOf, type BenchRow, type SampleHook } from './statistics.js';

const INSTRUMENTS = 2_000;
const BUDGET_BYTES = 50e6;
const SIZES = { '25k': 25_000, '50k': 50_000, '100k': 100_000 } as const;
/** Seconds a sample: three are enough for a ratio near one. */
const MOST_SAMPLES = 3;

/** How much a house of 100,000 accounts and 2,000 instruments takes, in memory and in time. */
export async function benchCapacity(samples: number, onSample: SampleHook): Promise<BenchRow[]> {
  const kernel = currentKernel();
  const set = randomSet(kernel);
  const before = process.memoryUsage().rss;
  const arrays = randomArrays(kernel, set, INSTRUMENTS);
  const resident = process.memoryUsage().rss - before;
  const bytes = arrays.reduce((sum, { length }) => sum + length * 8, 0);
  const rates = await interleave(
    {
      '25k': () => marginOf(kernel, set, arrays, SIZES['25k']),
      '50k': () => marginOf(kernel, set, arrays, SIZES['50k']),
      '100k': () => marginOf(kernel, set, arrays, SIZES['100k']),
    },
    Math.min(samples, MOST_SAMPLES),
    onSample,
  );
  const seconds = Object.entries(SIZES).map(([size, accounts]) => {
    const rate = median(rates[size as keyof typeof SIZES]);
    return `${size} accounts ${(accounts / rate).toFixed(2)} s`;
  });
  const memory = rowOf(
    riskRows.memory,
    [bytes],
    [BUDGET_BYTES],
    `process grew by ${(resident / 1e6).toFixed(1)} MB`,
  );
  return [
    { ...memory, ratio: Number((BUDGET_BYTES / bytes).toFixed(3)), met: bytes <= BUDGET_BYTES },
    rowOf(riskRows.linear, rates['100k'], rates['25k'], `per core: ${seconds.join(', ')}`),
  ];
}

/** Expected shortfall of so many accounts, one after another. */
function marginOf(
  kernel: RiskKernel,
  set: ScenarioSet,
  arrays: readonly ScenarioArray[],
  accounts: number,
): Promise<number> {
  const { instruments, quantities } = randomLegs(accounts, POSITIONS, arrays.length);
  return rateOf(accounts, () => {
    for (let at = 0; at < instruments.length; at += POSITIONS) {
      const held = [...instruments.subarray(at, at + POSITIONS)];
      const legs = held.flatMap((i) => arrays.slice(i, i + 1));
      const losses = kernel.losses(legs, quantities.subarray(at, at + POSITIONS));
      kernel.shortfall(losses, set, ALPHA);
      losses.release();
    }
  });
}
