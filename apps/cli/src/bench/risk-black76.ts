import { spawnSync } from 'node:child_process';
import { currentKernel, type OptionColumns } from '#risk';
import type { Cleanup } from '../terminal/cleanup.js';
import { importAside } from './aside.js';
import { uniform } from './risk-load.js';
import { riskRows } from './risk-rows.js';
import { interleave, rateOf, rowOf, type BenchRow, type SampleHook } from './statistics.js';

const OPTIONS = 100_000;

/** What we use of npm @quantlib/ql, the whole of QuantLib in JavaScript; its own types are a megabyte. */
interface QuantLib {
  blackFormula1(
    type: 1 | -1,
    strike: number,
    forward: number,
    deviation: number,
    discount: number,
    displacement: number,
  ): number;
}

/** Rows for the baselines that are there: npm's is installed aside, Python's is the machine's. */
export async function benchBlack76(
  samples: number,
  onSample: SampleHook,
  cleanup: Cleanup,
): Promise<BenchRow[]> {
  const kernel = currentKernel();
  const columns = randomOptions();
  const price = pricer(await importAside<QuantLib>(['@quantlib/ql@0.3.6'], cleanup), columns);
  if (price !== undefined) {
    kernel.black76(columns).forEach((ours, i) => {
      if (Math.abs(ours - price(i)) > 1e-9) throw new Error(`option ${i}: prices differ`);
    });
  }
  const hasPython = pythonRate() > 0;
  const rates = await interleave(
    {
      kernel: () => rateOf(OPTIONS, () => kernel.black76(columns)),
      quantlib: () => (price ? rateOf(OPTIONS, () => sumOf(price)) : Promise.resolve(0)),
      python: () => Promise.resolve(hasPython ? pythonRate() : 0),
    },
    samples,
    (name, round, rate) => rate > 0 && onSample(name, round, rate),
  );
  return [
    ...(price ? [explained(rowOf(riskRows.black76, rates.kernel, rates.quantlib))] : []),
    ...(hasPython ? [rowOf(riskRows.python, rates.kernel, rates.python)] : []),
  ];
}

/** Says why a goal is missed. */
function explained(row: BenchRow): BenchRow {
  const note =
    'a logarithm, an exponential and two ratios of Mills for every two prices, most digits kept in the wings too; ' +
    'WebAssembly has no vectors wider than two numbers, and V8 compiles the other side as well';
  return row.met ? row : { ...row, note };
}

function pricer(
  quantlib: QuantLib | undefined,
  { call, strike, forward, vol, years, discount }: OptionColumns,
): ((i: number) => number) | undefined {
  if (quantlib === undefined) return undefined;
  const { blackFormula1 } = quantlib;
  return (i) => {
    const deviation = vol[i]! * Math.sqrt(years[i]!);
    return blackFormula1(call[i] ? 1 : -1, strike[i]!, forward[i]!, deviation, discount[i]!, 0);
  };
}

/** The sum is used, so that no compiler drops the work. */
function sumOf(price: (i: number) => number): number {
  let sum = 0;
  for (let i = 0; i < OPTIONS; i++) sum += price(i);
  return sum;
}

function randomOptions(): OptionColumns {
  const next = uniform(5);
  const column = (value: () => number) => Float64Array.from({ length: OPTIONS }, value);
  return {
    forward: column(() => 50 + 100 * next()),
    strike: column(() => 50 + 100 * next()),
    years: column(() => 0.01 + next()),
    vol: column(() => 0.1 + next()),
    discount: column(() => 0.95 + 0.05 * next()),
    call: Uint8Array.from({ length: OPTIONS }, () => (next() < 0.5 ? 1 : 0)),
  };
}

const SCRIPT = `
import time
from QuantLib import blackFormula, Option
options = [(Option.Call if i % 2 else Option.Put, 50 + i % 101, 50 + i % 97, .1 + i % 89 / 100, .97) for i in range(${OPTIONS})]
start = time.process_time()
for each in options: blackFormula(*each)
print(${OPTIONS} / (time.process_time() - start))`;

/** Prices per second of PyPI's QuantLib; 0 where there is no Python, or none that has it. */
function pythonRate(): number {
  const { status, stdout } = spawnSync('python3', ['-c', SCRIPT], { encoding: 'utf8' });
  return status === 0 ? Number(stdout) : 0;
}
