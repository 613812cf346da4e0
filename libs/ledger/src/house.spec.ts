import { describe, expect, it } from '@jest/globals';
import { assertConservation, evolve, initialState, stateHash } from './index.js';
import { openAs, openHouse, spec, TestHouse } from './testing/given.js';

const funded = (listed = [spec()]) => {
  const house = openHouse(listed);
  house.deposit('M1-H', '100000');
  house.deposit('M2-H', '100000');
  house.deposit('guarantee', '1000');
  return house;
};

describe('trades', () => {
  it('become two legs against a house that is flat', () => {
    const house = funded();
    expect(house.trade('T1', 'M1-H', 'M2-H', '0.5', '60000')).toBeUndefined();
    expect(house.state.positions.get('M1-H|BTC-PERP')?.quantity).toBe(500n);
    expect(house.state.positions.get('M2-H|BTC-PERP')?.quantity).toBe(-500n);
    assertConservation(house.state);
  });

  it.each([
    ['quantity', { quantity: '0' }, '3003_NOT_POSITIVE'],
    ['quantity', { quantity: '-1' }, '3003_NOT_POSITIVE'],
    ['quantity', { quantity: 'NaN' }, '3001_NOT_A_NUMBER'],
    ['quantity', { quantity: '1e3' }, '3001_NOT_A_NUMBER'],
    ['quantity', { quantity: '0.0001' }, '3002_OVER_PRECISE'],
    ['quantity', { quantity: '1'.repeat(50) }, '3004_OUT_OF_RANGE'],
    ['quantity', { quantity: '2000' }, '5001_ORDER_SIZE_LIMIT'],
    ['price', { price: '0' }, '3007_NEGATIVE_PRICE'],
    ['price', { price: 'Infinity' }, '3001_NOT_A_NUMBER'],
    ['buyer', { buyer: 'M9-H' }, '2003_UNKNOWN_ACCOUNT'],
    ['seller', { seller: 'M1-H' }, '5007_SELF_TRADE'],
  ])('are refused for their %s: %j', (field, more, code) => {
    const house = funded();
    expect(house.trade('T1', 'M1-H', 'M2-H', '0.5', '60000', more)).toBe(code);
    const event = house.events.at(-1)!;
    expect(event.type).toBe('InputRejected');
    expect(event.data).toMatchObject({ code, field, consumed: true });
    expect(house.trade('T1', 'M1-H', 'M2-H', '0.5', '60000')).toBeUndefined();
  });

  it('know a trade id again: same body is a duplicate, another a conflict', () => {
    const house = funded();
    house.trade('T1', 'M1-H', 'M2-H', '0.5', '60000');
    expect(house.trade('T1', 'M1-H', 'M2-H', '0.500', '60000.00')).toBe('4001_DUPLICATE');
    expect(house.trade('T1', 'M1-H', 'M2-H', '0.6', '60000')).toBe('4002_TRADE_ID_CONFLICT');
    const trade = house.terms('T1', 'M1-H', 'M2-H', '0.5', '60000');
    const old = house.send('V1', 'trades', 'BTC-PERP', { type: 'trade', trade }, 1);
    expect(old).toBe('4001_DUPLICATE');
    expect(house.state.positions.get('M1-H|BTC-PERP')?.quantity).toBe(500n);
    expect(house.state.streams.get('V1|trades|BTC-PERP')?.lastSequence).toBe(3);
  });

  it('wait for a gap: noticed once, filled or accepted', () => {
    const house = funded();
    const send = (id: string, sequence: number) => {
      const trade = house.terms(id, 'M1-H', 'M2-H', '1', '60000');
      return house.send('V1', 'trades', 'BTC-PERP', { type: 'trade', trade }, sequence);
    };
    expect(send('T3', 3)).toBe('4003_SEQUENCE_GAP');
    expect(send('T3', 3)).toBe('4003_SEQUENCE_GAP');
    expect(house.events.filter((e) => e.type === 'GapDetected')).toHaveLength(1);
    const stream = { venue: 'V1', topic: 'trades', key: 'BTC-PERP' };
    expect(send('T1', 1)).toBeUndefined();
    expect(house.ask({ kind: 'accept-gap', stream, to: 2, reason: 'x' })).toMatch(/^4010/);
    expect(send('T3', 3)).toBe('4003_SEQUENCE_GAP');
    expect(house.ask({ kind: 'accept-gap', stream, to: 2, reason: 'lost' })).toBeUndefined();
    expect(send('T3', 3)).toBeUndefined();
  });
});

describe('a cycle', () => {
  it('exchanges variation margin against the last settled price, never the average', () => {
    const house = funded();
    house.trade('T1', 'M1-H', 'M2-H', '1', '60000');
    house.mark('60100');
    house.cut();
    expect(house.book('M1-H')).toBe(10010000000000n);
    house.mark('60050');
    const events = house.cut();
    expect(house.book('M1-H')).toBe(10005000000000n);
    const margin = events.find((e) => e.type === 'VariationMarginCalculated');
    expect(margin?.data).toMatchObject({ paid: '5000000000', received: '5000000000' });
  });

  it('carries a price without a mark and says so', () => {
    const house = funded();
    house.trade('T1', 'M1-H', 'M2-H', '1', '60000');
    house.mark('60100');
    house.cut();
    const events = house.cut();
    const price = events.find((e) => e.type === 'SettlementPriceSet');
    expect(price?.data).toMatchObject({ price: '6010000', stale: true, freshCycle: 1 });
  });

  it('records what a loser cannot pay, advances it, pays the winner, and stops new risk', () => {
    const house = funded();
    house.deposit('M3-H', '50');
    house.trade('T1', 'M1-H', 'M3-H', '1', '60000');
    house.mark('60200');
    house.cut();
    expect(house.book('M1-H')).toBe(10020000000000n);
    expect(house.book('M3-H')).toBe(0n);
    expect(house.book('M3-H', 'debt')).toBe(-15000000000n);
    expect(house.trade('T2', 'M1-H', 'M3-H', '1', '60000')).toBe('5010_NO_NEW_RISK');
    expect(house.trade('T3', 'M3-H', 'M1-H', '1', '60200')).toBeUndefined();
    house.deposit('M3-H', '500');
    house.mark('60200');
    house.cut();
    expect(house.book('M3-H', 'debt')).toBe(0n);
    expect(house.book('M3-H')).toBe(35000000000n);
    expect(house.trade('T4', 'M1-H', 'M3-H', '0.1', '60000')).toBeUndefined();
  });

  it('cuts winners pro rata beyond the guarantee, and pays their claims first', () => {
    const house = funded();
    house.trade('T1', 'M1-H', 'M3-H', '1', '60000');
    house.mark('63000');
    house.cut();
    expect(house.book('M1-H', 'claim')).toBe(200000000000n);
    expect(house.book('M1-H')).toBe(10100000000000n);
    house.deposit('M3-H', '5000');
    house.cut();
    expect(house.book('M1-H', 'claim')).toBe(0n);
    expect(house.book('M1-H')).toBe(10300000000000n);
    expect(house.state.books.get('USDT')?.get('H/guarantee')).toBe(100000000000n);
  });

  it('pays withdrawals of assets without a rail after its obligations, in full or not at all', () => {
    const house = openAs(new TestHouse());
    house.oldDeposit('M1-H', 10_000_000_000_000n);
    const asked = { kind: 'request-withdrawal', account: 'M1-H', asset: 'USDT' };
    const ask = (withdrawalId: string, amount: string) =>
      house.ask({ ...asked, withdrawalId, amount, destination: '0x01' });
    expect(ask('W1', '60000')).toBeUndefined();
    expect(ask('W2', '60000')).toBeUndefined();
    expect(ask('W1', '1')).toBe('2007_ALREADY_EXISTS');
    const types = house.cut().map((e) => e.type);
    expect(types).toContain('WithdrawalCompleted');
    expect(types).toContain('WithdrawalRejected');
    expect(house.book('M1-H')).toBe(4000000000000n);
  });

  it('waits for every stream a venue named', () => {
    const house = funded();
    const streams = [
      { topic: 'trades', key: 'BTC-PERP', lastSequence: 1, count: 1, controlTotal: '1' },
    ] as const;
    house.send('custody', 'windows', 'custody', { type: 'window-closed', endsAt: 9, streams: [] });
    house.send('V1', 'windows', 'V1', { type: 'window-closed', endsAt: 9, streams });
    expect(house.state.openWindow).toBe(1);
    house.trade('T1', 'M1-H', 'M2-H', '1', '60000');
    expect(house.state.openWindow).toBe(2);
    const matched = house.events.filter((e) => e.type === 'WindowReconciled');
    expect(matched.map((e) => (e.data as { matched: boolean }).matched)).toEqual([true, false]);
  });
});

describe('a suspension', () => {
  it.each([
    ['venue', 'V1', '5003_VENUE_SUSPENDED'],
    ['member', 'M1', '5004_MEMBER_SUSPENDED'],
    ['instrument', 'BTC-PERP', '5005_INSTRUMENT_SUSPENDED'],
  ])('of a %s stops new risk and never a reduction', (scope, id, code) => {
    const house = funded();
    house.trade('T1', 'M1-H', 'M2-H', '1', '60000');
    house.ask({ kind: 'suspend', scope, id, reason: 'test' });
    expect(house.trade('T2', 'M1-H', 'M2-H', '1', '60000')).toBe(code);
    expect(house.trade('T3', 'M2-H', 'M1-H', '0.4', '60000')).toBeUndefined();
    house.ask({ kind: 'resume', scope, id, reason: 'over' });
    expect(house.trade('T4', 'M1-H', 'M2-H', '1', '60000')).toBeUndefined();
  });
});

describe('ids', () => {
  it('that can be mistaken for another are refused', () => {
    const house = openHouse();
    const register = (member: string) => house.ask({ kind: 'register-member', member, name: 'x' });
    expect(register('M0')).toBeUndefined();
    expect(register('MO')).toBe('2008_CONFUSABLE_ID');
    expect(register('M0')).toBe('2007_ALREADY_EXISTS');
    expect(register('\u041c7')).toBe('1006_ID_NOT_ASCII');
    expect(register('M 7')).toBe('1007_INVALID_ID');
  });
});

describe('the state hash', () => {
  it('is the same after a replay of the facts as JSON', () => {
    const house = funded();
    house.trade('T1', 'M1-H', 'M2-H', '1', '60000');
    house.mark('60100');
    house.cut();
    const again = initialState();
    for (const event of JSON.parse(JSON.stringify(house.events))) evolve(again, event);
    expect(stateHash(again)).toBe(stateHash(house.state));
  });
});
