import 'reflect-metadata';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { NestExpressApplication } from '@nestjs/platform-express';
import request from 'supertest';
import { address, railHouse } from '../../../../libs/ledger/src/testing/rail-house.js';
import { describePostgres, freshDatabase } from '../../../../test/support/services.js';
import type { Principal } from '../rights/index.js';
import { digestReadModel, rebuildReadModel } from './project/rebuild.js';
import { readApp } from './testing/app.js';
import { ListJournal, recorded } from './testing/history.js';

/** Two cycles on one rail: M1 wins 7.5 of M2, then takes 250.5 out; M2's withdrawal is released. The second leg is not final. */
function facts() {
  const house = railHouse();
  house.chainDeposit('guarantee', '100', 1);
  house.trade('T1', 'M1-H', 'M2-H', '1', '100');
  house.mark('107.5');
  house.cut();
  house.finalize(1, 1);
  house.withdraw('W1', 'M1-H', '250.5');
  house.withdraw('W2', 'M2-H', '990');
  house.mark('117.5');
  house.cut();
  house.withdraw('W3', 'M1-H', '1');
  return recorded(house.events);
}

const events = facts();
const principals: readonly Principal[] = [
  ...(['operator', 'settlement'] as const).map((role) => ({ role, id: role })),
  { role: 'member', id: 'M1' },
  { role: 'member', id: 'M2' },
  { role: 'venue', id: 'V1' },
];

describePostgres('settlement in the query API', () => {
  let database: Awaited<ReturnType<typeof freshDatabase>>;
  let app: NestExpressApplication;

  beforeAll(async () => {
    database = await freshDatabase();
    app = await readApp(database.url, new ListJournal(events, 10), principals);
  });
  afterAll(async () => {
    await app?.close();
    await database?.drop();
  });

  const get = (path: string, id = 'operator') =>
    request(app.getHttpServer()).get(path).set('authorization', `Bearer key-${id}`);
  const data = async (path: string, id?: string) => {
    const response = await get(path, id);
    expect([response.status, response.text]).toEqual([200, expect.anything()]);
    return (response.body as { data: Record<string, unknown>[] }).data;
  };

  it('shows the rail, and how far its legs are', async () => {
    expect(await data('/v1/rails', 'M1')).toMatchObject([
      { rail: '1/USDT', chainId: 1, railScale: 6, status: 'approved', seq: 2, finalSeq: 1 },
    ]);
  });

  it('shows balances committed, posted, in flight, to whom they belong', async () => {
    const all = await data('/v1/settlement-accounts?rail=1/USDT', 'settlement');
    expect(all).toMatchObject([
      { account: 'M1-H', index: 16, committed: '767.000000', posted: '1007.500000' },
      { account: 'M2-H', index: 17, committed: '982.500000', posted: '992.500000' },
      { account: 'guarantee', index: 0, committed: '100.000000', inFlight: '0.000000' },
    ]);
    expect(all[0]).toMatchObject({ inFlight: '-240.500000', credited: '1000.000000' });
    expect(await data('/v1/settlement-accounts', 'M2')).toEqual([all[1]]);
    expect(await data('/v1/settlement-accounts?account=M1-H', 'M2')).toEqual([]);
  });

  it('shows legs page by page, to a member with its own entries alone', async () => {
    const legs = '/v1/settlement-legs?rail=1/USDT';
    const [first, second] = await data(legs, 'settlement');
    expect(first).toMatchObject({ seq: 1, cycle: 1, status: 'final', block: 9 });
    expect(second).toMatchObject({
      ...{ seq: 2, cycle: 2, leg: 1, legs: 1, status: 'due', houseDelta: '0.000000' },
      entries: [
        { account: 'M1-H', index: 16, amount: '10.000000' },
        { account: 'M2-H', index: 17, amount: '-10.000000' },
        { account: 'M1-H', amount: '-250.500000', withdrawalId: 'W1', to: address(77) },
      ],
    });
    const own = await data(legs, 'M2');
    expect(own.map(({ entries }) => entries)).toMatchObject([
      [{ account: 'M2-H' }],
      [{ account: 'M2-H' }],
    ]);
    const page = (await get(`${legs}&limit=1`)).body as { nextCursor: string };
    expect(await data(`${legs}&limit=1&cursor=${page.nextCursor}`)).toEqual([second]);
  });

  it('shows withdrawals and where they stand', async () => {
    expect(await data('/v1/withdrawals', 'M1')).toMatchObject([
      { withdrawalId: 'W1', status: 'settling', rail: '1/USDT', seq: 2, cycle: 2 },
      { withdrawalId: 'W3', status: 'reserved', to: address(77) },
    ]);
    expect(await data('/v1/withdrawals?status=released')).toMatchObject([
      { withdrawalId: 'W2', account: 'M2-H', cycle: 2, code: '6001_INSUFFICIENT_CASH' },
    ]);
  });

  it('shows reserved money and balances on rails on a statement', async () => {
    const { body } = await get('/v1/accounts/M1-H/statement', 'M1');
    expect(body).toMatchObject({
      settlement: [{ rail: '1/USDT', index: 16, committed: '767.000000', inFlight: '-240.500000' }],
      pendingWithdrawals: [
        { withdrawalId: 'W1', status: 'settling' },
        { withdrawalId: 'W3', status: 'reserved' },
      ],
    });
    const { assets } = body as {
      assets: { books: { book: string; closing: string }[] }[];
    };
    const reserved = assets[0]?.books.find(({ book }) => book === 'reserved');
    expect(reserved?.closing).toBe('251.50000000');
    const csv = await get('/v1/accounts/M1-H/statement?format=csv', 'M1');
    expect(csv.text).toContain('settlement,M1-H,,,16,,,,in-flight,1/USDT,,,-240.500000');
  });

  it.each([
    ['/v1/settlement-legs', 'operator', 400],
    ['/v1/settlement-legs?rail=USDT', 'operator', 400],
    ['/v1/settlement-accounts?cursor=abc', 'operator', 400],
    ['/v1/settlement-accounts', 'V1', 403],
    ['/v1/withdrawals', 'settlement', 403],
    ['/v1/rails', 'nobody', 401],
  ])('answers %s to %s with %i', async (path, id, status) => {
    expect((await get(path, id)).status).toBe(status);
  });

  it('is the same whatever the size of batches, and comes back when it is rebuilt', async () => {
    const digests = async () =>
      (await digestReadModel(database.url)).filter(
        ({ table }) => table !== 'projection_checkpoint',
      );
    const before = await digests();
    await app.close();
    const rebuild = (size: number, verify: boolean) => {
      const journal = new ListJournal(events, size);
      return rebuildReadModel({ databaseUrl: database.url, journal, verify });
    };
    await rebuild(1, false);
    expect(await digests()).toEqual(before);
    expect((await rebuild(1, true)).equal).toBe(true);
  });
});
