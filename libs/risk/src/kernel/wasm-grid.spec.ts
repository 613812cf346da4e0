import { describe, expect, it } from '@jest/globals';
import { currentKernel } from '../adapters/kernel-files.js';
import { seeded } from '../testing/random.js';
import { plainLosses } from '../testing/reference/shortfall.js';
import type { AccountLegs } from './port.js';

const kernel = currentKernel();

function randomTable(seed: number, rows: number, scenarios: number): Float64Array[] {
  const draw = seeded(seed);
  return Array.from({ length: rows }, () =>
    Float64Array.from({ length: scenarios }, () => draw.normal()),
  );
}

function randomAccounts(seed: number, rows: number, sizes: readonly number[]): AccountLegs {
  const draw = seeded(seed);
  const offsets = new Uint32Array(sizes.length + 1);
  sizes.forEach((size, a) => (offsets[a + 1] = (offsets[a] ?? 0) + size));
  const legs = offsets[sizes.length] ?? 0;
  return {
    offsets,
    instruments: Uint32Array.from({ length: legs }, () => draw.whole(0, rows)),
    quantities: Float64Array.from({ length: legs }, () => draw.normal()),
  };
}

function plain(table: readonly Float64Array[], accounts: AccountLegs): number[] {
  const { offsets, instruments, quantities } = accounts;
  return Array.from({ length: offsets.length - 1 }, (_, a) => {
    const [from, to] = [offsets[a], offsets[a + 1]];
    const rows = [...instruments.subarray(from, to)].map((row) => table[row] ?? []);
    return Math.max(0, ...plainLosses(rows, quantities.subarray(from, to)));
  });
}

describe('grid losses of many accounts', () => {
  it('are the greatest loss of each, to the last bit, whatever the numbers of scenarios and legs', () => {
    for (const scenarios of [1, 7, 15, 16, 17, 32, 40]) {
      const table = randomTable(scenarios, 9, scenarios);
      const accounts = randomAccounts(scenarios, 9, [3, 0, 1, 10, 2, 25, 0]);
      expect([...kernel.gridLosses(table, accounts)]).toEqual(plain(table, accounts));
    }
  });

  it('do not depend on where one call into the kernel ends and the next begins', () => {
    const table = randomTable(1, 5, 3);
    const draw = seeded(2);
    const many = Array.from({ length: 9_000 }, () => draw.whole(0, 3));
    const accounts = randomAccounts(3, 5, [...many, 20_000, 1, 16_384, 0, 5]);
    expect([...kernel.gridLosses(table, accounts)]).toEqual(plain(table, accounts));
  });

  it('of no account are none', () => {
    const none = randomAccounts(1, 1, []);
    expect(kernel.gridLosses(randomTable(1, 2, 4), none)).toEqual(new Float64Array(0));
  });

  it('refuse what does not fit', () => {
    const table = randomTable(1, 2, 4);
    const accounts = randomAccounts(1, 2, [2, 3]);
    const given = (more: Partial<AccountLegs>) => () =>
      kernel.gridLosses(table, { ...accounts, ...more });
    const { instruments, quantities } = accounts;
    expect(given({ offsets: Uint32Array.of(0, 3, 2) })).toThrow(/^shape-mismatch: offsets/);
    expect(given({ offsets: Uint32Array.of(0, 2, 6) })).toThrow(/^shape-mismatch: offsets/);
    expect(given({ instruments: instruments.map(() => 2) })).toThrow(/^shape-mismatch: instrum/);
    expect(given({ quantities: quantities.subarray(1) })).toThrow(/^shape-mismatch: quantities/);
    expect(given({ quantities: quantities.map(() => NaN) })).toThrow(
      /^value-out-of-bounds: quantities/,
    );
    expect(() => kernel.gridLosses([], accounts)).toThrow(/^shape-mismatch: table/);
    expect(() => kernel.gridLosses([Float64Array.of(Infinity)], accounts)).toThrow(
      /^value-out-of-bounds: table/,
    );
  });
});
