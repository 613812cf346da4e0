import { describe, expect, it } from '@jest/globals';
import { currentKernel } from '../adapters/kernel-files.js';
import { seeded } from '../testing/random.js';
import { plainElementary } from '../testing/reference/elementary.js';
import { vectors } from '../testing/vectors.js';
import type { Elementary } from './port.js';

const kernel = currentKernel();
const golden = vectors<Record<keyof Elementary, readonly (readonly number[])[]>>('elementary');

const bits = new DataView(new ArrayBuffer(8));

/** Distance from |x| to the next float. */
function ulp(x: number): number {
  bits.setFloat64(0, Math.abs(x));
  bits.setBigInt64(0, bits.getBigInt64(0) + 1n);
  return bits.getFloat64(0) - Math.abs(x);
}

/** Error in units in the last place; the exact value is hi + lo, so the kernel's own rounding counts. */
function error(got: number, hi: number, lo: number): number {
  return Math.abs(got - hi - lo) / ulp(hi);
}

const BOUNDS: readonly (readonly [keyof Elementary, number])[] = [
  ['exp', 2],
  ['log', 2],
  ['erf', 4],
  ['erfc', 4],
  ['normalCdf', 4],
  ['normalPdf', 4],
  ['normalQuantile', 4],
];

describe('elementary functions', () => {
  it.each(BOUNDS)('%s errs by less than %s ulp', (name, bound) => {
    for (const [x = NaN, hi = NaN, lo = NaN] of golden[name]) {
      expect({ x, ok: error(kernel[name](x), hi, lo) < bound }).toEqual({ x, ok: true });
    }
    expect(golden[name].length).toBeGreaterThanOrEqual(20);
  });

  it.each(BOUNDS)('%s never falls by more than its error where it should rise', (name, bound) => {
    // What falls (erfc, the density's right half) is turned round.
    const sign = name === 'erfc' || name === 'normalPdf' ? -1 : 1;
    const [from, to] = rangeOf(name);
    let before = sign * kernel[name](from);
    for (let i = 1; i <= 20_000; i += 1) {
      const value = sign * kernel[name](from + ((to - from) * i) / 20_000);
      if (value < before - bound * ulp(before)) throw new Error(`${name} falls at step ${i}`);
      before = Math.max(before, value);
    }
  });

  it('agrees with the reference in 20,000 random places', () => {
    const draw = seeded(11);
    for (let i = 0; i < 20_000; i += 1) {
      const x = 16 * (draw.uniform() - 0.5);
      for (const name of ['exp', 'erf', 'erfc', 'normalCdf', 'normalPdf'] as const) {
        expectClose(kernel[name](x), plainElementary[name](x), 1e-12);
      }
      const p = draw.uniform() ** 8;
      expectClose(kernel.log(p), Math.log(p), 1e-15);
    }
    for (let i = 1; i < 200; i += 1) {
      expectClose(
        kernel.normalQuantile(i / 200),
        plainElementary.normalQuantile(i / 200),
        1e-12,
        1,
      );
    }
  });

  it('gives the limits', () => {
    expect([710, 709.7827, -746, Infinity, -Infinity, 0].map((x) => kernel.exp(x))).toEqual([
      Infinity,
      expect.any(Number),
      0,
      Infinity,
      0,
      1,
    ]);
    expect(kernel.exp(-745)).toBe(5e-324);
    expect([0, -1, Infinity, 1, 5e-324].map((x) => kernel.log(x))).toEqual([
      -Infinity,
      NaN,
      Infinity,
      0,
      -744.4400719213812,
    ]);
    expect([0, Infinity, -Infinity].map((x) => kernel.erf(x))).toEqual([0, 1, -1]);
    expect([0, Infinity, -Infinity].map((x) => kernel.erfc(x))).toEqual([1, 0, 2]);
    expect([0, Infinity, -Infinity].map((x) => kernel.normalCdf(x))).toEqual([0.5, 1, 0]);
    expect([Infinity, -Infinity].map((x) => kernel.normalPdf(x))).toEqual([0, 0]);
    expect([0, 0.5, 1, -1, 2].map((p) => kernel.normalQuantile(p))).toEqual([
      -Infinity,
      0,
      Infinity,
      NaN,
      NaN,
    ]);
    for (const [name] of BOUNDS) expect(kernel[name](NaN)).toBeNaN();
  });
});

function rangeOf(name: keyof Elementary): readonly [number, number] {
  if (name === 'log') return [1e-3, 3];
  if (name === 'normalQuantile') return [1e-4, 1 - 1e-4];
  if (name === 'normalPdf') return [0, 38];
  return [-8, 8];
}

function expectClose(got: number, wanted: number, relative: number, floor = 0): void {
  const scale = Math.max(Math.abs(wanted), floor);
  if (!(Math.abs(got - wanted) <= relative * scale)) expect(got).toBe(wanted);
}
