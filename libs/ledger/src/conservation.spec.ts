import { describe, expect, it } from '@jest/globals';
import { assertConservation, LedgerBroken } from './index.js';
import { moveQuantity } from './positions.js';
import { openHouse } from './testing/given.js';

const traded = () => {
  const house = openHouse();
  house.deposit('M1-H', '100');
  house.trade('T1', 'M1-H', 'M2-H', '1', '60000');
  return house;
};

describe('conservation', () => {
  it('stops the house at the event after which one leg stands alone', () => {
    const house = traded();
    moveQuantity(house.state, house.state.positions.get('M1-H|BTC-PERP')!, 1n);
    expect(() => house.mark('60000')).toThrow(LedgerBroken);
  });

  it('re-sums stored positions, costs and balances, whatever the running sums say', () => {
    const corruptions = [
      (house: ReturnType<typeof traded>) =>
        (house.state.positions.get('M1-H|BTC-PERP')!.quantity += 1n),
      (house: ReturnType<typeof traded>) =>
        (house.state.positions.get('M2-H|BTC-PERP')!.cost += 1n),
      (house: ReturnType<typeof traded>) =>
        house.state.books.get('USDT')!.set('A/M1-H/cash', 10_000_000_001n),
    ];
    for (const corrupt of corruptions) {
      const house = traded();
      assertConservation(house.state);
      corrupt(house);
      expect(() => assertConservation(house.state)).toThrow(LedgerBroken);
    }
  });
});
