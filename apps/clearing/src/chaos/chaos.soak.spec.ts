/**
 * Chaos for as long as it is wanted: `npm run soak -- chaos`. NOVATE_CHAOS_ROUNDS days (5), each with NOVATE_CHAOS_FAULTS
 * faults (20) in an order that NOVATE_CHAOS_SEED (1) decides. What strikes when is on stderr, and at the end how often.
 */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { describeServices } from '../../../../test/support/services.js';
import { Random } from '../simulation/random.js';
import { strikes } from './faults.js';
import { chaosRound } from './round.js';
import { startServers } from './servers.js';
import type { Servers } from './servers.js';

const numberOf = (name: string, otherwise: number): number =>
  Number(process.env[name] ?? otherwise);
const rounds = numberOf('NOVATE_CHAOS_ROUNDS', 5);
const faultsPerRound = numberOf('NOVATE_CHAOS_FAULTS', 20);
const firstSeed = numberOf('NOVATE_CHAOS_SEED', 1);
const HOUR_MS = 3_600_000;

const log = (line: string): void => void process.stderr.write(`chaos: ${line}\n`);

describeServices('chaos', () => {
  const counts = new Map<string, number>();
  let servers: Servers;
  beforeAll(async () => {
    servers = await startServers();
  }, 90_000);
  afterAll(async () => {
    for (const [fault, times] of counts) log(`${String(times).padStart(5)}  ${fault}`);
    await servers?.stop();
  }, 30_000);

  it.each(Array.from({ length: rounds }, (_, round) => firstSeed + round))(
    'seed %i: nothing lost, nothing twice, the undisturbed state',
    async (seed) => {
      const random = new Random(seed);
      const faults = Array.from({ length: faultsPerRound }, () =>
        random.pick(Object.keys(strikes)),
      );
      const size = { windows: [6, 12], trades: [20, 40] } as const;
      const report = await chaosRound(servers, {
        seed,
        size,
        faults,
        log: (line) => log(`seed ${seed}: ${line}`),
      });
      for (const fault of report.struck) counts.set(fault, (counts.get(fault) ?? 0) + 1);
      log(`seed ${seed}: ${report.messages} messages, processes ended: ${report.ends.join(', ')}`);
      expect(report.findings).toEqual([]);
    },
    HOUR_MS,
  );
});
