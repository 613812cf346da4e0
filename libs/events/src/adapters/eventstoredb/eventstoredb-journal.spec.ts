import { afterAll, beforeAll } from '@jest/globals';
import { journalContract } from '../../journal/journal.contract.js';
import { simulatedEventStore, type SimulatedEventStore } from './simulated/server.js';
import { FAULTS, faultsOf, storeOf } from './testing/store.js';

let server: SimulatedEventStore;
beforeAll(async () => {
  server = await simulatedEventStore();
});
afterAll(() => server.stop());

journalContract(
  'eventstoredb (simulated)',
  async () => storeOf(server.url, faultsOf(server)),
  FAULTS,
);
