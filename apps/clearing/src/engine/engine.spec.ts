import { describe, expect, it } from '@jest/globals';
import { memoryJournal, memoryStore } from '#events';
import type { AppendRequest, Journal, JournalHead } from '#events';
import * as ledger from '#ledger';
import { openEngine, tradeCommand } from '../testing/open-engine.js';
import { recordedEvents } from './queue.js';

const marked = (sequence: number, offset: number, window = 1) => ({
  command: tradeCommand(sequence, window),
  mark: { topic: 'trades', partition: 0, offset },
});

/** A journal whose appends are let through by hand. */
function gated(journal: Journal) {
  const appends: { request: AppendRequest; go: () => void; fail: (error: Error) => void }[] = [];
  let open = true;
  const append = (request: AppendRequest) =>
    open
      ? journal.append(request)
      : new Promise<JournalHead>((resolve, fail) => {
          appends.push({
            request,
            fail,
            go: () => void journal.append(request).then(resolve, fail),
          });
        });
  const held: Journal = {
    append,
    head: () => journal.head(),
    acquire: (writer) => journal.acquire(writer),
    read: (from, to) => journal.read(from, to),
    subscribe: (from, onBatch) => journal.subscribe(from, onBatch),
    offsets: () => journal.offsets(),
    close: () => journal.close(),
  };
  return { journal: held, appends, hold: () => (open = false) };
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 5));

describe('Engine', () => {
  it('answers once the batch is durable, with the positions its events have', async () => {
    const gate = gated(memoryJournal());
    const engine = await openEngine(gate.journal);
    const before = engine.head.size;
    gate.hold();
    let answered = false;
    const done = engine.submit([{ command: tradeCommand(1) }]).then((outcomes) => {
      answered = true;
      return outcomes;
    });
    await settled();
    expect(answered).toBe(false);
    gate.appends[0]?.go();
    const [outcome] = await done;
    const events = outcome ? recordedEvents(outcome) : [];
    expect(events.map(({ type, position }) => [type, position])).toEqual([
      ['TradeNovated', before],
    ]);
    expect(events[0]?.recordedAt).toBeGreaterThan(0);
  });

  it('makes one batch of everything that arrives while another commits', async () => {
    const gate = gated(memoryJournal());
    const engine = await openEngine(gate.journal);
    gate.hold();
    const first = engine.submit([{ command: tradeCommand(1) }]);
    const later = [2, 3, 4, 5].map((n) => engine.submit([{ command: tradeCommand(n) }]));
    expect(gate.appends).toHaveLength(1);
    gate.appends[0]?.go();
    await first;
    expect(gate.appends.map(({ request }) => request.events.length)).toEqual([1, 4]);
    gate.appends[1]?.go();
    await Promise.all(later);
  });

  it('commits progress with the events it belongs to, holes included', async () => {
    const store = memoryStore();
    const engine = await openEngine(memoryJournal(store));
    const outcomes = await engine.submit([marked(1, 0), marked(3, 1), marked(2, 2), marked(9, 3)]);
    expect(outcomes.map(({ waiting }) => waiting)).toEqual([
      undefined,
      'wait-gap',
      undefined,
      'wait-gap',
    ]);
    const [stored] = await memoryJournal(store).offsets();
    expect(stored).toEqual({ topic: 'trades', partition: 0, next: '1', ahead: 'Ag==' });
    const again = await openEngine(memoryJournal(store));
    expect(again.progress('trades', 0).isDecided(1)).toBe(false);
    expect(again.progress('trades', 0).isDecided(2)).toBe(true);
    expect(again.stateHash()).toBe(engine.stateHash());
  });

  it('records a gap once, and holds a later window', async () => {
    const store = memoryStore();
    const engine = await openEngine(memoryJournal(store));
    const before = engine.head.size;
    await engine.submit([marked(2, 0), marked(3, 1)]);
    expect(engine.head.size).toBe(before);
    const shown = { ...marked(2, 0), showsGap: true };
    await engine.submit([shown, shown]);
    expect(engine.head.size).toBe(before + 1);
    const [outcome] = await engine.submit([marked(1, 2, 7)]);
    expect(outcome).toMatchObject({ waiting: 'wait-window', events: [] });
    const [http] = await engine.submit([{ command: tradeCommand(1, 7) }]);
    expect(http?.rejection?.code).toBe('4005_WINDOW_NOT_OPEN');
    const again = await openEngine(memoryJournal(store));
    await again.submit([shown]);
    expect(again.head.size).toBe(before + 1);
  });

  it('records an unreadable HTTP message that came too early without its sequence', async () => {
    const engine = await openEngine();
    const { at, source } = tradeCommand(5);
    const rejection = ledger.reject('MALFORMED_JSON', 'value', 'no JSON');
    const unreadable = {
      kind: 'unreadable',
      at,
      rejection,
      source,
      actor: 'x',
      occurredAt: 1,
    } as const;
    const [outcome] = await engine.submit([{ command: unreadable }]);
    expect(outcome?.events[0]).toMatchObject({ type: 'InputRejected', data: { consumed: false } });
    const mark = { topic: 'trades', partition: 0, offset: 0 };
    const [kafka] = await engine.submit([{ command: unreadable, mark }]);
    expect(kafka?.waiting).toBe('wait-gap');
  });

  it('ends for good when an append fails, and takes nothing new', async () => {
    const gate = gated(memoryJournal());
    const fatal: string[] = [];
    const engine = await openEngine(gate.journal, { onFatal: (e) => fatal.push(e.message) });
    gate.hold();
    const pending = [1, 2, 3].map((n) => engine.submit([{ command: tradeCommand(n) }]));
    gate.appends[0]?.fail(new Error('disk gone'));
    for (const one of pending) await expect(one).rejects.toThrow('disk gone');
    await expect(engine.submit([{ command: tradeCommand(4) }])).rejects.toThrow('disk gone');
    expect(fatal).toEqual(['disk gone']);
    expect(gate.appends).toHaveLength(1);
  });

  it('is fenced off by a newer writer', async () => {
    const store = memoryStore();
    const old = await openEngine(memoryJournal(store), { onFatal: () => undefined });
    const newer = await openEngine(memoryJournal(store));
    await expect(old.submit([{ command: tradeCommand(1) }])).rejects.toThrow();
    await newer.submit([{ command: tradeCommand(1) }]);
    expect(newer.state.positions.get('M1-H|BTC-PERP')?.quantity).toBe(1000n);
  });

  it('writes nothing when the books do not sum to zero, or the machine fails', async () => {
    for (const broken of ['assertConservation', 'step'] as const) {
      const store = memoryStore();
      const ready = await openEngine(memoryJournal(store));
      const machine = { ...ledger };
      const engine = await openEngine(memoryJournal(store), { machine, onFatal: () => undefined });
      machine[broken] = () => {
        throw new Error('books do not balance');
      };
      const refused = engine.submit([{ command: tradeCommand(1) }]);
      await expect(refused).rejects.toThrow('books do not balance');
      expect(store.head.size).toBe(ready.head.size);
    }
  });

  it('closes only after everything it took is durable', async () => {
    const gate = gated(memoryJournal());
    const engine = await openEngine(gate.journal);
    const before = engine.head.size;
    gate.hold();
    const taken = [1, 2].map((n) => engine.submit([{ command: tradeCommand(n) }]));
    const closed = engine.close();
    await expect(engine.submit([{ command: tradeCommand(3) }])).rejects.toThrow('closing');
    gate.appends[0]?.go();
    await taken[0];
    gate.appends[1]?.go();
    await closed;
    expect(engine.head.size).toBe(before + 2);
  });
});
