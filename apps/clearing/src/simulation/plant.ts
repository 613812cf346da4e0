import type { AppendRequest, Journal, MemoryStore } from '#events';
import * as ledger from '#ledger';
import type { Command } from '#ledger';
import type { Machine } from '../engine/index.js';
import type { MessageSink } from '../outputs/index.js';
import type { ReadStore } from '../read/project/store.js';
import { RowBuffer } from '../read/project/tables.js';

/** A bug planted to see whether the simulator finds it. Nothing outside specs plants any. */
export interface Plant {
  readonly journal?: (journal: Journal, store: MemoryStore) => Journal;
  readonly machine?: Machine;
  readonly sink?: (sink: MessageSink) => MessageSink;
  readonly readStore?: (store: ReadStore) => ReadStore;
}

type Append = (
  request: AppendRequest,
  journal: Journal,
  store: MemoryStore,
) => ReturnType<Journal['append']>;

/** A journal that appends in its own way, and does the rest as it should. */
const appending = (append: Append): Pick<Plant, 'journal'> => ({
  journal: (journal, store) =>
    Object.create(journal, {
      append: { value: (request: AppendRequest) => append(request, journal, store) },
    }) as Journal,
});

/** A ledger that hears another command than was given. */
const hearing = (change: (state: ledger.HouseState, command: Command) => Command): Plant => ({
  machine: {
    ...ledger,
    step: (state, command, assess) => ledger.step(state, change(state, command), assess),
  },
});

/** The bugs the simulator has to find, each a small lie of one part. */
export const plants: Readonly<Record<string, Plant>> = {
  'a journal that drops an event': appending((request, journal) => {
    const { events } = request;
    return journal.append({ ...request, events: events.length > 1 ? events.slice(1) : events });
  }),
  'a journal that repeats an event': appending((request, journal) =>
    journal.append({ ...request, events: [...request.events, ...request.events.slice(-1)] }),
  ),
  'a journal that answers and has written nothing': appending(async (request, journal) => {
    const { expected, events } = request;
    if (expected.batches !== 7) return journal.append(request);
    return { ...expected, batches: expected.batches + 1, size: expected.size + events.length };
  }),
  'a journal that forgets the offsets': appending((request, journal) =>
    journal.append({ ...request, offsets: [] }),
  ),
  'a journal that lets an old writer write': appending((request, journal, { head }) =>
    journal.append({ ...request, expected: head }),
  ),
  'a disk that flips a bit': appending(async (request, journal, store) => {
    const head = await journal.append(request);
    const payload = store.segments.at(-1)?.payload;
    if (head.batches === 5 && payload) payload[0] = (payload[0] ?? 0) ^ 1;
    return head;
  }),
  'an engine that takes a repeated trade for a new one': hearing((state, command) => {
    if (command.kind !== 'input' || command.body.type !== 'trade') return command;
    const { at, body } = command;
    if (ledger.readiness(state, at) !== 'old') return command;
    const trade = { ...body.trade, tradeId: `${body.trade.tradeId}-again` };
    const sequence = ledger.expectedSequence(state, at.stream);
    return { ...command, at: { ...at, sequence }, body: { ...body, trade } };
  }),
  'an engine that mishears a price': hearing((_, command) => {
    if (command.kind !== 'input' || command.body.type !== 'trade') return command;
    const { trade } = command.body;
    if (!trade.price.endsWith('7')) return command;
    const price = trade.price.replace(/7$/, '8');
    return { ...command, body: { ...command.body, trade: { ...trade, price } } };
  }),
  'an engine that credits the wrong account': hearing((_, command) => {
    if (command.kind !== 'input' || command.body.type !== 'deposit') return command;
    const account = command.body.account === 'M2-H' ? 'M3-H' : command.body.account;
    return { ...command, body: { ...command.body, account } };
  }),
  'a broker that confirms and keeps nothing': {
    sink: (sink) => ({
      start: () => sink.start(),
      stop: () => sink.stop(),
      send: (messages) => sink.send(messages.filter((_, i) => i !== 2)),
    }),
  },
  'a read model that loses rows': {
    readStore: (store) => ({
      commit: (from, to, rows) =>
        store.commit(from, to, to.batches % 5 === 0 ? new RowBuffer() : rows),
      end: () => store.end(),
    }),
  },
};
