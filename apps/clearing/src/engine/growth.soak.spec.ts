/**
 * What a long life costs: `npm run soak -- growth`. An engine on Postgres goes to NOVATE_SOAK_EVENTS events (3,000,000), and
 * beside it one stays at a million. Printed on stderr: events a second, memory after a collection, and the rate of a replay
 * with verification and fold, at every one of NOVATE_SOAK_STEPS (6) steps; at the end what an append takes in the long journal and in the short one,
 * measured in turns. Times are printed and not asserted.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, expect, it } from '@jest/globals';
import { migrateJournal, postgresJournal } from '#events';
import type { Journal } from '#events';
import { evolve, initialState, stateHash } from '#ledger';
import { describePostgres, freshDatabase } from '../../../../test/support/services.js';
import { GrowthFeed } from '../testing/growth-feed.js';
import { openEngine } from '../testing/open-engine.js';
import type { Engine } from './engine.js';

const LONG = Number(process.env['NOVATE_SOAK_EVENTS'] ?? 3_000_000);
const SHORT = Math.min(1_000_000, Math.floor(LONG / 2));
const STEPS = Number(process.env['NOVATE_SOAK_STEPS'] ?? 6);
const PER_WINDOW = 20_000;
/** Items handed to the engine at once, and how many such hand-overs are under way. */
const SUBMISSION = 1_000;
const UNDER_WAY = 4;
const ROUNDS = 300;
const DAY_MS = 24 * 3_600_000;

const print = (line: string): void => void process.stderr.write(`growth: ${line}\n`);
const million = (events: number): string => `${(events / 1e6).toFixed(2)}M`;

interface House {
  readonly journal: Journal;
  readonly engine: Engine;
  readonly feed: GrowthFeed;
}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

describePostgres('growth', () => {
  const ends: (() => Promise<void>)[] = [];
  afterAll(async () => {
    for (const end of ends.reverse()) await end();
  }, 60_000);

  const house = async (): Promise<House> => {
    const database = await freshDatabase();
    await migrateJournal(database.url);
    const journal = postgresJournal({ url: database.url });
    ends.push(
      () => database.drop(),
      () => journal.close(),
    );
    const engine = await openEngine(journal, { now: () => Date.now() * 1000 });
    return { journal, engine, feed: new GrowthFeed(PER_WINDOW) };
  };

  it(
    `at ${million(LONG)} events beside ${million(SHORT)}`,
    async () => {
      const [short, long] = [await house(), await house()];
      await grow(short, SHORT);
      for (let step = 1; step <= STEPS; step += 1) {
        const before = long.engine.head.size;
        const started = performance.now();
        await grow(long, Math.ceil((LONG * step) / STEPS));
        const written = rate(long.engine.head.size - before, started);
        collect();
        const { heapUsed, rss } = process.memoryUsage();
        const memory = `heap ${mib(heapUsed)}, resident ${mib(rss)}`;
        const replayed = await replay(long);
        const at = million(long.engine.head.size).padStart(8);
        print(`${at} events: ${written}/s written, ${replayed}/s replayed, ${memory}`);
      }
      for (const [name, count] of [
        ['1', 1],
        ['1,000', 1_000],
      ] as const) {
        const [a, b] = await inTurns([short, long], count);
        const ratio = (b! / a!).toFixed(2);
        print(
          `append of ${name}: median ${a!.toFixed(2)} ms at ${million(SHORT)}, ` +
            `${b!.toFixed(2)} ms at ${million(LONG)}: ${ratio}x, goal 1.1x at most`,
        );
      }
      expect(long.engine.head.size).toBeGreaterThanOrEqual(LONG);
    },
    DAY_MS,
  );
});

async function grow({ engine, feed }: House, size: number): Promise<void> {
  const underWay: Promise<unknown>[] = [];
  while (engine.head.size < size) {
    underWay.push(engine.submit(feed.next(SUBMISSION)));
    if (underWay.length >= UNDER_WAY) await underWay.shift();
  }
  await Promise.all(underWay);
}

/** Reads, verifies and folds the whole journal; its state has to be the engine's. */
async function replay({ journal, engine }: House): Promise<string> {
  const started = performance.now();
  const state = initialState();
  let events = 0;
  for await (const batch of journal.read(0)) {
    for (const event of batch.events) evolve(state, event);
    events += batch.events.length;
  }
  const replayed = rate(events, started);
  expect(stateHash(state)).toBe(engine.stateHash());
  return replayed;
}

/** Median milliseconds until `count` items are durable, of each house, measured alternately. */
async function inTurns(houses: readonly House[], count: number): Promise<number[]> {
  const times = houses.map((): number[] => []);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [index, { engine, feed }] of houses.entries()) {
      const items = feed.next(count);
      const started = performance.now();
      await engine.submit(items);
      times[index]!.push(performance.now() - started);
    }
  }
  return times.map((of) => of.sort((a, b) => a - b)[of.length >> 1]!);
}

const rate = (events: number, since: number): string =>
  Math.round((events / (performance.now() - since)) * 1000).toLocaleString('en');
const mib = (bytes: number): string => `${Math.round(bytes / 1024 / 1024)} MiB`;
