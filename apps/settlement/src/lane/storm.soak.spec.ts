import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { describePostgres, freshDatabase } from '../../../../test/support/services.js';
import { migrateSettlement } from '../database/migrate.js';
import { Storm } from '../testing/storm.js';
import type { Observation } from '../watcher/index.js';

/** `npm run soak -- settlement`; NOVATE_STORM_SEED is the first seed, NOVATE_STORM_SEEDS how many. */
const FIRST = Number(process.env['NOVATE_STORM_SEED'] ?? 1);
const SEEDS = Number(process.env['NOVATE_STORM_SEEDS'] ?? 5);

/** Numbers told as final of one kind of fact, in the order they were told. */
const told = (observations: readonly Observation[], kind: 'deposit' | 'batch'): bigint[] =>
  observations.flatMap((each) =>
    each.type === 'Final' && each.fact.kind === kind ? [each.fact.number] : [],
  );

describePostgres('submitters and a watcher in a storm', () => {
  const databases: Awaited<ReturnType<typeof freshDatabase>>[] = [];
  beforeEach(async () => {
    for (let n = 0; n < 2; n += 1) {
      const database = await freshDatabase();
      await migrateSettlement(database.url);
      databases.push(database);
    }
  });
  afterEach(async () => {
    for (const database of databases.splice(0)) await database.drop();
  });

  it.each(Array.from({ length: SEEDS }, (_, n) => FIRST + n))(
    'apply every batch once and tell every deposit once, seed %i',
    async (seed) => {
      const [one, two] = databases.map(({ url }) => url);
      const batches = 25;
      const options = { seed, batches, databases: [one ?? '', two ?? ''] as const };
      const report = await new Storm(options).run();
      process.stderr.write(
        `seed ${seed}: ${report.nonces} nonces for ${batches} batches, ${report.deposits} deposits, ${JSON.stringify(report.faults)}\n`,
      );
      expect(report.lastSeq).toBe(BigInt(batches));
      expect(report.moved).toBe(BigInt(batches));
      expect(BigInt(report.final.length)).toBe(report.deposits);
      // Told once each and in order; where finality broke, the chain may hold fewer now than it once called final.
      for (const kind of ['deposit', 'batch'] as const) {
        const numbers = told(report.observations, kind);
        expect(numbers).toEqual(numbers.map((_, n) => BigInt(n + 1)));
        const now = kind === 'deposit' ? report.final.length : batches;
        const isBroken = report.observations.some(({ type }) => type === 'FinalityViolated');
        if (isBroken) expect(numbers.length).toBeGreaterThanOrEqual(now);
        else expect(numbers).toHaveLength(now);
      }
    },
    240_000,
  );
});
