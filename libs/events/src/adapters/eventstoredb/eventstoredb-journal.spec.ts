import { afterAll, beforeAll } from '@jest/globals';
import type { Journal } from '../../journal/journal.js';
import { journalContract } from '../../journal/journal.contract.js';
import { eventStoreJournal } from './eventstoredb-journal.js';
import { simulatedEventStore, type SimulatedEventStore } from './simulated/server.js';

let server: SimulatedEventStore;
beforeAll(async () => {
  server = await simulatedEventStore();
});
afterAll(() => server.stop());

let cases = 0;
journalContract('eventstoredb (simulated)', async () => {
  const prefix = `case-${(cases += 1)}`;
  const opened: Journal[] = [];
  const open = (): Journal => {
    const journal = eventStoreJournal({ url: server.url, prefix });
    opened.push(journal);
    return journal;
  };
  return {
    journal: open(),
    again: async () => open(),
    cleanup: async () => {
      await Promise.all(opened.map((journal) => journal.close()));
    },
  };
});
