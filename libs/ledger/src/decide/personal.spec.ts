import { beforeEach, describe, expect, it } from '@jest/globals';
import { memberSubject, personalPlace, sealText } from '#events';
import { stateEntries, stateHash } from '../state-hash.js';
import { address, finalLeg } from '../testing/chain.js';
import { openHouse, type TestHouse } from '../testing/given.js';
import { checkPersonal, personalOf } from './personal.js';

const key = Uint8Array.from({ length: 32 }, (_, i) => i);
const sealedFor = (member: string, fill = 'A'): string =>
  sealText(
    fill,
    personalPlace('MemberRegistered', member),
    { subject: memberSubject(member), key: 1 },
    key,
  );

describe('a personal field', () => {
  it('is taken sealed, and neither it nor its plain text is in the state', () => {
    const house = openHouse();
    const name = sealedFor('M9', 'Zürich Clearing');
    expect(house.ask({ kind: 'register-member', member: 'M9', name })).toBeUndefined();
    expect(house.events.at(-1)).toMatchObject({ schemaVersion: 2, data: { member: 'M9', name } });
    expect(JSON.stringify(stateEntries(house.state))).not.toMatch(/sealed|Zürich/);
  });
  it('leaves the state hash as it is, whatever the keys of the house', () => {
    const [one, other] = [openHouse(), openHouse()];
    one.ask({ kind: 'register-member', member: 'M9', name: sealedFor('M9') });
    other.ask({ kind: 'register-member', member: 'M9', name: 'in plain, as of old' });
    expect(stateHash(one.state)).toBe(stateHash(other.state));
  });
  it('sealed for somebody else is refused', () => {
    const house = openHouse();
    const name = sealedFor('M8');
    expect(house.ask({ kind: 'register-member', member: 'M9', name })).toBe(
      '2011_INVALID_SPECIFICATION',
    );
    const withdrawal = {
      ...{ kind: 'request-withdrawal', withdrawalId: 'W1', account: 'M1-H', asset: 'USDT' },
      ...{ amount: '1', destination: name },
    };
    expect(house.ask(withdrawal)).toBe('1004_SCHEMA_VIOLATION');
  });
  it.each([
    ['', '2011_INVALID_SPECIFICATION'],
    ['x'.repeat(201), '2011_INVALID_SPECIFICATION'],
    ['Z\ud800', '1011_INVALID_ENCODING'],
    ['x'.repeat(200), undefined],
    [sealedFor('M9'), undefined],
  ])('%j is checked while it is plain', (name, code) => {
    const { state } = openHouse();
    const base = { commandId: 'c', actor: 'operator:operator', occurredAt: 1 };
    const part = personalOf(state, { ...base, kind: 'register-member', member: 'M9', name })!;
    expect(checkPersonal(part)?.code).toBe(code);
  });
});

describe('an erasure', () => {
  let house: TestHouse;
  const request = (member = 'M1') =>
    house.ask({ kind: 'request-erasure', member, reason: 'over', actor: 'operator:operator' });
  const approve = (throughKey = 2, actor = 'risk:risk') =>
    house.ask({ kind: 'approve-erasure', member: 'M1', throughKey, actor });
  const withdraw = () =>
    house.ask({ kind: 'withdraw-erasure', member: 'M1', reason: 'a claim is open' });
  beforeEach(() => {
    house = openHouse();
  });

  it('is asked for by one and approved by another', () => {
    expect(request()).toBeUndefined();
    expect(approve()).toBeUndefined();
    expect(house.events.slice(-2)).toMatchObject([
      { type: 'ErasureRequested', data: { member: 'M1', by: 'operator:operator' } },
      {
        type: 'SubjectKeyDestroyed',
        data: { requester: 'operator:operator', approver: 'risk:risk', throughKey: 2 },
      },
    ]);
  });
  it('leaves nothing in the state once it is done or withdrawn', () => {
    const before = stateHash(house.state);
    request();
    const asked = stateHash(house.state);
    expect(asked).not.toBe(before);
    withdraw();
    expect(stateHash(house.state)).toBe(before);
    request();
    expect(stateHash(house.state)).toBe(asked);
    approve();
    expect(stateHash(house.state)).toBe(before);
  });
  it.each([
    ['of a member that is not there', () => request('M9'), '2004_UNKNOWN_MEMBER'],
    ['asked for twice', () => request() ?? request(), '4001_DUPLICATE'],
    ['nobody asked for', () => approve(), '4014_NO_ERASURE_ASKED'],
    ['withdrawn before', () => request() ?? withdraw() ?? approve(), '4014_NO_ERASURE_ASKED'],
    ['done before', () => request() ?? approve() ?? approve(), '4014_NO_ERASURE_ASKED'],
    ['nobody asked for, withdrawn', () => withdraw(), '4014_NO_ERASURE_ASKED'],
    ['approved by who asked', () => request() ?? approve(2, 'operator:operator'), '7003_FOUR_EYES'],
    ['with nothing sealed', () => request() ?? approve(0), '2017_NOTHING_SEALED'],
  ])('%s is refused', (_, ask: () => string | undefined, code) => {
    expect(ask()).toBe(code);
  });
  it('waits until the member is paid what it asked for', () => {
    house.deposit('M1-H', '10');
    request();
    house.ask({
      ...{ kind: 'request-withdrawal', withdrawalId: 'W1', account: 'M1-H', asset: 'USDT' },
      ...{ amount: '1', destination: 'bank', to: address(9) },
    });
    expect(approve()).toBe('5012_WITHDRAWAL_PENDING');
    house.cut();
    expect(approve()).toBe('5012_WITHDRAWAL_PENDING');
    house.ask(finalLeg('1/USDT', 1));
    expect(approve()).toBeUndefined();
  });
});
