import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { assertConservation, evolve, initialState, stateHash, StateTree } from '../index.js';
import { runs } from '../testing/generate.js';
import { openAs, spec } from '../testing/given.js';
import { NaiveRails } from '../testing/naive-rails.js';
import { hash, RailHouse } from '../testing/rail-house.js';
import { journalled } from '../testing/simulate.js';

const ACCOUNTS = ['M1-H', 'M2-H', 'M3-H', 'M4-H', 'M5-H'] as const;
/** Chain and index of each account; the last one trades and stands on no chain. */
const HOMES = [
  [1, 16],
  [1, 17],
  [2, 16],
  [3, 900],
] as const;

const cents = (n: number): string => (n / 100).toFixed(2);
/** So many percent of its cash, in whole cents. */
const share = (house: RailHouse, account: string, percent: number): string =>
  cents(Number((house.book(account) * BigInt(percent)) / 100_000_000n));
const who = fc.integer({ min: 0, max: 4 });
const chain = fc.integer({ min: 1, max: 3 });
const upTo = (max: number) => fc.integer({ min: 1, max });
const kind = <const K extends string>(name: K) => fc.constant(name);
const action = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(kind('trade'), who, who, upTo(900)) },
  { weight: 4, arbitrary: fc.tuple(kind('cut'), fc.integer({ min: 8000, max: 12_500 })) },
  { weight: 6, arbitrary: fc.tuple(kind('withdraw'), who, upTo(100)) },
  { weight: 2, arbitrary: fc.tuple(kind('finalize'), chain) },
  { weight: 2, arbitrary: fc.tuple(kind('deposit'), who, upTo(30_000)) },
  { weight: 1, arbitrary: fc.tuple(kind('guarantee'), chain, upTo(9000)) },
  { weight: 1, arbitrary: fc.tuple(kind('freeze'), chain) },
) as fc.Arbitrary<readonly [string, number, number?, number?]>;

/** Three rails of USDT with 6, 18 (8 in the ledger) and 2 decimals; fees, so that amounts have all of the ledger's. */
function open(): RailHouse {
  const house = openAs(new RailHouse(), [spec({ feePpm: 333 })]);
  for (const member of ['M4', 'M5']) {
    house.must({ kind: 'register-member', member, name: member });
    const account = { account: `${member}-H`, member, segregation: 'house', margin: 'cross' };
    house.must({ kind: 'open-account', ...account });
  }
  [6, 18, 2].forEach((decimals, i) => house.openRail(i + 1, decimals));
  HOMES.forEach(([chainId, index], i) => {
    house.settlesOn(ACCOUNTS[i]!, chainId, index);
    house.chainDeposit(ACCOUNTS[i]!, '60', chainId);
  });
  return house;
}

function act(
  house: RailHouse,
  step: number,
  [kind, a, b, c]: readonly [string, number, number?, number?],
) {
  if (kind === 'trade')
    house.trade(`T${step}`, ACCOUNTS[a]!, ACCOUNTS[b!]!, `0.${String(c).padStart(3, '0')}`, '100');
  if (kind === 'withdraw') house.withdraw(`W${step}`, ACCOUNTS[a]!, share(house, ACCOUNTS[a]!, b!));
  if (kind === 'finalize') house.finalizeNext(a);
  if (kind === 'deposit' && a < 4) house.chainDeposit(ACCOUNTS[a]!, cents(b!), HOMES[a]![0]);
  if (kind === 'guarantee') house.chainDeposit('guarantee', cents(b!), a);
  if (kind === 'freeze') {
    const rail = `${a}/USDT`;
    const violation = { rail, block: step, was: hash(1), is: hash(2) };
    if (house.state.rails.rails.get(rail)!.frozen)
      house.must({ kind: 'resume-rail', rail, reason: 'r' });
    else house.must({ kind: 'record-finality-violation', ...violation });
  }
  if (kind === 'cut') {
    house.mark(cents(a));
    house.cut();
  }
}

const settings = runs(40);

describe(`rails over random days, FC_SEED=${settings.seed} FC_RUNS=${settings.numRuns}`, () => {
  const seen = { legs: 0, cut: 0, withdrawals: 0, released: 0 };

  it('settle what the ledger says, as a reference that shares no code with it', () => {
    const property = fc.property(fc.array(action, { minLength: 20, maxLength: 60 }), (actions) => {
      const house = open();
      const naive = new NaiveRails();
      const shadow = initialState();
      const tree = new StateTree(shadow);
      const cash = (account: string) => shadow.books.get('USDT')?.get(`A/${account}/cash`) ?? 0n;
      let known = 0;
      const follow = () => {
        for (const event of house.events.slice(known).map(journalled)) {
          evolve(shadow, event);
          naive.see(event, cash);
        }
        tree.check();
        known = house.events.length;
      };
      actions.forEach((each, step) => {
        act(house, step, each);
        follow();
      });
      act(house, 99, ['cut', 10_000]);
      follow();
      assertConservation(house.state);
      expect(stateHash(shadow)).toBe(stateHash(house.state));
      for (const { rail, account, committed, posted } of house.state.rails.accounts.values()) {
        expect([committed, posted]).toEqual([
          naive.balance(rail, account),
          naive.balance(rail, account, true),
        ]);
      }
      for (const key of Object.keys(seen) as (keyof typeof seen)[]) seen[key] += naive.seen[key];
    });
    fc.assert(property, settings);
    // Every branch was walked, or this proves nothing.
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(0);
  }, 120_000);
});
