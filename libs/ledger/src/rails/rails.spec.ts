import { describe, expect, it } from '@jest/globals';
import { RAIL_TIMELOCK, StateReader, stateHash, stateLines, StateTree } from '../index.js';
import { openAs, TestHouse } from '../testing/given.js';
import { address, hash, RailHouse, railHouse, terms } from '../testing/rail-house.js';

/** A house none of whose assets is on a chain. */
const openHouse = () => openAs(new TestHouse());
const propose = (more: Record<string, unknown> = {}) => ({
  ...{ kind: 'propose-rail', ...terms(1), custodian: 'custody', actor: 'operator:o' },
  ...more,
});
const approve = { kind: 'approve-rail', rail: '1/USDT', actor: 'risk:r' };
const withdraw = { kind: 'withdraw-rail', rail: '1/USDT', reason: 'r', actor: 'risk:r' };

describe('a rail', () => {
  it('is proposed by one and approved by another, in force at once while a house is set up', () => {
    const house = openHouse();
    expect(house.ask(propose())).toBeUndefined();
    expect(house.ask({ ...approve, actor: 'operator:o' })).toBe('7003_FOUR_EYES');
    expect(house.ask(approve)).toBeUndefined();
    expect(house.ask(approve)).toBe('4013_ALREADY_DECIDED');
    expect(house.ask(withdraw)).toBe('4013_ALREADY_DECIDED');
    expect(house.state.rails.accounts.get('guarantee|1/USDT')).toMatchObject({ index: 0 });
  });

  it('waits for its timelock later, and may be withdrawn until then', () => {
    const house = openHouse();
    house.cut();
    house.ask(propose());
    house.ask(approve);
    expect(house.state.rails.rails.get('1/USDT')!.fromWindow).toBe(2 + RAIL_TIMELOCK);
    const opened = { account: 'M1-H', rail: '1/USDT', index: 16, owner: address(9) };
    const open = { kind: 'open-settlement-account', ...opened };
    expect(house.ask(open)).toBe('2019_RAIL_NOT_IN_FORCE');
    expect(house.deposit('M1-H', '1')).toBe('2019_RAIL_NOT_IN_FORCE');
    expect(house.ask(withdraw)).toBeUndefined();
    expect(house.ask(approve)).toBe('4013_ALREADY_DECIDED');
    // With the custodian that spoke for nothing yet.
    house.ask({
      kind: 'register-venue',
      venue: 'chain-1',
      venueKind: 'custodian',
      mode: 'novation',
    });
    expect(house.ask(propose({ custodian: 'chain-1' }))).toBeUndefined();
  });

  it.each([
    [{ asset: 'EUR' }, '2005_UNKNOWN_ASSET'],
    [{ rail: '2/USDT' }, '2011_INVALID_SPECIFICATION'],
    [{ chainId: 0, rail: '0/USDT' }, '2011_INVALID_SPECIFICATION'],
    [{ railScale: 8 }, '2011_INVALID_SPECIFICATION'],
    [{ tokenDecimals: 18, railScale: 18 }, '2011_INVALID_SPECIFICATION'],
    [{ custodian: 'V1' }, '2009_NOT_A_CUSTODIAN'],
    [{ custodian: 'nobody' }, '2001_UNKNOWN_VENUE'],
    [{ token: '0xABC' }, '3009_INVALID_ADDRESS'],
    [{ treasury: address(0) }, '3010_ZERO_ADDRESS'],
  ])('is not proposed with %j: %s', (more, code) => {
    expect(openHouse().ask(propose(more))).toBe(code);
  });

  it('has a custodian of its own', () => {
    const house = openHouse();
    house.deposit('M1-H', '1');
    expect(house.ask(propose())).toBe('2007_ALREADY_EXISTS');
    const opened = railHouse();
    const second = { ...terms(2), custodian: 'chain-1', actor: 'operator:o' };
    expect(opened.ask({ kind: 'propose-rail', ...second })).toBe('2007_ALREADY_EXISTS');
    expect(opened.ask({ kind: 'propose-rail', ...terms(1) })).toBe('2007_ALREADY_EXISTS');
  });
});

describe('a settlement account', () => {
  const open = (house: RailHouse, more: Record<string, unknown>) => {
    const account = { account: 'M3-H', rail: '1/USDT', index: 18, owner: address(9) };
    return house.ask({ kind: 'open-settlement-account', ...account, ...more });
  };
  it.each([
    [{ index: 15 }, '3004_OUT_OF_RANGE'],
    [{ index: 2 ** 20 }, '3004_OUT_OF_RANGE'],
    [{ index: 16 }, '2007_ALREADY_EXISTS'],
    [{ account: 'M1-H' }, '2007_ALREADY_EXISTS'],
    [{ account: 'M9-H' }, '2003_UNKNOWN_ACCOUNT'],
    [{ rail: '2/USDT' }, '2018_UNKNOWN_RAIL'],
    [{ owner: address(0) }, '3010_ZERO_ADDRESS'],
    [{}, undefined],
  ])('with %j: %s', (more, code) => {
    expect(open(railHouse(), more)).toBe(code);
  });

  it('is on one rail of an asset only', () => {
    const house = railHouse();
    house.openRail(2);
    expect(open(house, { account: 'M1-H', rail: '2/USDT' })).toBe('2007_ALREADY_EXISTS');
  });
});

describe('a deposit of an asset without a rail', () => {
  it('is credited by nobody', () => {
    const body = { type: 'deposit', depositId: 'D1', account: 'M1-H', asset: 'USDT' } as const;
    const sent = { ...body, amount: '1', at: 1 };
    expect(openHouse().send('custody', 'deposits', 'USDT', sent)).toBe('2021_NOT_ON_CHAIN');
  });
});

describe('a deposit of an asset with a rail', () => {
  it.each([
    [{ chain: undefined }, {}, '2021_NOT_ON_CHAIN'],
    [{}, { rail: '2/USDT' }, '2018_UNKNOWN_RAIL'],
    [{}, { number: 2 }, '2021_NOT_ON_CHAIN'],
    [{ depositId: 'D1' }, {}, '2021_NOT_ON_CHAIN'],
    [{ account: 'M3-H' }, {}, '2020_NO_SETTLEMENT_ACCOUNT'],
    [{ amount: '0.0000001' }, {}, '3008_OFF_UNIT'],
    [{}, { transaction: hash(1).toUpperCase() }, '3009_INVALID_ADDRESS'],
    [{}, {}, undefined],
    [{ account: 'guarantee' }, {}, undefined],
  ])('with %j on %j: %s', (more, chain, code) => {
    const house = openAs(new RailHouse());
    house.openRail(1);
    house.settlesOn('M1-H', 1, 16);
    expect(house.chainDeposit('M1-H', '1', 1, more, chain)).toBe(code);
  });

  it('comes from its custodian, and from nobody else', () => {
    const house = railHouse();
    expect(house.deposit('M1-H', '1')).toBe('2021_NOT_ON_CHAIN');
    const at = { rail: '1/USDT', number: 1, transaction: hash(1), block: 1, blockHash: hash(1) };
    const body = {
      type: 'deposit',
      depositId: '1/USDT#1',
      account: 'M1-H',
      asset: 'USDT',
    } as const;
    const sent = { ...body, amount: '1', at: 1, chain: { ...at, logIndex: 0 } };
    expect(house.send('custody', 'deposits', 'USDT', sent, 2)).toBe('2021_NOT_ON_CHAIN');
  });

  it('is known again, in whatever block it stands by then', () => {
    const house = railHouse();
    const chain = { rail: '1/USDT', number: 1, transaction: hash(8), block: 70 };
    const again = {
      ...({ type: 'deposit', depositId: '1/USDT#1', account: 'M1-H', asset: 'USDT' } as const),
      ...{ amount: '1000', at: 1, chain: { ...chain, blockHash: hash(8), logIndex: 2 } },
    } as const;
    expect(house.send('chain-1', 'deposits', 'USDT', again, 1)).toBe('4001_DUPLICATE');
    expect(house.chain('M1-H', 1)).toEqual([1_000_000_000n, 1_000_000_000n]);
  });
});

describe('the state hash', () => {
  const busy = () => {
    const house = railHouse();
    house.trade('T1', 'M1-H', 'M2-H', '1', '100');
    house.mark('101');
    house.withdraw('W1', 'M1-H', '5');
    house.cut();
    house.withdraw('W2', 'M2-H', '5');
    return house;
  };

  it('is over rails, balances and legs, and not over blocks and transactions', () => {
    const [one, two, three] = [busy(), busy(), busy()];
    one.finalize(1, 1);
    expect(stateHash(one.state)).not.toBe(stateHash(three.state));
    two.finalize(1, 1, { block: 99, blockHash: hash(7), transaction: hash(8), digest: hash(4) });
    expect(stateHash(two.state)).toBe(stateHash(one.state));
  });

  it('is kept by the tree and by a snapshot', () => {
    const { state } = busy();
    const reader = new StateReader();
    for (const line of stateLines(state)) reader.add(line);
    const read = reader.finish(new StateTree(state).root());
    expect(stateHash(read)).toBe(stateHash(state));
    expect(read.rails).toEqual(state.rails);
  });
});
