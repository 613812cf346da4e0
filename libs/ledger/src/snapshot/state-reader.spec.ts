import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type HouseState, stateEntries, stateHash, stateLines, StateReader } from '#ledger';
import { numbered } from '../testing/driver.js';
import { history, runs } from '../testing/generate.js';
import { planOf } from '../testing/plan.js';
import { activateModel, flatAssess, proposal, riskHouse } from '../testing/risk-house.js';
import { feed } from '../testing/simulate.js';
import { setup } from '../testing/world.js';
import { entriesInOrder } from '../state-tree/entry-of.js';

const settings = runs(12);

function readBack(lines: Iterable<string>, root: string): HouseState {
  const reader = new StateReader();
  for (const line of lines) reader.add(line);
  return reader.finish(root);
}
/** What holds nothing is nothing: an empty map says no more than none. */
function forgetEmpty({ rememberedIn, books }: HouseState): void {
  for (const [window, keys] of rememberedIn) if (keys.size === 0) rememberedIn.delete(window);
  for (const [asset, held] of books) if (held.size === 0) books.delete(asset);
}
const again = (state: HouseState) => readBack(stateLines(state), stateHash(state));

describe(`a state from its lines, FC_SEED=${settings.seed} FC_RUNS=${settings.numRuns}`, () => {
  it('is the same state, and decides the rest of random days in the same way', () => {
    fc.assert(
      fc.property(history(6), (random) => {
        const items = numbered(planOf(random));
        const opening = setup(random.expiry).length;
        const begin = () => {
          const { state } = feed(items.slice(0, opening));
          activateModel(state);
          return state;
        };
        const rest = items.slice(opening);
        const cut = Math.floor((rest.length * random.cutAt) / 1000);
        const before = feed(rest.slice(0, cut), begin(), flatAssess);
        forgetEmpty(before.state);
        const restored = again(before.state);
        expect(stateHash(restored)).toBe(before.hash);
        expect([...entriesInOrder(restored)]).toEqual(stateEntries(before.state));
        // Everything derived as well, whatever the order of its maps.
        expect(restored).toEqual(before.state);
        const later = [...before.waiting, ...rest.slice(cut)];
        const one = feed(later, before.state, flatAssess);
        const other = feed(later, restored, flatAssess);
        expect(other.events).toEqual(one.events);
        expect(other.hash).toBe(one.hash);
      }),
      settings,
    );
  }, 120_000);
});

describe('lines that do not hold', () => {
  const house = riskHouse();
  house.ask(proposal('P2'));
  const lines = [...stateLines(house.state)];
  const root = stateHash(house.state);
  const entries = stateEntries(house.state).length;
  const refused = (change: (lines: string[]) => unknown, expected = root) => {
    const copy = [...lines];
    change(copy);
    try {
      readBack(copy, expected);
      return 'taken';
    } catch (error) {
      return String(error);
    }
  };
  const at = (start: string) => lines.findIndex((line) => line.startsWith(start));

  it('are taken as they were written', () => {
    expect(refused(() => undefined)).toBe('taken');
    expect(at('["novate/history-day"')).toBeGreaterThan(0);
    expect(at('["novate/parameters"')).toBeGreaterThan(0);
  });

  it.each<[string, (lines: string[]) => unknown, string | RegExp]>([
    ['another value', (l) => (l[0] = l[0]!.replace('"house"', '"fund"')), /entries: have root/],
    ['a line that is no JSON', (l) => (l[3] = '{'), 'SnapshotRefused: line 4: is no JSON'],
    ['a space', (l) => (l[2] = `${l[2]} `), 'SnapshotRefused: line 3: is not canonical'],
    ['lines in another order', (l) => l.splice(0, 2, l[1]!, l[0]!), /line 2: is misplaced/],
    ['a line twice', (l) => l.splice(1, 0, l[0]!), /line 2: is misplaced/],
    ['an entry too few', (l) => l.splice(0, 1), /entries: have root/],
    [
      'a newer state schema',
      (l) => (l[0] = l[0]!.replace(',2,', ',3,')),
      /line 1: has state schema 3, this build knows 2/,
    ],
    [
      'an unknown kind',
      (l) => l.splice(entries, 0, '["novate/state",2,"zzz","a",1]'),
      /unknown kind zzz/,
    ],
    [
      'a value of another form',
      (l) => l.splice(entries, 0, '["novate/state",2,"withdrawal","zz",1]'),
      /cannot be read/,
    ],
    [
      'an entry behind the entries',
      (l) => l.push('["novate/state",2,"zzz","a",1]'),
      /is misplaced/,
    ],
    [
      'another price of a day',
      (l) =>
        (l[at('["novate/history-day"')] = '["novate/history-day","crypto","2024-01-01",["1"]]'),
      /history crypto: has root/,
    ],
    ['a day too few', (l) => l.splice(at('["novate/history-day"'), 1), /history crypto: has root/],
    ['no history', (l) => l.splice(entries), /history crypto: has root -/],
    [
      'a day of no history',
      (l) => l.push('["novate/history-day","x","2024-01-01",["1"]]'),
      /belongs to no history/,
    ],
    ['other parameters', (l) => l.push('["novate/parameters","P2","{}"]'), /parameters of P2/],
    [
      'parameters of no model',
      (l) => l.push('["novate/parameters","P9","{}"]'),
      /belongs to no entry/,
    ],
    ['a line of an unknown kind', (l) => l.push('["novate/other"]'), /is of an unknown kind/],
    ['a value that is no array', (l) => l.push('{}'), /is not canonical/],
  ])('with %s are refused', (_, change, message) => {
    expect(refused(change)).toMatch(message);
  });

  it('are refused for another root', () => {
    expect(refused(() => undefined, '0'.repeat(64))).toMatch(`not ${'0'.repeat(64)}`);
  });
});
