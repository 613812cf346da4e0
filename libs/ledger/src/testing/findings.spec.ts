import { describe, expect, it } from '@jest/globals';
import { stateHash } from '#ledger';
import { address } from './chain.js';
import { openHouse, spec, type TestHouse } from './given.js';

/** Smallest histories of what the random days found; each stays as a test of the rule it broke. */

const DAY = 60_000_000;

describe('a withdrawal', () => {
  it('is refused to an account that owes in another asset', () => {
    const house = openHouse();
    house.deposit('M1-H', '10');
    house.deposit('M2-H', '100000');
    house.deposit('guarantee', '100000');
    house.deposit('M1-H', '3', 'BTC');
    house.trade('T1', 'M1-H', 'M2-H', '1', '60000');
    house.mark('50000');
    house.cut();
    expect(house.book('M1-H', 'debt')).toBe(-999_000_000_000n);
    const code = house.ask({
      kind: 'request-withdrawal',
      withdrawalId: 'W1',
      account: 'M1-H',
      asset: 'BTC',
      amount: '3',
      ...{ destination: 'elsewhere', to: address(7) },
    });
    expect(code).toBe('6001_INSUFFICIENT_CASH');
    expect(house.book('M1-H', 'cash', 'BTC')).toBe(300_000_000n);
  });
});

describe('a suspended venue', () => {
  /** Suspends V1, then lets its reduction arrive before or after everybody else's closing of the window. */
  function reduce(early: boolean): TestHouse {
    const house = openHouse();
    house.deposit('M1-H', '100000');
    house.deposit('M2-H', '100000');
    house.trade('T1', 'M1-H', 'M2-H', '1', '60000');
    house.mark('60000');
    house.cut();
    house.ask({ kind: 'suspend', scope: 'venue', id: 'V1', reason: 'drill' });
    const closeCustody = (window: number): void => {
      const body = { type: 'window-closed', endsAt: window * DAY, streams: [] } as const;
      house.send('custody', 'windows', 'custody', body, undefined, window);
    };
    const trade = house.terms('T2', 'M2-H', 'M1-H', '0.4', '61000');
    const sendV1 = (): void => {
      house.send('V1', 'trades', 'BTC-PERP', { type: 'trade', trade }, undefined, 2);
      const totals = {
        topic: 'trades',
        key: 'BTC-PERP',
        lastSequence: 2,
        count: 1,
        controlTotal: '0.4',
      };
      const body = { type: 'window-closed', endsAt: 2 * DAY, streams: [totals] } as const;
      house.send('V1', 'windows', 'V1', body as never, undefined, 2);
    };
    if (early) sendV1();
    closeCustody(2);
    if (!early) sendV1();
    return house;
  }

  it('sends reductions that belong to their window, whatever arrives first', () => {
    expect(stateHash(reduce(false).state)).toBe(stateHash(reduce(true).state));
  });
});

describe('an instrument that expires in this cut', () => {
  it('breaches no limit any more', () => {
    const dated = spec({ kind: 'future', expiry: 2 * DAY, positionLimit: '1000' });
    const house = openHouse([dated]);
    house.deposit('M1-H', '100000');
    house.deposit('M2-H', '100000');
    house.trade('T1', 'M1-H', 'M2-H', '1', '60000');
    house.mark('60000');
    house.cut(DAY);
    // A lower limit leaves the positions beyond it; the next cut closes them.
    const limits = { maxOrderQuantity: '1000', positionLimit: '500' };
    house.ask({ kind: 'change-limits', instrument: 'BTC-PERP', ...limits });
    const types = house.cut(2 * DAY).map((event) => event.type);
    expect(types).toContain('InstrumentExpired');
    expect(types).not.toContain('PositionLimitBreached');
  });
});
