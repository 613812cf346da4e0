import { describe, expect, it } from '@jest/globals';
import { openAs } from '../testing/given.js';
import { legsOf, RailHouse, railHouse } from '../testing/rail-house.js';

const UNIT = 1_000_000n;

/** M1 buys what M2 sells at 100.00, and the mark moves by `by`. */
function move(house: RailHouse, mark: string, quantity = '1'): void {
  house.trade(`T${house.events.length}`, 'M1-H', 'M2-H', quantity, '100');
  house.mark(mark);
}

describe('legs at the cut', () => {
  it('move what losers paid to winners, and sum to zero', () => {
    const house = railHouse();
    move(house, '107.5');
    expect(legsOf(house.cut())).toEqual([
      {
        ...{ cycle: 1, rail: '1/USDT', seq: 1, leg: 1, legs: 1 },
        entries: [
          [16, '7500000'],
          [17, '-7500000'],
        ],
        ...{ withdrawals: [], houseDelta: '0' },
      },
    ]);
    expect(house.chain('M1-H', 1)).toEqual([1_007_500_000n, 1000n * UNIT]);
    expect(house.finalize(1, 1)).toBeUndefined();
    expect(house.chain('M1-H', 1)).toEqual([1_007_500_000n, 1_007_500_000n]);
    expect(house.state.rails.legs.size).toBe(0);
  });

  it('are not made where nothing changes, and use no sequence', () => {
    const house = railHouse();
    expect(legsOf(house.cut())).toEqual([]);
    move(house, '101');
    expect(legsOf(house.cut()).map(({ seq }) => seq)).toEqual([1]);
  });

  it('carry dust below a rail unit to a later leg', () => {
    const house = openAs(new RailHouse());
    house.openRail(1, 2);
    house.settlesOn('M1-H', 1, 16);
    house.settlesOn('M2-H', 1, 17);
    house.chainDeposit('M1-H', '1000', 1);
    house.chainDeposit('M2-H', '1000', 1);
    // Half a cent each way: M2 has less than 1,000.00 left, M1 has no whole cent more.
    move(house, '100.01', '0.5');
    expect(legsOf(house.cut())[0]?.entries).toEqual([
      [0, '1'],
      [17, '-1'],
    ]);
    house.mark('100.02');
    expect(legsOf(house.cut())[0]?.entries).toEqual([
      [0, '-1'],
      [16, '1'],
    ]);
    expect([house.book('M1-H'), house.book('M2-H')]).toEqual([100_001_000_000n, 99_999_000_000n]);
  });

  it('are cut pro rata where the house is short on the rail, and made good later', () => {
    const house = openAs(new RailHouse());
    house.openRail(1);
    house.openRail(2, 18);
    house.settlesOn('M1-H', 1, 16);
    house.settlesOn('M3-H', 1, 17);
    house.settlesOn('M2-H', 2, 16);
    house.chainDeposit('guarantee', '4', 1);
    house.chainDeposit('M2-H', '1000', 2);
    house.trade('T1', 'M1-H', 'M2-H', '1', '100');
    house.trade('T2', 'M3-H', 'M2-H', '0.5', '100');
    house.mark('108');
    const [first, second] = legsOf(house.cut());
    // Due are 8 and 4, the house has 4 there: each winner gets a third of what is due, floored.
    expect(first).toMatchObject({ rail: '1/USDT', houseDelta: '-3999999' });
    expect(first!.entries.slice(1)).toEqual([
      [16, '2666666'],
      [17, '1333333'],
    ]);
    expect(second).toMatchObject({ rail: '2/USDT', houseDelta: '1200000000' });
    expect(house.book('M1-H')).toBe(800_000_000n);
    house.chainDeposit('guarantee', '10', 1);
    const [later] = legsOf(house.cut());
    expect(later!.entries).toEqual([
      [0, '-8000001'],
      [16, '5333334'],
      [17, '2666667'],
    ]);
    expect(house.chain('M1-H', 1)[0]).toBe(8n * UNIT);
  });

  it('are not held up by a broke loser: it owes, the guarantee advances, winners are paid', () => {
    const house = railHouse();
    house.chainDeposit('guarantee', '300', 1);
    move(house, '1400');
    const events = house.cut();
    expect(events.map(({ type }) => type)).toContain('ShortfallRecorded');
    // M2 loses 1,300 and has 1,000: the guarantee's 300 make it whole.
    expect(legsOf(events)[0]?.entries).toEqual([
      [0, '-300000000'],
      [16, '1300000000'],
      [17, '-1000000000'],
    ]);
    expect(house.chain('M2-H', 1)[0]).toBe(0n);
    expect(house.state.members.get('M2')!.indebted).toBe(true);
    // And the next leg comes as if nothing had happened.
    house.mark('1399');
    expect(legsOf(house.cut())).toHaveLength(1);
  });

  it('are cut by the published rule beyond the guarantee', () => {
    const house = railHouse();
    house.chainDeposit('guarantee', '100', 1);
    move(house, '1400');
    expect(legsOf(house.cut())[0]?.entries).toEqual([
      [0, '-100000000'],
      [16, '1100000000'],
      [17, '-1000000000'],
    ]);
    expect(house.book('M1-H', 'claim')).toBe(20_000_000_000n);
  });

  it('settle a liquidation fill and a transfer of the rest like any other trade', () => {
    const house = railHouse();
    house.settlesOn('M3-H', 1, 18);
    house.chainDeposit('M3-H', '1000', 1);
    move(house, '90');
    house.cut();
    // M1 is closed out: half is sold to M3 below the mark, the rest is taken over at the settled price.
    house.trade('L1', 'M3-H', 'M1-H', '0.5', '80');
    const rest = { from: 'M1-H', to: 'M3-H', instrument: 'BTC-PERP', quantity: '0.5' };
    house.must({ kind: 'transfer-position', transferId: 'X1', ...rest });
    house.mark('85');
    expect(legsOf(house.cut())[0]?.entries).toEqual([
      [16, '-5000000'],
      [17, '5000000'],
    ]);
    house.mark('84');
    expect(legsOf(house.cut())[0]?.entries).toEqual([
      [17, '1000000'],
      [18, '-1000000'],
    ]);
  });

  it('become final in order of their sequence, each once', () => {
    const house = railHouse();
    for (const mark of ['101', '102']) {
      move(house, mark);
      house.cut();
    }
    expect(house.finalize(1, 2)).toBe('4015_LEG_NOT_NEXT');
    expect(house.finalize(1, 3)).toBe('4015_LEG_NOT_NEXT');
    expect(house.finalize(1, 1, { finality: 'latest' })).toBe('2011_INVALID_SPECIFICATION');
    expect(house.finalize(1, 1, { digest: '0x1' })).toBe('3009_INVALID_ADDRESS');
    expect(house.finalize(1, 1)).toBeUndefined();
    expect(house.finalize(1, 1)).toBe('4001_DUPLICATE');
    expect(house.finalize(1, 2)).toBeUndefined();
    expect(house.finalize(9, 1)).toBe('2018_UNKNOWN_RAIL');
  });
});
