import { describe, expect, it } from '@jest/globals';
import { flatAssess, history, approval, proposal } from '../testing/risk-house.js';
import { address, hash, legsOf, type RailHouse, railHouse } from '../testing/rail-house.js';
import { exitStanding } from './exit.js';
import { mostFree, needFreeMargin } from './free-margin.js';

const RAIL = '1/USDT';
/** M1-H's 1,000 in rail units. */
const ALL = 1_000_000_000n;

const standing = (house: RailHouse, left = ALL, index = 16) =>
  exitStanding(house.state, RAIL, index, left);

function serve(house: RailHouse, withdrawalId: string, left = ALL, more = {}): string | undefined {
  const asked = { withdrawalId, rail: RAIL, index: 16, amount: `${left}`, destination: 'x' };
  return house.ask({ kind: 'serve-exit', ...asked, ...more });
}

/** M1 holds a contract for which 10 minor units are asked; its equity is its cash. */
function withPosition(): RailHouse {
  const house = railHouse();
  house.assess = flatAssess;
  for (const command of [history(), proposal('P1'), approval('P1')]) house.must(command);
  house.trade('T1', 'M1-H', 'M2-H', '1', '100');
  house.mark('100');
  house.cut();
  return house;
}

describe('a forced exit', () => {
  it('withdraws to the owner of the index, in the next leg', () => {
    const house = railHouse();
    expect(standing(house)).toMatchObject({ is: 'payable', account: 'M1-H' });
    expect(serve(house, 'exit-E1')).toBeUndefined();
    expect(house.events.slice(-2).map(({ type }) => type)).toEqual([
      'WithdrawalRequested',
      'WithdrawalReserved',
    ]);
    expect(legsOf(house.cut())[0]?.withdrawals).toEqual([
      { withdrawalId: 'exit-E1', index: 16, to: address(116), amount: `${ALL}` },
    ]);
  });

  it('is paid no more than it asks for, counting what is on its way', () => {
    const house = railHouse();
    expect(standing(house, 300n)).toMatchObject({ amount: 30_000n });
    house.withdraw('W1', 'M1-H', '0.0002');
    expect(standing(house, 300n)).toMatchObject({ amount: 10_000n });
    expect(standing(house, 200n)).toMatchObject({ is: 'waiting', code: 'DUPLICATE' });
    expect(serve(house, 'exit-E1', 200n)).toBe('4001_DUPLICATE');
  });

  it('of an account with positions is paid what is free, and what is not is bound', () => {
    const house = withPosition();
    // 10 minor units are asked, a rail unit is 100 of them.
    expect(standing(house)).toMatchObject({ is: 'payable', amount: 99_999_999_900n });
    expect(serve(house, 'exit-E1')).toBeUndefined();
    house.cut();
    house.finalize(1, 1);
    expect(standing(house, 1n)).toEqual({ is: 'bound', reason: 'MARGIN' });
    expect(serve(house, 'exit-E2', 1n)).toBe('6003_INSUFFICIENT_MARGIN');
  });

  it('is bound by the margin of positions nobody has assessed yet', () => {
    const house = withPosition();
    house.settlesOn('M3-H', 1, 18);
    house.chainDeposit('M3-H', '1000', 1);
    house.trade('T2', 'M3-H', 'M2-H', '1', '100');
    expect(standing(house, ALL, 18)).toEqual({ is: 'bound', reason: 'MARGIN' });
  });

  it('is bound by debt, and by being less than a unit', () => {
    const house = railHouse();
    house.trade('T1', 'M2-H', 'M1-H', '1', '100');
    house.mark('2000');
    house.cut();
    expect(standing(house)).toEqual({ is: 'bound', reason: 'DEBT' });
    expect(serve(house, 'exit-E1')).toBe('6001_INSUFFICIENT_CASH');

    const paid = railHouse();
    paid.withdraw('W1', 'M1-H', '1000');
    expect(standing(paid)).toMatchObject({ is: 'waiting' });
    paid.cut();
    expect(standing(paid)).toMatchObject({ is: 'waiting' });
    paid.finalize(1, 1);
    expect(standing(paid)).toEqual({ is: 'bound', reason: 'DUST' });
    expect(serve(paid, 'exit-E1')).toBe('3008_OFF_UNIT');
  });

  it('is bound where the house lacks the means on the rail, and withdrawals no leg can carry change nothing', () => {
    const house = railHouse();
    // As if 400 of its 1,000 were on another rail still.
    const at = house.state.rails.accounts.get('M1-H|1/USDT')!;
    at.committed -= 400_000_000n;
    expect(standing(house)).toMatchObject({ is: 'payable', amount: 60_000_000_000n });
    // More than it has here: no leg carries it.
    house.withdraw('W1', 'M1-H', '700');
    expect(standing(house)).toMatchObject({ is: 'payable', amount: 30_000_000_000n });
    house.withdraw('W2', 'M1-H', '200');
    expect(standing(house, 200_000_000n)).toMatchObject({ is: 'waiting', code: 'DUPLICATE' });
    at.committed -= 400_000_000n;
    expect(standing(house)).toEqual({ is: 'bound', reason: 'IN_FLIGHT' });
    expect(serve(house, 'exit-E1')).toBe('6001_INSUFFICIENT_CASH');
  });

  it('is answered although legs are in flight: there always is one', () => {
    const house = railHouse();
    house.trade('T1', 'M2-H', 'M1-H', '1', '100');
    house.mark('1100');
    house.cut();
    expect(house.chain('M1-H', 1)).toEqual([0n, ALL]);
    expect(standing(house)).toEqual({ is: 'bound', reason: 'DUST' });
  });

  it('waits for a frozen rail, and is refused where nobody is behind the index', () => {
    const house = railHouse();
    const violation = { rail: RAIL, block: 7, was: hash(1), is: hash(2) };
    expect(serve(house, 'exit-E0', ALL, { index: 99 })).toBe('2020_NO_SETTLEMENT_ACCOUNT');
    // The house's own.
    expect(serve(house, 'exit-E0', ALL, { index: 0 })).toBe('2020_NO_SETTLEMENT_ACCOUNT');
    expect(serve(house, 'exit-E0', ALL, { rail: '2/USDT' })).toBe('2018_UNKNOWN_RAIL');
    expect(serve(house, 'exit-E0', 0n)).toBe('3003_NOT_POSITIVE');
    house.must({ kind: 'record-finality-violation', ...violation });
    expect(standing(house)).toMatchObject({ is: 'waiting', code: 'RAIL_FROZEN' });
    expect(serve(house, 'exit-E1')).toBe('5013_RAIL_FROZEN');
  });

  it('is served once under one id', () => {
    const house = railHouse();
    expect(serve(house, 'exit-E1', 100n)).toBeUndefined();
    expect(serve(house, 'exit-E1', 200n)).toBe('2007_ALREADY_EXISTS');
  });

  it('takes exactly the most that a withdrawal would be let go', () => {
    const house = withPosition();
    house.withdraw('W1', 'M1-H', '600');
    const most = mostFree(house.state, 'M1-H', 'USDT')!;
    expect(() => needFreeMargin(house.state, 'M1-H', 'USDT', most)).not.toThrow();
    expect(() => needFreeMargin(house.state, 'M1-H', 'USDT', most + 1n)).toThrow('are free');
  });

  it('has ids of its own, which no member can take beforehand', () => {
    const house = railHouse();
    expect(house.withdraw('exit-E1', 'M2-H', '1')).toBe('1007_INVALID_ID');
    expect(serve(house, 'W1')).toBe('1007_INVALID_ID');
    expect(serve(house, 'exit-E1')).toBeUndefined();
  });
});
