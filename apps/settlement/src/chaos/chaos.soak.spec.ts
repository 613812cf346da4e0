/**
 * Settlement under fire for as long as it is wanted: `npm run soak -- settlement`. NOVATE_SOAK_BATCHES batches (500) under
 * faults whose order NOVATE_SOAK_SEED (1) decides; NOVATE_SOAK_FAULTS keeps those whose names match. What struck is on
 * stderr as it goes, and at the end how often.
 */
import { expect, it } from '@jest/globals';
import { describePostgres } from '../../../../test/support/services.js';
import { faults, longFaults } from './faults.js';
import { chaosRun, failedWith } from './run.js';

const SEED = Number(process.env['NOVATE_SOAK_SEED'] ?? 1);
const BATCHES = Number(process.env['NOVATE_SOAK_BATCHES'] ?? 500);
const WANTED = new RegExp(process.env['NOVATE_SOAK_FAULTS'] ?? '');
const SECONDS_A_BATCH = 30;

const log = (line: string): void => void process.stderr.write(`chaos ${SEED}: ${line}\n`);

describePostgres('settlement under fire', () => {
  it(
    `is exact to the unit after ${BATCHES} batches and every fault among them, seed ${SEED}`,
    async () => {
      const names = Object.keys({ ...faults, ...longFaults }).filter((name) => WANTED.test(name));
      const plan = { seed: SEED, batches: BATCHES, faults: names, atOnce: 2, log };
      const report = await chaosRun(plan).catch(failedWith(SEED, BATCHES));
      log(JSON.stringify(report, undefined, 2));
      expect(report.batches).toBeGreaterThanOrEqual(BATCHES);
      expect(Object.keys(report.struck).sort()).toEqual(names.sort());
    },
    Math.max(BATCHES, 50) * SECONDS_A_BATCH * 1_000,
  );
});
