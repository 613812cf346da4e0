import { describe, expect, it } from '@jest/globals';
import { memoryJournal, memorySnapshots, memoryStore, signingKey } from '#events';
import { takeSnapshot } from '#ledger';
import { openEngine, tradeCommand } from '../testing/open-engine.js';
import { Snapshots, type SnapshotsOptions } from './snapshots.js';

const key = signingKey('novate.test', '11'.repeat(32));
const another = signingKey('novate.test', '22'.repeat(32));
const trades = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => ({ command: tradeCommand(from + i) }));

function house(more: Partial<SnapshotsOptions> = {}) {
  const store = memoryStore();
  const lines: string[] = [];
  const snapshots = memorySnapshots();
  const options = (journal = memoryJournal(store)) => ({
    ...{ journal, store: snapshots, key, every: 50, keep: 2 },
    log: (line: string) => void lines.push(line),
    ...more,
  });
  /** A life of the app: an engine and its snapshots, started from what the store holds. */
  const live = async (changed: Partial<SnapshotsOptions> = {}) => {
    const own = { ...options(), ...changed };
    const beside = new Snapshots(own);
    let from = -1;
    const engine = await openEngine(own.journal, {
      start: async () => {
        const start = await beside.start();
        from = start.size;
        return start;
      },
    });
    beside.follow(engine);
    return { beside, engine, from };
  };
  return { live, lines, snapshots, options };
}

describe('snapshots beside an engine', () => {
  it('are taken as events come, and the next start goes on from the newest', async () => {
    const { live, lines, snapshots } = house();
    const first = await live();
    let next = 1;
    for (; next < 2_000 && (await snapshots.list()).length < 2; next += 20) {
      await first.engine.submit(trades(next, next + 20));
      await new Promise((resolve) => setImmediate(resolve));
    }
    const { hash } = first.engine.head;
    const state = first.engine.stateHash();
    await first.engine.close();
    await first.beside.stop();
    const sizes = (await snapshots.list()).map(({ size }) => size);
    expect(sizes.length).toBe(2);

    const second = await live();
    expect(second.from).toBe(sizes[0]);
    expect([second.engine.head.hash, second.engine.stateHash()]).toEqual([hash, state]);
    expect(lines).toContain(`snapshot: starting from position ${sizes[0]}`);
    const [one, other] = await second.engine.submit(trades(next, next + 2));
    expect([one?.events[0]?.type, other?.events[0]?.type]).toEqual([
      'TradeNovated',
      'TradeNovated',
    ]);
    const [old] = await second.engine.submit(trades(5, 6));
    expect(old?.events.map(({ type }) => type)).not.toContain('TradeNovated');

    const fromZero = await live({ store: memorySnapshots() });
    expect(fromZero.from).toBe(0);
    expect(fromZero.engine.stateHash()).toBe(second.engine.stateHash());
  });

  it('hold up nobody where they cannot be kept', async () => {
    const full = { ...memorySnapshots(), save: () => Promise.reject(new Error('disk full')) };
    const { live, lines } = house({ store: full });
    const { engine, beside } = await live();
    await engine.submit(trades(1, 100));
    await engine.submit(trades(100, 101));
    await beside.stop();
    expect(engine.failed).toBeUndefined();
    expect(lines).toEqual(['snapshot: not taken: Error: disk full']);
  });

  it('of another key are refused aloud, and the engine starts from position 0', async () => {
    const { live, lines, options } = house({ every: 0 });
    const first = await live();
    await first.engine.submit(trades(1, 100));
    const { store, ...rest } = options();
    await takeSnapshot({ ...rest, snapshots: store, key: another, keys: [another.verifier] });
    const second = await live();
    expect(second.from).toBe(0);
    expect(lines[0]).toMatch(/snapshot at \d+ refused: line 4: signed by/);
    expect(second.engine.stateHash()).toBe(first.engine.stateHash());
    // After a change of keys the one before is trusted still.
    const third = await live({ previousKey: another });
    expect(third.from).toBe(first.engine.head.size);
  });

  it('are neither taken nor read without a key', async () => {
    const { live, lines, snapshots, options } = house();
    const { key: _, ...keyless } = options();
    const beside = new Snapshots(keyless);
    const { engine } = await live();
    beside.follow(engine);
    expect((await beside.start()).size).toBe(0);
    expect([await snapshots.list(), lines]).toEqual([[], []]);
  });

  it('whose tail does not continue them end the start', async () => {
    const { live } = house();
    const { engine } = await live();
    await engine.submit(trades(1, 10));
    const { state, head } = engine;
    const journal = memoryJournal();
    await (await openEngine(journal)).submit(trades(1, 40));
    const start = async () => ({ state, ...head });
    await expect(openEngine(journal, { start })).rejects.toThrow(/does not continue the state/);
    const atHead = async () => ({ state, ...(await journal.head()), hash: 'f'.repeat(64) });
    await expect(openEngine(journal, { start: atHead })).rejects.toThrow('its head counts');
  });
});
