import { postgresJournal, type Journal } from '#events';

/** A journal on EventStoreDB. */
export interface EventStorePlace {
  /** Connection string; absent: a simulated server in this process, whose journal ends with it. */
  readonly eventStore?: string;
  /** Of the streams' names: shard 0 is the stream `<prefix>-0`. */
  readonly prefix: string;
}

/** Where a journal is kept: in the Postgres database of this URL, or on EventStoreDB. */
export type JournalPlace = string | EventStorePlace;

export interface OpenedJournal {
  readonly journal: Journal;
  /** For people: `postgres`, `eventstoredb` or `eventstoredb (simulated)`. */
  readonly where: string;
  /** How another thread opens the same journal. */
  readonly place: JournalPlace;
  close(): Promise<void>;
}

export const SIMULATED = 'eventstoredb (simulated)';

/** Opens a journal. The client of EventStoreDB is loaded by who uses it and by nobody else. */
export async function openJournal(place: JournalPlace): Promise<OpenedJournal> {
  if (typeof place === 'string') return opened(postgresJournal({ url: place }), 'postgres', place);
  const { eventStoreJournal, simulatedEventStore } = await import('#events/eventstoredb');
  const { eventStore, prefix } = place;
  if (eventStore !== undefined) {
    return opened(eventStoreJournal({ url: eventStore, prefix }), 'eventstoredb', place);
  }
  const server = await simulatedEventStore();
  const reached = { eventStore: server.url, prefix };
  return opened(eventStoreJournal({ url: server.url, prefix }), SIMULATED, reached, () =>
    server.stop(),
  );
}

function opened(
  journal: Journal,
  where: string,
  place: JournalPlace,
  stop: () => Promise<void> = () => Promise.resolve(),
): OpenedJournal {
  const close = async (): Promise<void> => {
    await journal.close();
    await stop();
  };
  return { journal, where, place, close };
}

/** Problems with the environment's choice of a journal, for a list of everything wrong with it. */
export function journalProblems(env: Readonly<Record<string, string | undefined>>): string[] {
  const url = env['EVENTSTOREDB_URL']?.trim();
  if (url && !/^esdb(\+discover)?:\/\/[^\s]+$/.test(url)) {
    return ['EVENTSTOREDB_URL is no connection string: write esdb://user:password@host:2113'];
  }
  if (url && /[?&]throwOnAppendFailure=false/i.test(url)) {
    return ['EVENTSTOREDB_URL has throwOnAppendFailure=false: remove it'];
  }
  const chosen = env['NOVATE_JOURNAL']?.trim() === 'eventstoredb';
  if (chosen && !url && env['NODE_ENV'] === 'production') {
    return ['EVENTSTOREDB_URL is missing: a simulated journal is refused in production'];
  }
  return [];
}
