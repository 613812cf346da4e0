import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { initialState, stateHash } from '#ledger';
import { Driver, numbered } from './testing/driver.js';
import { history, runs } from './testing/generate.js';
import { crash, lives } from './testing/isolation.js';
import { planOf } from './testing/plan.js';
import { activateModel, flatAssess } from './testing/risk-house.js';
import { shuffle } from './testing/shuffle.js';
import { feed, replay, Watcher } from './testing/simulate.js';
import { setup } from './testing/world.js';

const DAYS = 10;
const settings = runs(100);
/** Milliseconds: generous, and in proportion where a soak asks for more. */
const timeout = Math.max(60_000, settings.numRuns * 600);

describe(`random days, FC_SEED=${settings.seed} FC_RUNS=${settings.numRuns}`, () => {
  let days = 0;

  test(
    'conserve after every fact and equal the reference in every cycle',
    () => {
      fc.assert(
        fc.property(history(DAYS), (random) => {
          const state = initialState();
          const watcher = new Watcher();
          const driver = new Driver(state, (events) => watcher.see(events));
          for (const item of numbered(planOf(random))) driver.submit(item);
          expect(driver.waiting).toEqual([]);
          expect(watcher.cycles).toBe(random.days.length);
          expect(stateHash(watcher.shadow)).toBe(stateHash(state));
          days += watcher.cycles;
        }),
        settings,
      );
      expect(days).toBeGreaterThanOrEqual(settings.numRuns * DAYS);
    },
    timeout,
  );

  test(
    'replayed from zero, and continued from any prefix, end in the same hash',
    () => {
      fc.assert(
        fc.property(history(DAYS), (random) => {
          const items = numbered(planOf(random));
          const whole = feed(items);
          expect(stateHash(replay(whole.events))).toBe(whole.hash);
          const cut = Math.floor((items.length * random.cutAt) / 1000);
          const before = feed(items.slice(0, cut));
          const resumed = replay(before.events);
          expect(stateHash(resumed)).toBe(before.hash);
          const rest = whole.events.slice(before.events.length);
          expect(stateHash(replay(rest, resumed))).toBe(whole.hash);
          // A house that was replayed also decides as the one that never stopped.
          const restarted = feed([...before.waiting, ...items.slice(cut)], replay(before.events));
          expect(restarted.hash).toBe(whole.hash);
          expect(restarted.events).toEqual(rest);
        }),
        settings,
      );
    },
    timeout,
  );

  test(
    'arriving in another interleaving of their streams end in the same hash',
    () => {
      fc.assert(
        fc.property(history(DAYS), (random) => {
          const items = numbered(planOf(random));
          const { hash } = feed(items);
          for (const seed of random.seeds) expect(feed(shuffle(items, seed)).hash).toBe(hash);
        }),
        settings,
      );
    },
    timeout,
  );

  test(
    'assessed at every cut, they end in the same hash in any interleaving, and replayed',
    () => {
      fc.assert(
        fc.property(history(DAYS), (random) => {
          const items = numbered(planOf(random));
          const opening = setup(random.expiry).length;
          const run = (rest: typeof items) => {
            const { state } = feed(items.slice(0, opening));
            activateModel(state);
            return feed(rest, state, flatAssess);
          };
          const whole = run(items.slice(opening));
          expect(whole.state.risk.requirements.size).toBeGreaterThan(0);
          for (const seed of random.seeds) {
            expect(run(shuffle(items.slice(opening), seed)).hash).toBe(whole.hash);
          }
          const { state } = feed(items.slice(0, opening));
          activateModel(state);
          expect(stateHash(replay(whole.events, state))).toBe(whole.hash);
        }),
        { ...settings, numRuns: Math.ceil(settings.numRuns / 4) },
      );
    },
    timeout,
  );

  test(
    'an isolated account that cannot pay touches no other account',
    () => {
      let broke = 0;
      fc.assert(
        fc.property(crash, (random) => {
          const alone = lives(random, 'ALONE');
          const rich = lives(random, 'RICH');
          expect(new Set(alone.debtors).size).toBeLessThanOrEqual(1);
          expect(alone.debtors.filter((account) => account !== 'ALONE')).toEqual([]);
          expect(rich.debtors).toEqual([]);
          expect(alone.wealth).toEqual(rich.wealth);
          if (alone.debtors.length > 0) broke += 1;
        }),
        settings,
      );
      expect(broke).toBeGreaterThan(settings.numRuns / 2);
    },
    timeout,
  );
});
