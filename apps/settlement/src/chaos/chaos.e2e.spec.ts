import { expect, it } from '@jest/globals';
import { describePostgres } from '../../../../test/support/services.js';
import { faults } from './faults.js';
import { chaosRun, failedWith } from './run.js';

const SEED = Number(process.env['NOVATE_SOAK_SEED'] ?? 1);
const BATCHES = 50;
const LIMIT_MS = 900_000;

const log = (line: string): void => void process.stderr.write(`chaos ${SEED}: ${line}\n`);

describePostgres('settlement under fire', () => {
  it(
    'applies every batch once and is exact to the unit, whatever befell chains, providers, processes and databases',
    async () => {
      const names = Object.keys(faults);
      const plan = { seed: SEED, batches: BATCHES, faults: names, atOnce: 3, log };
      const report = await chaosRun(plan).catch(failedWith(SEED, BATCHES));
      log(JSON.stringify(report));
      expect(report.batches).toBeGreaterThanOrEqual(BATCHES);
      expect(Object.keys(report.struck).sort()).toEqual([...names].sort());
      expect(report.violations).toBeGreaterThan(0);
    },
    LIMIT_MS,
  );
});
