import type { EntryValue, StateEntry } from '../canonical-entry.js';
import { rememberedIn, valueOf } from '../entry-values.js';
import { railValueOf } from '../rails/entries.js';
import { riskValueOf } from '../risk/entries.js';
import type { HouseState } from '../state.js';

type Read = (state: HouseState, id: string) => EntryValue | undefined;

/** The part of a composed id before its first `|`, and the rest. */
export function splitId(id: string): readonly [first: string, rest: string] {
  const bar = id.indexOf('|');
  return [id.slice(0, bar), id.slice(bar + 1)];
}

function of<T>(value: (item: T) => EntryValue, item: T | undefined): EntryValue | undefined {
  return item === undefined ? undefined : value(item);
}
const number = (units: bigint): EntryValue => `${units}`;

const reads = {
  house: (state) => valueOf.house(state),
  'checkpoint-key': (state) => of(valueOf.checkpointKey, state.checkpointKey),
  asset: (state, id) => of(valueOf.asset, state.assets.get(id)),
  member: (state, id) => of(valueOf.member, state.members.get(id)),
  account: (state, id) => of(valueOf.account, state.accounts.get(id)),
  venue: (state, id) => of(valueOf.venue, state.venues.get(id)),
  instrument: (state, id) => of(valueOf.instrument, state.instruments.get(id)),
  position: (state, id) => of(valueOf.position, state.positions.get(id)),
  settled: (state, id) => of(valueOf.settled, state.settled.get(id)),
  stream: (state, id) => of(valueOf.stream, state.streams.get(id)),
  funding: (state, id) => of(number, state.funding.get(id)),
  'give-up': (state, id) => of(valueOf.giveUp, state.giveUps.get(id)),
  withdrawal: (state, id) => of(valueOf.withdrawal, state.withdrawals.get(id)),
  request: (state, id) => state.requests.get(id),
  book: (state, id) => {
    const [asset, book] = splitId(id);
    return of(number, state.books.get(asset)?.get(book));
  },
  mark: (state, id) => {
    const [instrument, stream] = splitId(id);
    return of(valueOf.marks, state.marks.get(instrument)?.get(stream));
  },
  closing: (state, id) => {
    const [window, venue] = splitId(id);
    return of(valueOf.closing, state.closings.get(Number(window))?.get(venue));
  },
  'factor-history': (state, id) => of(riskValueOf.history, state.risk.histories.get(id)),
  'risk-model': (state, id) => of(riskValueOf.model, state.risk.models.get(id)),
  requirement: (state, id) => of(riskValueOf.requirement, state.risk.requirements.get(id)),
  rail: (state, id) => of(railValueOf.rail, state.rails.rails.get(id)),
  'settlement-account': (state, id) => of(railValueOf.account, state.rails.accounts.get(id)),
  'settlement-leg': (state, id) => of(railValueOf.leg, state.rails.legs.get(id)),
} as const satisfies Readonly<Record<string, Read>>;

/** The kinds of entries there are; the ids remembered in a window are read by `rememberedIn`. */
export type EntryKind = keyof typeof reads | 'remembered';

type Ids = (state: HouseState) => Iterable<string>;
type Nested<K> = ReadonlyMap<K, ReadonlyMap<string, unknown>>;

function* composed<K extends string | number>(outer: Nested<K>): Iterable<string> {
  for (const [first, inner] of outer) for (const rest of inner.keys()) yield `${first}|${rest}`;
}

const ids: { readonly [K in EntryKind]: Ids } = {
  house: () => ['house'],
  'checkpoint-key': ({ checkpointKey }) => (checkpointKey === undefined ? [] : ['log']),
  asset: ({ assets }) => assets.keys(),
  member: ({ members }) => members.keys(),
  account: ({ accounts }) => accounts.keys(),
  venue: ({ venues }) => venues.keys(),
  instrument: ({ instruments }) => instruments.keys(),
  position: ({ positions }) => positions.keys(),
  settled: ({ settled }) => settled.keys(),
  stream: ({ streams }) => streams.keys(),
  funding: ({ funding }) => funding.keys(),
  'give-up': ({ giveUps }) => giveUps.keys(),
  withdrawal: ({ withdrawals }) => withdrawals.keys(),
  request: ({ requests }) => requests.keys(),
  book: ({ books }) => composed(books),
  mark: ({ marks }) => composed(marks),
  closing: ({ closings }) => composed(closings),
  remembered: function* ({ rememberedIn: windows }) {
    for (const [window, keys] of windows) {
      const streams = new Set<string>();
      for (const key of keys) streams.add(key.slice(0, key.indexOf('/')));
      for (const stream of streams) yield `${window}|${stream}`;
    }
  },
  'factor-history': ({ risk }) => risk.histories.keys(),
  'risk-model': ({ risk }) => risk.models.keys(),
  requirement: ({ risk }) => risk.requirements.keys(),
  rail: ({ rails }) => rails.rails.keys(),
  'settlement-account': ({ rails }) => rails.accounts.keys(),
  'settlement-leg': ({ rails }) => rails.legs.keys(),
};

/** The kinds of entries there are, in the order of the entries. */
export const entryKinds = (Object.keys(ids) as EntryKind[]).sort();

/**
 * `stateEntries` one by one, so that whoever writes them down can pause between two. The state has to stand still until
 * the last one was taken.
 */
export function* entriesInOrder(state: HouseState): Generator<StateEntry> {
  const read = entryReader(state);
  for (const kind of entryKinds) {
    for (const id of [...ids[kind](state)].sort()) yield [kind, id, read(kind, id)!];
  }
}

/**
 * Reads single entries of a state that stands still meanwhile. The ids remembered in a window are gone through once, for
 * all of its streams.
 */
export function entryReader(
  state: HouseState,
): (kind: string, id: string) => EntryValue | undefined {
  const windows = new Map<string, Map<string, EntryValue[]>>();
  return (kind, id) => {
    if (kind !== 'remembered') {
      return Object.hasOwn(reads, kind) ? reads[kind as keyof typeof reads](state, id) : undefined;
    }
    const [window, stream] = splitId(id);
    let streams = windows.get(window);
    if (streams === undefined) {
      streams = rememberedIn(state, Number(window));
      windows.set(window, streams);
    }
    return streams.get(stream);
  };
}
