/** The journal on EventStoreDB. A door of its own, so that processes without it never load its client. */
export { eventStoreJournal, type EventStoreJournalOptions } from './eventstoredb-journal.js';
export { simulatedEventStore, type SimulatedEventStore } from './simulated/server.js';
