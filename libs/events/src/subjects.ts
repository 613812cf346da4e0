import type { AnyNewEvent } from './event.js';

const kinds: Readonly<Record<string, string>> = {
  account: 'account',
  buyer: 'account',
  seller: 'account',
  from: 'account',
  to: 'account',
  member: 'member',
  venue: 'venue',
  instrument: 'instrument',
  asset: 'asset',
};

/**
 * The things an event is about, as `kind:id`, sorted and each once: read from its data, so they are not stored twice.
 */
export function subjectsOf(event: AnyNewEvent): string[] {
  const subjects = new Set<string>();
  collect(event.data, subjects, 0);
  if (event.type === 'GapAccepted') {
    // Its `from` and `to` are sequence numbers, not accounts.
    for (const s of subjects) if (s.startsWith('account:')) subjects.delete(s);
  }
  return [...subjects].sort();
}

const MAX_DEPTH = 3;

function collect(value: unknown, subjects: Set<string>, depth: number): void {
  if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) return;
  for (const [key, entry] of Object.entries(value)) {
    const kind = kinds[key];
    if (kind !== undefined && typeof entry === 'string') subjects.add(`${kind}:${entry}`);
    else if (key === 'entries') addEntries(entry, subjects);
    else if (key !== 'postings') collect(entry, subjects, depth + 1);
  }
}

function addEntries(entries: unknown, subjects: Set<string>): void {
  if (!Array.isArray(entries)) return;
  for (const entry of entries as unknown[]) {
    if (Array.isArray(entry)) subjects.add(`account:${String(entry[0])}`);
  }
}
