import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  entryHash,
  evolve,
  initialState,
  merkleRoot,
  proveEntry,
  provenRoot,
  stateEntries,
  stateHash,
  StateTree,
} from '#ledger';
import { Driver, numbered } from '../testing/driver.js';
import { history, runs } from '../testing/generate.js';
import { openHouse } from '../testing/given.js';
import { planOf } from '../testing/plan.js';
import { activateModel, approval, flatAssess, proposal } from '../testing/risk-house.js';
import { riskHouse } from '../testing/risk-house.js';
import { journalled } from '../testing/simulate.js';
import { setup } from '../testing/world.js';
import { MerkleLevels } from './merkle-levels.js';

const settings = runs(8);

/** Random histories, assessed at every cut: the facts of each step and the state after it. */
function walk(random: Parameters<typeof planOf>[0], seen: (tree: StateTree) => void): void {
  const shadow = initialState();
  const tree = new StateTree(shadow);
  const state = initialState();
  const driver = new Driver(
    state,
    (events) => {
      for (const event of events.map(journalled)) {
        evolve(shadow, event);
        seen(tree);
      }
    },
    flatAssess,
  );
  const items = numbered(planOf(random));
  const opening = setup(random.expiry).length;
  for (const item of items.slice(0, opening)) driver.submit(item);
  activateModel(state);
  activateModel(shadow);
  for (const item of items.slice(opening)) driver.submit(item);
  expect(tree.root()).toBe(stateHash(state));
}

describe(`the state tree, FC_SEED=${settings.seed} FC_RUNS=${settings.numRuns}`, () => {
  it('has the root of the full recompute after every event of random days', () => {
    let events = 0;
    fc.assert(
      fc.property(history(5), (random) => {
        walk(random, (tree) => {
          events += 1;
          tree.check();
        });
      }),
      { seed: settings.seed, numRuns: settings.numRuns },
    );
    expect(events).toBeGreaterThan(settings.numRuns * 100);
  }, 120_000);

  it('catches up on many events at once as on each of them', () => {
    fc.assert(
      fc.property(history(5), fc.integer({ min: 2, max: 60 }), (random, every) => {
        let events = 0;
        walk(random, (tree) => {
          events += 1;
          if (events % every === 0) tree.check();
        });
      }),
      settings,
    );
  }, 120_000);

  it('follows a model through its life', () => {
    const house = riskHouse();
    const tree = new StateTree(house.state);
    for (const command of [
      proposal('P2'),
      approval('P2'),
      { kind: 'record-factor-day', history: 'crypto', date: '2024-06-30', values: ['61000.5'] },
      { kind: 'withdraw-risk-model', proposal: 'P2', reason: 'a mistake', actor: 'risk:risk' },
    ]) {
      expect(house.ask(command)).toBeUndefined();
      tree.check();
    }
  });

  it('follows a trade that is given up, busted where it is carried, and given up in a later window', () => {
    const house = openHouse();
    const tree = new StateTree(house.state);
    const held = () => tree.check();
    for (const [id, later] of [
      ['T1', false],
      ['T2', true],
    ] as const) {
      const trade = house.terms(id, 'M1-H', 'M2-H', '1', '60000');
      expect(house.send('V1', 'trades', 'BTC-PERP', { type: 'trade', trade })).toBeUndefined();
      held();
      if (later) house.mark('60000');
      if (later) house.cut();
      held();
      const giveUp = { giveUpId: `G-${id}`, venue: 'V1', trade, side: 'buy', to: 'M3-H' };
      expect(house.ask({ kind: 'propose-give-up', ...giveUp })).toBeUndefined();
      held();
      expect(house.ask({ kind: 'accept-give-up', giveUpId: giveUp.giveUpId })).toBeUndefined();
      held();
      const bust = { type: 'trade-bust', trade } as const;
      expect(house.send('V1', 'trades', 'BTC-PERP', bust)).toBeUndefined();
      held();
    }
  });

  it('says so where an event changed what it did not name', () => {
    const house = riskHouse();
    const tree = new StateTree(house.state);
    tree.check();
    house.state.assets.set('EUR', { asset: 'EUR', scale: 2 });
    expect(() => tree.check()).toThrow('the state tree has root');
  });

  it('proves every entry by a path that leads to the root, and none that is not there', async () => {
    const { state } = riskHouse();
    const tree = new StateTree(state);
    const entries = stateEntries(state);
    for (const [kind, id] of entries) {
      const proof = tree.prove(kind, id)!;
      expect(provenRoot(proof)).toBe(stateHash(state));
      expect((await proveEntry(state, { kind, id })).found?.proof).toEqual(proof);
      expect(provenRoot({ ...proof, line: proof.line.replace('1', '2') + ' ' })).not.toBe(
        proof.root,
      );
    }
    expect(tree.size).toBe(entries.length);
    expect(tree.prove('asset', 'NOBODY')).toBeUndefined();
    const whole = { root: tree.root(), size: tree.size };
    expect(await proveEntry(state, { kind: 'asset', id: 'NOBODY' })).toEqual(whole);
    expect(tree.prove('no-such-kind', 'BTC')).toBeUndefined();
    expect(tree.prove('constructor', 'BTC')).toBeUndefined();
  });
});

describe('the levels of a Merkle tree', () => {
  const leafOf = (n: number) => entryHash(['n', String(n), n]);

  it('are those of the naive root through any changes, arrivals and departures', () => {
    const step = fc.record({ at: fc.nat(40), what: fc.constantFrom('put', 'add', 'drop') });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const levels = new MerkleLevels();
        let leaves: Buffer[] = [];
        expect(levels.root()).toEqual(merkleRoot([]));
        steps.forEach(({ at, what }, i) => {
          const index = leaves.length === 0 ? 0 : at % leaves.length;
          if (what === 'put' && leaves.length > 0) {
            leaves[index] = leafOf(i);
            levels.update([[index, leafOf(i)]]);
          } else {
            leaves =
              what === 'drop' ? leaves.toSpliced(index, 1) : leaves.toSpliced(index, 0, leafOf(i));
            levels.replace(Buffer.concat(leaves));
          }
          expect(levels.root()).toEqual(merkleRoot(leaves));
        });
      }),
    );
  });

  it('refuses a path to a leaf it does not have', () => {
    expect(() => new MerkleLevels().path(0)).toThrow('the tree has no leaf 0');
  });
});
