import { randomUUID } from 'node:crypto';
import { SIMULATED, type JournalPlace } from '../../../clearing/src/journal.js';
import { journalPlace } from '../journal.js';
import type { Cleanup } from '../terminal/cleanup.js';

/** Where the demo keeps its journal. */
export interface DemoJournal {
  readonly place: JournalPlace;
  /** For people, as `openJournal` says it. */
  readonly where: string;
  /** What tells the clearing app, and anybody who looks around afterwards. */
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * In the demo's own database; with NOVATE_JOURNAL=eventstoredb on the server of EVENTSTOREDB_URL, in a stream of this run,
 * or where that is not set on a simulated one in this process, so that the app may end and start again.
 */
export async function demoJournal(databaseUrl: string, cleanup: Cleanup): Promise<DemoJournal> {
  const { NOVATE_JOURNAL: kind, EVENTSTOREDB_URL: given } = process.env;
  if (kind === undefined || kind === '' || kind === 'postgres') {
    return { place: databaseUrl, where: 'postgres', environment: {} };
  }
  let url = given;
  if (!url) {
    const { simulatedEventStore } = await import('#events/eventstoredb');
    const server = await simulatedEventStore();
    cleanup.add(() => server.stop());
    ({ url } = server);
  }
  const environment = {
    NOVATE_JOURNAL: kind,
    EVENTSTOREDB_URL: url,
    NOVATE_EVENTSTOREDB_PREFIX: `novate-demo-${randomUUID().slice(0, 8)}`,
  };
  return { place: journalPlace(environment), where: given ? kind : SIMULATED, environment };
}
