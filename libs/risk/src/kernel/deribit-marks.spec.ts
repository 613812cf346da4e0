import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, it } from '@jest/globals';
import { currentKernel } from '../adapters/kernel-files.js';
import { describeShared, sharedRoot } from '../testing/shared.js';

const FILE = [
  'data',
  'options_vol',
  'deribit_BTC_ETH_option_chains_6h_crash_20260204_20260207.csv.gz',
];
const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const YEAR_MS = 365 * 86_400_000;

interface Mark {
  readonly forward: number;
  readonly strike: number;
  readonly years: number;
  readonly vol: number;
  readonly call: boolean;
  /** In coin. */
  readonly mark: number;
  readonly open: boolean;
}

/** A row of the file; Deribit's options expire at 08:00 UTC. */
function markOf(line: string): Mark {
  const [at = '', instrument = '', , forward, , , mark, vol, , , open] = line.split(',');
  const [, expiry = '', strike, type] = instrument.split('-');
  const [, day, month = '', year] = /^(\d+)([A-Z]{3})(\d\d)$/.exec(expiry) ?? [];
  const expires = Date.UTC(2000 + Number(year), MONTHS.indexOf(month), Number(day), 8);
  return {
    forward: Number(forward),
    strike: Number(strike),
    years: Math.max(expires - Date.parse(at.replace('Z', ':00Z')), 0) / YEAR_MS,
    vol: Number(vol),
    call: type === 'C',
    mark: Number(mark),
    open: Number(open) > 0,
  };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;
}

describeShared('Black-76 against Deribit marks of the February 2026 crash', FILE, () => {
  it('errs by less than 2e-5 coin in the median, and 1e-5 where somebody holds the option', () => {
    const text = gunzipSync(readFileSync(join(sharedRoot, ...FILE))).toString('utf8');
    const marks = text.trimEnd().split('\n').slice(1).map(markOf);
    const column = (of: (mark: Mark) => number): Float64Array => Float64Array.from(marks, of);
    const prices = kernelPrices(column, marks);
    const errors = marks.map(({ forward, mark }, i) =>
      Math.abs((prices[i] ?? NaN) / forward - mark),
    );
    expect(marks).toHaveLength(27_544);
    expect(errors.filter((error) => !(error < Infinity))).toHaveLength(0);
    expect(median(errors)).toBeLessThan(2e-5);
    expect(median(errors.filter((_, i) => marks[i]?.open))).toBeLessThan(1e-5);
  });
});

function kernelPrices(
  column: (of: (mark: Mark) => number) => Float64Array,
  marks: readonly Mark[],
): Float64Array {
  return currentKernel().black76({
    forward: column(({ forward }) => forward),
    strike: column(({ strike }) => strike),
    years: column(({ years }) => years),
    vol: column(({ vol }) => vol),
    discount: column(() => 1),
    call: Uint8Array.from(marks, ({ call }) => (call ? 1 : 0)),
  });
}
