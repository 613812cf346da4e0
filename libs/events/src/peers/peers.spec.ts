import { afterAll, beforeAll } from '@jest/globals';
import { memoryJournal, memoryStore } from '../adapters/memory/memory-journal.js';
import {
  type SimulatedEventStore,
  simulatedEventStore,
} from '../adapters/eventstoredb/simulated/server.js';
import { storeOf } from '../adapters/eventstoredb/testing/store.js';
import { peersContract } from './peers.contract.js';

peersContract('memory', async () => {
  const store = memoryStore();
  return {
    journal: memoryJournal(store),
    again: async () => memoryJournal(store),
    cleanup: async () => undefined,
  };
});

let server: SimulatedEventStore;
beforeAll(async () => {
  server = await simulatedEventStore();
});
afterAll(() => server.stop());
// The losses of EventStoreDB's own client are cases of client-bugs.spec.ts.
peersContract('eventstoredb (simulated)', async () => storeOf(server.url));
