import { describe, expect, it } from '@jest/globals';
import type { InstrumentSpec } from '#events';
import { stateHash } from '#ledger';
import { openHouse, spec, type TestHouse } from './testing/given.js';

/** What a risk officer and a supervisor would try first. */

const DAY = 60_000_000;

function funded(listed?: readonly InstrumentSpec[]): TestHouse {
  const house = openHouse(listed);
  for (const account of ['M1-H', 'M2-H', 'M3-H', 'guarantee']) house.deposit(account, '1000000');
  return house;
}

function held(house: TestHouse, account: string): bigint {
  return house.state.positions.get(`${account}|BTC-PERP`)?.quantity ?? 0n;
}

describe('a give-up', () => {
  function propose(house: TestHouse, giveUpId: string, to: string, quantity = '1') {
    const trade = house.terms('T1', 'M1-H', 'M2-H', quantity, '60000');
    return house.ask({ kind: 'propose-give-up', giveUpId, venue: 'V1', trade, side: 'buy', to });
  }
  const accept = (house: TestHouse, giveUpId: string) =>
    house.ask({ kind: 'accept-give-up', giveUpId });
  const bust = (house: TestHouse) => {
    const trade = house.terms('T1', 'M1-H', 'M2-H', '1', '60000');
    return house.send('V1', 'trades', 'BTC-PERP', { type: 'trade-bust', trade });
  };
  function traded(): TestHouse {
    const house = funded();
    house.trade('T1', 'M1-H', 'M2-H', '1', '60000');
    return house;
  }

  it('moves a side of a trade once', () => {
    const house = traded();
    expect(propose(house, 'G1', 'M3-H')).toBeUndefined();
    expect(propose(house, 'G2', 'M3-H')).toBeUndefined();
    expect(accept(house, 'G1')).toBeUndefined();
    expect(accept(house, 'G2')).toBe('5011_NOT_TRANSFERABLE');
    expect(propose(house, 'G3', 'M3-H')).toBe('5011_NOT_TRANSFERABLE');
    expect(held(house, 'M1-H')).toBe(0n);
  });

  it.each([false, true])('is undone with its trade (after the cut: %s)', (later) => {
    const house = traded();
    propose(house, 'G1', 'M3-H');
    accept(house, 'G1');
    house.mark('61000');
    if (later) house.cut();
    expect(bust(house)).toBeUndefined();
    expect(['M1-H', 'M2-H', 'M3-H'].map((account) => held(house, account))).toEqual([0n, 0n, 0n]);
    house.cut();
    // The carrying account gained while it carried the trade, the executing one never.
    expect(house.book('M1-H')).toBe(100_000_000_000_000n);
    expect(house.book('M3-H')).toBe(later ? 100_100_000_000_000n : 100_000_000_000_000n);
  });

  it('falls with the terms it was proposed for', () => {
    const house = traded();
    propose(house, 'G1', 'M3-H');
    const trade = house.terms('T1', 'M1-H', 'M2-H', '1', '60000');
    const replacement = house.terms('T1', 'M1-H', 'M2-H', '0.1', '60000');
    house.send('V1', 'trades', 'BTC-PERP', { type: 'trade-correction', trade, replacement });
    expect(accept(house, 'G1')).toBe('4008_TRADE_TERMS_DIFFER');
  });

  it('falls with the memory of its trade, so that a bust is never forgotten', () => {
    const house = traded();
    house.mark('60000');
    house.cut();
    house.cut();
    propose(house, 'G1', 'M3-H');
    bust(house);
    house.cut();
    expect(accept(house, 'G1')).toBe('4007_UNKNOWN_TRADE');
  });
});

describe('a closing', () => {
  it('is the first one of its window, whoever else closes meanwhile', () => {
    const run = (early: boolean): string => {
      const house = funded();
      const close = (venue: string, endsAt: number) =>
        house.send(
          venue,
          'windows',
          venue,
          { type: 'window-closed', endsAt, streams: [] },
          undefined,
          1,
        );
      close('V1', DAY);
      if (early) close('custody', DAY);
      close('V1', 2 * DAY);
      if (!early) close('custody', DAY);
      const completed = house.events.find((event) => event.type === 'CycleCompleted');
      expect(completed?.data).toMatchObject({ endsAt: DAY });
      return stateHash(house.state);
    };
    expect(run(true)).toBe(run(false));
  });

  it('names only streams its venue can have: the cut would wait for another forever', () => {
    const house = funded();
    const total = { topic: 'deposits', key: 'USDT', lastSequence: 1, count: 1, controlTotal: '1' };
    const body = { type: 'window-closed', endsAt: DAY, streams: [total] };
    expect(house.send('V1', 'windows', 'V1', body as never)).toBe('2009_NOT_A_CUSTODIAN');
  });
});

describe('expiry on an underlying that expires in the same cut', () => {
  const dated = { expiry: DAY, underlying: 'BTC-PERP' };
  const future = spec({ instrument: 'Z-FUT', kind: 'future', ...dated });
  const option = { type: 'call', strike: '5000000', premium: 'futures-style' } as const;
  const call = { ...dated, instrument: 'A-CALL', kind: 'option', underlying: 'Z-FUT' } as const;

  it('finds its final price, whatever their names', () => {
    const house = funded([spec(), future, spec({ ...call, option })]);
    house.mark('70000', 'Z-FUT');
    house.mark('61000');
    house.cut(0);
    house.mark('62000');
    house.cut(DAY);
    expect(house.state.settled.get('Z-FUT')).toMatchObject({ price: 6_200_000n, stale: false });
    expect(house.state.settled.get('A-CALL')).toMatchObject({ price: 1_200_000n, stale: false });
    const funding = { type: 'funding', instrument: 'A-CALL', rate: '0.01', at: 1 } as const;
    expect(house.send('V1', 'funding', 'A-CALL', funding)).toBe('5008_INSTRUMENT_EXPIRED');
  });
});

describe('the end of a cut', () => {
  it('is the earliest any venue states: none alone brings an expiry forward', () => {
    const dated = spec({ kind: 'future', expiry: 1_000_000_000 });
    const house = openHouse([dated]);
    house.trade('T1', 'M1-H', 'M2-H', '1', '60000');
    house.mark('60000');
    const close = (venue: string, endsAt: number) =>
      house.send(venue, 'windows', venue, { type: 'window-closed', endsAt, streams: [] });
    close('V1', 9e15);
    close('custody', 60_000_000);
    expect(house.state.openWindow).toBe(2);
    expect(house.events.some((event) => event.type === 'InstrumentExpired')).toBe(false);
  });
});

describe('a correction', () => {
  it('that makes a trade smaller passes while the member is suspended', () => {
    const house = openHouse();
    house.trade('T1', 'M1-H', 'M2-H', '1', '60000');
    house.ask({ kind: 'suspend', scope: 'member', id: 'M1', reason: 'drill' });
    const correct = (before: string, after: string) => {
      const trade = house.terms('T1', 'M1-H', 'M2-H', before, '60000');
      const replacement = { ...trade, quantity: after };
      const body = { type: 'trade-correction', trade, replacement } as const;
      return house.send('V1', 'trades', 'BTC-PERP', body);
    };
    expect(correct('1', '1.1')).toBe('5004_MEMBER_SUSPENDED');
    expect(correct('1', '0.9')).toBeUndefined();
  });
});

describe('a spot trade given up in its cycle', () => {
  it('is delivered to the carrier, with the carrier\u2019s own total', () => {
    const house = openHouse([spec({ instrument: 'BTC-SPOT', kind: 'spot', baseAsset: 'BTC' })]);
    house.trade('T1', 'M1-H', 'M2-H', '1', '60000', { instrument: 'BTC-SPOT' });
    const trade = house.terms('T1', 'M1-H', 'M2-H', '1', '60000', { instrument: 'BTC-SPOT' });
    const giveUp = { giveUpId: 'G1', venue: 'V1', trade, side: 'buy', to: 'M3-H' };
    expect(house.ask({ kind: 'propose-give-up', ...giveUp })).toBeUndefined();
    expect(house.ask({ kind: 'accept-give-up', giveUpId: 'G1' })).toBeUndefined();
    const delivered = house
      .cut()
      .find((e) => e.type === 'DeliveryCalculated' && e.data.asset === 'BTC');
    expect(delivered?.data).toMatchObject({
      entries: [
        ['M2-H', '-100000000', '-100000000'],
        ['M3-H', '100000000', '100000000'],
      ],
    });
  });
});
