import 'reflect-metadata';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { APP_FILTER, APP_GUARD } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Test } from '@nestjs/testing';
import request from 'supertest';
import type { AnyRecordedEvent, EventData } from '#events';
import { describePostgres, freshDatabase } from '../../../../test/support/services.js';
import { ProblemFilter } from '../problem/index.js';
import { KeyRing, RateLimiter, RightsGuard } from '../rights/index.js';
import type { Principal } from '../rights/index.js';
import { riskHistory } from '../testing/risk-house.js';
import { ReadLifecycle, ReadModule } from './index.js';
import { ListJournal } from './testing/history.js';

const principals: readonly Principal[] = [
  { role: 'operator', id: 'operator' },
  { role: 'member', id: 'M1' },
  { role: 'member', id: 'M2' },
  { role: 'venue', id: 'V1' },
];
const rate = { perSecond: 1e6, burst: 1e6 };

interface Tree {
  readonly name: string;
  readonly amount: string;
  readonly parts?: readonly Tree[];
}

const unitsOf = (amount: string): bigint => BigInt(amount.replace('.', ''));

/** Parts sum to their node, all the way down. */
function sums({ amount, parts }: Tree): boolean {
  if (parts === undefined) return true;
  const total = parts.reduce((sum, part) => sum + unitsOf(part.amount), 0n);
  return total === unitsOf(amount) && parts.every(sums);
}

describePostgres('margin over HTTP', () => {
  let database: Awaited<ReturnType<typeof freshDatabase>>;
  let app: NestExpressApplication;
  let events: readonly AnyRecordedEvent[];

  beforeAll(async () => {
    ({ events } = await riskHistory());
    database = await freshDatabase();
    const journal = new ListJournal(events, 20);
    const keys = principals.map((who) => ({ principal: who, key: `key-${who.id}` }));
    const limiter = new RateLimiter({ feeds: rate, others: rate }, () => performance.now());
    const module = await Test.createTestingModule({
      imports: [ReadModule.forRoot({ databaseUrl: database.url, journal })],
      providers: [
        { provide: KeyRing, useValue: new KeyRing(keys) },
        { provide: RateLimiter, useValue: limiter },
        { provide: APP_GUARD, useClass: RightsGuard },
        { provide: APP_FILTER, useValue: new ProblemFilter((line) => process.stderr.write(line)) },
      ],
    }).compile();
    app = module.createNestApplication<NestExpressApplication>({ logger: false });
    app.set('query parser', 'simple');
    await app.init();
    await app.get(ReadLifecycle).reached(events.length);
  }, 60_000);
  afterAll(async () => {
    await app?.close();
    await database?.drop();
  });

  const get = (path: string, id = 'operator') =>
    request(app.getHttpServer()).get(path).set('authorization', `Bearer key-${id}`);
  async function data<T>(path: string, id?: string): Promise<T> {
    const response = await get(path, id);
    expect([response.status, response.text]).toEqual([200, expect.anything()]);
    return (response.body as { data: T }).data;
  }
  const recorded = (account: string, cycle: number): EventData['MarginAssessed'] => {
    const found = events.find(
      (event) =>
        event.type === 'MarginAssessed' &&
        event.data.account === account &&
        event.data.cycle === cycle,
    );
    if (found?.type !== 'MarginAssessed') throw new Error('no such requirement');
    return found.data;
  };

  it('is what the journal has, of the latest cycle or a given one', async () => {
    const latest = await data<Record<string, unknown>>('/v1/accounts/M1-H/margin', 'M1');
    const { modelId, initialMargin } = recorded('M1-H', 3);
    expect(latest).toMatchObject({
      account: 'M1-H',
      cycle: 3,
      asset: 'USDT',
      modelId,
      status: 'ok',
    });
    expect(unitsOf(String(latest['initialMargin']))).toBe(BigInt(initialMargin));
    const first = await data<Record<string, unknown>>('/v1/accounts/M1-H/margin?cycle=1');
    expect(unitsOf(String(first['initialMargin']))).toBe(BigInt(recorded('M1-H', 1).initialMargin));
  });

  it('explains every cycle in full: computed again, equal to the minor unit, parts summing exactly', async () => {
    for (const cycle of [1, 2, 3]) {
      const path = `/v1/accounts/M2-H/margin/explain?cycle=${cycle}`;
      const found = await data<Record<string, Tree> & { equal: boolean }>(path, 'M2');
      expect(found.equal).toBe(true);
      for (const name of ['equity', 'initialMargin', 'maintenanceMargin', 'positions']) {
        expect(sums(found[name]!)).toBe(true);
      }
      const core = found['initialMargin']?.parts?.find(({ name }) => name === 'core');
      expect(core?.parts?.[0]?.name).toMatch(/^\d{4}-\d\d-\d\d/);
    }
  });

  it('shows the model with its parameters, and the scenario set as JSON and CSV', async () => {
    const model = await data<Record<string, unknown>>('/v1/risk/model', 'V1');
    expect(model).toMatchObject({ name: 'urs', status: 'active', proposer: 'operator:operator' });
    expect(await data<unknown[]>('/v1/risk/models', 'M1')).toHaveLength(1);
    const set = await data<{ factors: string[]; scenarios: { weight: number }[] }>(
      '/v1/risk/scenarios',
    );
    expect(set.factors).toEqual(['BTC', 'ETH']);
    expect(set.scenarios).toHaveLength(2 * 139);
    const csv = await get('/v1/risk/scenarios?format=csv', 'M1');
    expect(csv.type).toBe('text/csv');
    expect(csv.text.split('\r\n').slice(0, 1)).toEqual(['date,mirrored,weight,BTC,ETH']);
    expect(csv.text.trim().split('\r\n')).toHaveLength(1 + 2 * 139);
  });

  it('is a member’s own: another’s account looks as if it were not there', async () => {
    for (const path of ['margin', 'margin/explain']) {
      expect((await get(`/v1/accounts/M1-H/${path}`, 'M2')).status).toBe(404);
      expect((await get(`/v1/accounts/M1-H/${path}`, 'V1')).status).toBe(403);
      expect((await get(`/v1/accounts/M1-H/${path}`, 'nobody')).status).toBe(401);
      expect((await get(`/v1/accounts/M1-H/${path}?cycle=99`, 'M1')).status).toBe(404);
      expect((await get(`/v1/accounts/M1-H/${path}?cycle=0`, 'M1')).status).toBe(400);
    }
    expect((await get('/v1/accounts/M3-H/margin')).status).toBe(404);
  });

  it('stands in the statement, JSON and CSV', async () => {
    const statement = (await get('/v1/accounts/M1-H/statement', 'M1')).body as {
      requirement: { initialMargin: string; parts: { initialMargin: Tree[] }; greeks: unknown[] };
    };
    const { initialMargin, parts, greeks } = statement.requirement;
    expect(unitsOf(initialMargin)).toBe(BigInt(recorded('M1-H', 3).initialMargin));
    expect(parts.initialMargin.reduce((sum, { amount }) => sum + unitsOf(amount), 0n)).toBe(
      unitsOf(initialMargin),
    );
    expect(greeks).toHaveLength(2);
    const csv = await get('/v1/accounts/M1-H/statement?format=csv', 'M1');
    expect(csv.text).toContain(`initialMargin,${recorded('M1-H', 3).modelId},,,${initialMargin}`);
  });
});
