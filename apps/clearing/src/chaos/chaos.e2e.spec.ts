import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { describeServices } from '../../../../test/support/services.js';
import { strikes } from './faults.js';
import { chaosRound } from './round.js';
import { startServers } from './servers.js';
import type { Servers } from './servers.js';

describeServices('a house whose app, broker and database are killed', () => {
  let servers: Servers;
  beforeAll(async () => {
    servers = await startServers();
  }, 90_000);
  afterAll(() => servers?.stop(), 30_000);

  it('loses nothing, repeats nothing, and ends in the undisturbed state, after every fault', async () => {
    const faults = Object.keys(strikes);
    const size = { windows: [4, 4], trades: [12, 20] } as const;
    const report = await chaosRound(servers, { seed: 1, size, faults });
    expect(report.findings).toEqual([]);
    expect(report.struck).toEqual(faults);
    expect(report.messages).toBeGreaterThan(100);
  }, 180_000);
});
