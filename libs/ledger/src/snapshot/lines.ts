import { canonical, type EntryValue } from '../canonical-entry.js';
import { byCode, type HouseState } from '../state.js';
import { entryLine } from '../state-hash.js';
import { entriesInOrder } from '../state-tree/entry-of.js';

/** First element of the lines that hold what entries name by its hash only: see `stateLines`. */
export const HISTORY = 'novate/history';
export const HISTORY_DAY = 'novate/history-day';
export const PARAMETERS = 'novate/parameters';

/**
 * A state in lines of canonical JSON, from which `StateReader` makes it again. First the preimages of its leaves, in order;
 * then, because entries hold their hashes only, every factor history (`[HISTORY, id, {factors, numeraire}]`, followed by its
 * days `[HISTORY_DAY, id, date, values]`) and every parameter document (`[PARAMETERS, proposal, text]`). Lazily: the state has
 * to stand still until the last line was taken.
 */
export function* stateLines(state: HouseState): Generator<string> {
  for (const entry of entriesInOrder(state)) yield entryLine(entry);
  const histories = [...state.risk.histories].sort(([a], [b]) => byCode(a, b));
  for (const [id, { factors, numeraire, dates, values }] of histories) {
    const named = factors as unknown as EntryValue;
    yield canonical([HISTORY, id, { factors: named, numeraire }]);
    for (const [i, date] of dates.entries()) yield canonical([HISTORY_DAY, id, date, values[i]!]);
  }
  const models = [...state.risk.models].sort(([a], [b]) => byCode(a, b));
  for (const [id, { parameters }] of models) yield canonical([PARAMETERS, id, parameters]);
}
