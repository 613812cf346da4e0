import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { currentKernel, type OptionColumns } from '#risk';
import { CliError, ExitCode } from '../terminal/exit.js';
import {
  interleave,
  median,
  rowOf,
  type BenchRow,
  type Contender,
  type RowSpec,
  type SampleHook,
} from './statistics.js';

const OPTIONS = 100_000;
/** Batches of one sample: long enough for the clock. */
const PASSES = 5;
/** Python is asked for fewer: its rate does not depend on their number. */
const PYTHON_OPTIONS = 20_000;
const QUANTLIB = '@quantlib/ql';

export const pricingRow = {
  id: 'risk.black76-vs-quantlib',
  name: `Black-76, a batch of ${OPTIONS.toLocaleString('en')} options`,
  unit: 'prices/s',
  against: `npm ${QUANTLIB}, blackFormula1`,
  goal: 5,
} satisfies RowSpec;

/** The one function of the package that is called here: the cheapest way to a Black-76 price it has. */
type BlackFormula = (
  type: 1 | -1,
  strike: number,
  forward: number,
  deviation: number,
  discount: number,
  displacement: number,
) => number;

export async function benchPricing(samples: number, onSample: SampleHook): Promise<BenchRow> {
  const columns = chain();
  const theirs = new Float64Array(OPTIONS);
  const blackFormula = await loadQuantlib();
  const kernel = currentKernel();
  assertSame(kernel.black76(columns), quantlibPrices(blackFormula, columns, theirs), columns);
  const rate =
    (run: () => Float64Array): Contender =>
    () => {
      const start = performance.now();
      for (let i = 0; i < PASSES; i += 1) run();
      return Promise.resolve((PASSES * OPTIONS * 1000) / (performance.now() - start));
    };
  const contenders = {
    kernel: rate(() => kernel.black76(columns)),
    quantlib: rate(() => quantlibPrices(blackFormula, columns, theirs)),
  };
  if ((await pythonRate(columns)) === undefined) {
    const { kernel: ours, quantlib } = await interleave(contenders, samples, onSample);
    const row = rowOf(pricingRow, ours, quantlib);
    return { ...row, note: noteOf(row) };
  }
  const python = async (): Promise<number> => (await pythonRate(columns)) ?? Number.NaN;
  const rates = await interleave({ ...contenders, python }, samples, onSample);
  const row = rowOf(pricingRow, rates.kernel, rates.quantlib);
  return { ...row, note: noteOf(row, median(rates.python)) };
}

const WHY_MISSED =
  'WebAssembly has no vectors wider than two numbers, and V8 compiles the other side as well';

function noteOf(row: BenchRow, python?: number): string {
  const missed = row.met ? [] : [WHY_MISSED];
  const pypi =
    python === undefined
      ? "PyPI QuantLib: not in this machine's python3"
      : `PyPI QuantLib: ${Math.round(python).toLocaleString('en')}/s, ${(row.value / python).toFixed(2)}x`;
  return [...missed, pypi].join('; ');
}

/** A chain as a venue lists it: strikes about the forward, a day to two years, calls and puts. No two options alike. */
function chain(): OptionColumns {
  const along = (step: number, i: number): number => (i * step) % 1;
  const column = (of: (i: number) => number): Float64Array =>
    Float64Array.from({ length: OPTIONS }, (_, i) => of(i));
  const years = column((i) => (1 + 729 * along(0.754878, i) ** 2) / 365);
  const vol = column((i) => 0.2 + 0.8 * along(0.56984, i));
  const spread = (i: number): number => (vol[i] ?? 0) * Math.sqrt(years[i] ?? 0);
  return {
    forward: column((i) => 60_000 + (i % 977)),
    strike: column((i) => 60_000 * Math.exp(spread(i) * (5 * along(0.618034, i) - 2.5))),
    years,
    vol,
    discount: years.map((each) => Math.exp(-0.03 * each)),
    call: Uint8Array.from({ length: OPTIONS }, (_, i) => i & 1),
  };
}

function quantlibPrices(
  blackFormula: BlackFormula,
  { forward, strike, years, vol, discount, call }: OptionColumns,
  out: Float64Array,
): Float64Array {
  for (let i = 0; i < out.length; i += 1) {
    const deviation = vol[i]! * Math.sqrt(years[i]!);
    out[i] = blackFormula(
      call[i] === 1 ? 1 : -1,
      strike[i]!,
      forward[i]!,
      deviation,
      discount[i]!,
      0,
    );
  }
  return out;
}

/** Found by name alone, so that the compiler does not read a megabyte of declarations for one function. */
async function loadQuantlib(): Promise<BlackFormula> {
  try {
    const { blackFormula1 } = (await import(QUANTLIB)) as { blackFormula1: BlackFormula };
    return blackFormula1;
  } catch (error) {
    throw new CliError(
      `${QUANTLIB} does not load: ${error instanceof Error ? error.message.slice(0, 120) : ''}`,
      ExitCode.unavailable,
      'run npm ci, which installs what the bench compares with',
    );
  }
}

/** A baseline that prices something else would be no baseline. */
function assertSame(ours: Float64Array, theirs: Float64Array, { strike }: OptionColumns): void {
  const apart = ours.findIndex((price, i) => !(Math.abs(price - theirs[i]!) < 1e-9 * strike[i]!));
  if (apart < 0) return;
  throw new Error(`option ${apart}: ${ours[apart]} here, ${theirs[apart]} by QuantLib`);
}

const PYTHON = `
import json, sys, time
from QuantLib import blackFormula
rows = json.load(sys.stdin)
start = time.perf_counter()
prices = [blackFormula(t, k, f, s, d) for t, k, f, s, d in rows]
print(len(prices) / (time.perf_counter() - start))
`;

/** Prices a second of PyPI's QuantLib, a call of its Python binding each; undefined where it is not installed. */
async function pythonRate(columns: OptionColumns): Promise<number | undefined> {
  const { forward, strike, years, vol, discount, call } = columns;
  const rows = Array.from({ length: PYTHON_OPTIONS }, (_, i) => [
    call[i] === 1 ? 1 : -1,
    strike[i],
    forward[i],
    vol[i]! * Math.sqrt(years[i]!),
    discount[i],
  ]);
  const run = promisify(execFile)('python3', ['-c', PYTHON]);
  run.child.stdin?.on('error', () => undefined).end(JSON.stringify(rows));
  const printed = await run.catch(() => undefined);
  return printed && Number(printed.stdout);
}
