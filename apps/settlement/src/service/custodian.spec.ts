import { describe, expect, it } from '@jest/globals';
import { sourceStanding } from '#ledger';
import { type InputBody, openAs, RailHouse, spec, type TestHouse } from '../testing/house.js';
import { Custodian, type CustodianInput, type FinalDeposit } from './custodian.js';

const RAIL = '31337/USDT';
const hash = `0x${'ab'.repeat(32)}`;
const custodian = new Custodian('chain-31337', [
  {
    rail: RAIL,
    asset: 'USDT',
    assetScale: 8,
    railScale: 6,
    accountAt: (index) => (index === 16 ? 'M1-H' : index === 17 ? 'M2-H' : undefined),
  },
]);

const standingOf = ({ state }: TestHouse) => sourceStanding(state, custodian.id)!;

/** What it says of those that are due. */
const told = (house: TestHouse, final: readonly FinalDeposit[]) => {
  const standing = standingOf(house);
  return custodian.deposits(custodian.due(standing, final), standing);
};

const deposit = (number: number, index: number, amount: bigint): FinalDeposit => ({
  ...{ rail: RAIL, number, index, amount, transaction: hash, block: 5, blockHash: hash },
  ...{ blockTime: 1_700_000_000, logIndex: 0 },
});

/** As the intake reads it. */
function tell(house: TestHouse, input: CustodianInput): string | undefined {
  const { event } = input;
  const type = input.topic === 'deposits' ? 'deposit' : 'window-closed';
  const body = { ...event.data, type } as unknown as InputBody;
  return house.send(event.source, input.topic, event.subject, body, event.sequence, event.window);
}

function openHouse(): TestHouse {
  const house = openAs(new RailHouse(), [spec()]);
  house.openRail(31337);
  house.settlesOn('M1-H', 31337, 16);
  house.settlesOn('M2-H', 31337, 17);
  return house;
}

/** The venue, and the custodian of before there were rails, which the house waits for too. */
function closeTrading(house: TestHouse): void {
  for (const venue of ['V1', 'custody']) {
    const body = { type: 'window-closed', endsAt: 60_000_000, streams: [] } as const;
    house.send(venue, 'windows', venue, body);
  }
}

describe('the custodian of a chain', () => {
  it('tells the house every final deposit once, the house’s own as guarantee', () => {
    const house = openHouse();
    const final = [deposit(1, 0, 5_000_000n), deposit(2, 16, 1_500_000n)];
    const due = told(house, final);
    expect(due.map(({ event }) => event.data)).toMatchObject([
      { depositId: `${RAIL}#1`, account: 'guarantee', amount: '5.000000', asset: 'USDT' },
      {
        account: 'M1-H',
        amount: '1.500000',
        at: 1_700_000_000_000_000,
        chain: { rail: RAIL, number: 2, transaction: hash, block: 5, blockHash: hash, logIndex: 0 },
      },
    ]);
    for (const input of due) expect(tell(house, input)).toBeUndefined();
    expect(house.book('M1-H')).toBe(150_000_000n);
    expect(told(house, final)).toEqual([]);
  });

  it('goes on where the house stopped hearing, after any crash', () => {
    const house = openHouse();
    const final = [deposit(1, 16, 1n), deposit(2, 17, 2n), deposit(3, 16, 3n)];
    tell(house, told(house, final)[0]!);
    const rest = told(house, final);
    expect(rest.map(({ event }) => event.sequence)).toEqual([2, 3]);
  });

  it('closes its window behind the first trading venue, and never another window first', () => {
    const house = openHouse();
    expect(custodian.closing(standingOf(house))).toBeUndefined();
    for (const input of told(house, [deposit(1, 16, 7_000_000n)])) {
      tell(house, input);
    }
    closeTrading(house);
    const closing = custodian.closing(standingOf(house))!;
    expect(closing.event).toMatchObject({
      sequence: 1,
      window: 1,
      data: {
        endsAt: 60_000_000,
        streams: [
          {
            topic: 'deposits',
            key: 'USDT',
            lastSequence: 1,
            count: 1,
            controlTotal: '7.00000000',
          },
        ],
      },
    });
    expect(house.state.openWindow).toBe(1);
    expect(tell(house, closing)).toBeUndefined();
    expect(house.state.openWindow).toBe(2);
    expect(custodian.closing(standingOf(house))).toBeUndefined();
  });

  it('puts what it sees after its closing into the next window', () => {
    const house = openHouse();
    house.ask({ kind: 'register-venue', venue: 'V2', venueKind: 'trading', mode: 'novation' });
    closeTrading(house);
    tell(house, custodian.closing(standingOf(house))!);
    expect(house.state.openWindow).toBe(1);
    const [late] = told(house, [deposit(1, 16, 1n)]);
    expect(late!.event).toMatchObject({ window: 2 });
  });

  it('keeps back the deposit to an account it may only not have read yet, and what follows on its rail', () => {
    const house = openHouse();
    const standing = standingOf(house);
    const due = custodian.due(
      standing,
      [1, 2, 3].map((n) => deposit(n, n === 2 ? 18 : 16, 1n)),
    );
    const sequences = (waits: () => boolean) =>
      custodian.deposits(due, standing, waits).map(({ event }) => event.sequence);
    expect(sequences(() => true)).toEqual([1]);
    expect(sequences(() => false)).toEqual([1, 2, 3]);
  });
});
