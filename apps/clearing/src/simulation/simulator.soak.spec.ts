/**
 * Any number of seeds: `npm run soak -- simulator`. NOVATE_SIM_SEEDS says how many, by default 20,000 beyond those of
 * `npm test`; NOVATE_SIM_SEED repeats one and tells what happens in it.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from '@jest/globals';

const BEGIN = 1_001;
const one = process.env['NOVATE_SIM_SEED'];
const count = one === undefined ? (process.env['NOVATE_SIM_SEEDS'] ?? '20000') : '1';

it(
  one === undefined ? `the simulator finds nothing in ${count} more seeds` : `seed ${one}`,
  async () => {
    const main = 'dist/apps/clearing/src/simulation/main.js';
    const child = spawn(process.execPath, [main, one ?? String(BEGIN), count], {
      stdio: ['ignore', 2, 2],
    });
    const [code] = (await once(child, 'exit')) as [number | null];
    expect(code).toBe(0);
  },
  24 * 3_600_000,
);
