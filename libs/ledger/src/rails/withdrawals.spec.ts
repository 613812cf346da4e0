import { describe, expect, it } from '@jest/globals';
import { flatAssess, history, approval, proposal } from '../testing/risk-house.js';
import { hash, legsOf, type RailHouse, railHouse } from '../testing/rail-house.js';

const types = (house: RailHouse, from: number) => house.events.slice(from).map(({ type }) => type);

describe('withdrawals on a rail', () => {
  it('reserve at once, leave with the next leg, and are over when it is final', () => {
    const house = railHouse();
    const asked = house.events.length;
    expect(house.withdraw('W1', 'M1-H', '250.5')).toBeUndefined();
    expect(types(house, asked)).toEqual(['WithdrawalRequested', 'WithdrawalReserved']);
    expect([house.book('M1-H'), house.book('M1-H', 'reserved')]).toEqual([
      74_950_000_000n,
      25_050_000_000n,
    ]);
    expect(legsOf(house.cut())).toEqual([
      {
        ...{ cycle: 1, rail: '1/USDT', seq: 1, leg: 1, legs: 1, entries: [], houseDelta: '0' },
        withdrawals: [
          { withdrawalId: 'W1', index: 16, to: `0x${'77'.padStart(40, '0')}`, amount: '250500000' },
        ],
      },
    ]);
    expect(house.chain('M1-H', 1)).toEqual([749_500_000n, 1_000_000_000n]);
    const before = house.events.length;
    house.finalize(1, 1);
    expect(types(house, before)).toEqual(['SettlementLegFinalized', 'WithdrawalSettled']);
    expect(house.book('M1-H', 'reserved')).toBe(0n);
    expect(house.state.books.get('USDT')?.get('H/external')).toBe(-174_950_000_000n);
    expect(house.state.withdrawals.size).toBe(0);
  });

  it('are released, the last first, where the account cannot pay its due', () => {
    const house = railHouse();
    house.withdraw('W1', 'M2-H', '400');
    house.withdraw('W2', 'M2-H', '500');
    house.trade('T1', 'M1-H', 'M2-H', '1', '100');
    house.mark('600');
    const events = house.cut();
    const released = events.filter(({ type }) => type === 'WithdrawalReleased');
    expect(released.map(({ data }) => data)).toMatchObject([
      { withdrawalId: 'W2', cycle: 1, code: '6001_INSUFFICIENT_CASH' },
    ]);
    const [leg] = legsOf(events);
    expect(leg!.withdrawals.map(({ withdrawalId }) => withdrawalId)).toEqual(['W1']);
    expect(house.book('M2-H')).toBe(10_000_000_000n);
    expect(house.chain('M2-H', 1)[0]).toBe(100_000_000n);
  });

  it('are all released where the account owes in spite of that', () => {
    const house = railHouse();
    house.withdraw('W1', 'M2-H', '400');
    house.trade('T1', 'M1-H', 'M2-H', '1', '100');
    house.mark('2000');
    const events = house.cut();
    expect(events.filter(({ type }) => type === 'WithdrawalReleased')).toHaveLength(1);
    expect(events.find(({ type }) => type === 'ShortfallRecorded')?.data).toMatchObject({
      shortfall: '90000000000',
    });
    expect(house.withdraw('W2', 'M2-H', '1')).toBe('6001_INSUFFICIENT_CASH');
  });

  it.each([
    ['1000.01', {}, '6001_INSUFFICIENT_CASH'],
    ['0', {}, '3003_NOT_POSITIVE'],
    ['0.0000001', {}, '3008_OFF_UNIT'],
    ['1', { to: `0x${'0'.repeat(40)}` }, '3010_ZERO_ADDRESS'],
    ['1', { to: '0xAb' }, '3009_INVALID_ADDRESS'],
    ['1', { account: 'M3-H' }, '2020_NO_SETTLEMENT_ACCOUNT'],
    ['1', { asset: 'BTC' }, '2018_UNKNOWN_RAIL'],
  ])('of %s with %j are refused: %s', (amount, more, code) => {
    expect(railHouse().withdraw('W1', 'M1-H', amount, more)).toBe(code);
  });

  it('name the address to pay', () => {
    const asked = { withdrawalId: 'W1', account: 'M1-H', asset: 'USDT', amount: '1' };
    const code = railHouse().ask({ kind: 'request-withdrawal', ...asked, destination: 'x' });
    expect(code).toBe('3009_INVALID_ADDRESS');
  });

  it('stand still while the rail is frozen', () => {
    const house = railHouse();
    house.withdraw('W1', 'M1-H', '10');
    const violation = { rail: '1/USDT', block: 7, was: hash(1), is: hash(2) };
    house.must({ kind: 'record-finality-violation', ...violation });
    expect(house.withdraw('W2', 'M1-H', '10')).toBe('5013_RAIL_FROZEN');
    expect(legsOf(house.cut())).toEqual([]);
    expect(house.book('M1-H', 'reserved')).toBe(1_000_000_000n);
    const resume = { kind: 'resume-rail', rail: '1/USDT', reason: 'reconciled' };
    house.must(resume);
    expect(house.ask(resume)).toBe('4001_DUPLICATE');
    expect(legsOf(house.cut())[0]?.withdrawals).toHaveLength(1);
  });

  describe('of an account that carries positions', () => {
    /** M1 holds a contract for which 10 minor units are asked; its equity is its cash. */
    function withModel(): RailHouse {
      const house = railHouse();
      house.assess = flatAssess;
      for (const command of [history(), proposal('P1'), approval('P1')]) house.must(command);
      house.trade('T1', 'M1-H', 'M2-H', '1', '100');
      house.mark('100');
      return house;
    }

    it('wait for the first assessment', () => {
      const house = withModel();
      house.cut();
      house.settlesOn('M3-H', 1, 18);
      house.chainDeposit('M3-H', '1000', 1);
      house.trade('T2', 'M3-H', 'M2-H', '1', '100');
      expect(house.withdraw('W1', 'M3-H', '1')).toBe('6003_INSUFFICIENT_MARGIN');
      house.cut();
      expect(house.withdraw('W2', 'M3-H', '1')).toBeUndefined();
    });

    it('take no more than is free, what was reserved since included', () => {
      const house = withModel();
      house.cut();
      // 1,000 less 10 minor units are free; a rail unit is 100 of them.
      expect(house.withdraw('W1', 'M1-H', '1000')).toBe('6003_INSUFFICIENT_MARGIN');
      expect(house.withdraw('W2', 'M1-H', '600')).toBeUndefined();
      expect(house.withdraw('W3', 'M1-H', '400')).toBe('6003_INSUFFICIENT_MARGIN');
      expect(house.withdraw('W4', 'M1-H', '399.999999')).toBeUndefined();
    });

    it('are free again where it holds nothing, though nothing was closed since the cut', () => {
      const house = withModel();
      house.cut();
      house.trade('T2', 'M2-H', 'M1-H', '1', '100');
      expect(house.withdraw('W1', 'M1-H', '1000')).toBe('6003_INSUFFICIENT_MARGIN');
      house.cut();
      expect(house.withdraw('W2', 'M1-H', '1000')).toBeUndefined();
    });
  });
});
