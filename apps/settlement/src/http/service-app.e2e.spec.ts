import 'reflect-metadata';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { NestExpressApplication } from '@nestjs/platform-express';
import request from 'supertest';
import { initialState, type Rail } from '#ledger';
import type { SettlementStanding } from '../service/index.js';
import { type BatchState, initialRail } from '../state/index.js';
import { settlementApp } from './service-app.js';

const RAIL = '1/USDT';
const READER = 'r'.repeat(20);
const OPERATOR = 'o'.repeat(20);

const halted: BatchState = {
  seq: 1,
  status: 'HALTED',
  sealings: [],
  signatures: new Map(),
  refusals: new Map([['0x0a', '8608_BATCH_DIFFERS']]),
  handed: false,
  halt: { code: 'NO_QUORUM', reason: '2 of 3 derive another batch', from: 'COSIGNING' },
};

describe('the settlement service over HTTP', () => {
  const resumed: unknown[] = [];
  const state = initialState();
  state.rails.rails.set(RAIL, { rail: RAIL, finalSeq: 0, frozen: true } as unknown as Rail);
  const standing = {
    ready: false,
    copy: { size: 7, lastSeq: () => 1, state },
    chains: [
      {
        exits: {
          open: [{ ...{ rail: RAIL, number: 3, index: 16, owner: '0x' }, amount: 5n, serveBy: 9 }],
        },
        rails: new Map([
          [
            RAIL,
            {
              terms: { rail: RAIL, ledger: '0x1e' },
              state: { ...initialRail, batches: [halted] },
              resume: (...given: unknown[]) => void resumed.push(given),
            },
          ],
        ]),
      },
    ],
  };
  let app: NestExpressApplication;
  beforeAll(async () => {
    app = await settlementApp({
      settlement: standing as unknown as SettlementStanding,
      keys: { reader: READER, operator: OPERATOR },
      log: () => undefined,
    });
    await app.init();
  });
  afterAll(() => app.close());

  const get = (path: string, key = '') =>
    request(app.getHttpServer()).get(path).set('authorization', `Bearer ${key}`);
  const post = (body: unknown, key = OPERATOR) =>
    request(app.getHttpServer())
      .post('/v1/rails/resume')
      .set('authorization', `Bearer ${key}`)
      .send(body as object);

  it('is alive at once, and ready when it has read the journal', async () => {
    expect((await get('/health/live')).body).toEqual({ status: 'live' });
    const early = await get('/health/ready');
    expect([early.status, early.body]).toEqual([503, { status: 'reading', events: 7 }]);
    standing.ready = true;
    expect((await get('/health/ready')).status).toBe(200);
  });

  it('tells who has a key how every rail stands, and nobody else', async () => {
    for (const key of [READER, OPERATOR]) {
      const { status, body } = await get('/v1/rails', key);
      expect([status, body]).toEqual([
        200,
        {
          data: [
            {
              ...{ rail: RAIL, ledger: '0x1e', due: 1, final: 0, frozen: true },
              exitRequests: [{ number: 3, index: 16, amount: '5', serveBy: 9 }],
              open: [
                {
                  ...{ seq: 1, status: 'HALTED', signatures: 0 },
                  refusals: ['0x0a: 8608_BATCH_DIFFERS'],
                  halt: 'NO_QUORUM: 2 of 3 derive another batch',
                },
              ],
            },
          ],
        },
      ]);
    }
    const stranger = await get('/v1/rails', 'x'.repeat(20));
    expect([stranger.status, stranger.headers['www-authenticate']]).toEqual([401, 'Bearer']);
    expect(stranger.body).toMatchObject({ code: '8702_SERVICE_UNAUTHENTICATED' });
  });

  it('lets the operator resume what halted, and nothing that did not', async () => {
    expect((await post({ rail: RAIL, seq: 1 }, READER)).status).toBe(401);
    expect(resumed).toEqual([]);
    const done = await post({ rail: RAIL, seq: 1 });
    expect([done.status, done.body]).toEqual([202, { rail: RAIL, seq: 1 }]);
    expect(resumed).toEqual([[1, 'operator']]);
    for (const [rail, seq] of [
      [RAIL, 2],
      ['2/USDT', 1],
    ]) {
      const { status, body } = await post({ rail, seq });
      expect([status, (body as { code: string }).code]).toEqual([409, '8703_NOT_HALTED']);
    }
    for (const body of [{}, { rail: RAIL }, { rail: RAIL, seq: 0 }, { rail: RAIL, seq: '1' }]) {
      expect((await post(body)).status).toBe(400);
    }
  });
});

describe('without keys', () => {
  it('closes what is not public', async () => {
    const settlement = { ready: true, copy: { size: 0 }, chains: [] };
    const app = await settlementApp({
      settlement: settlement as unknown as SettlementStanding,
      ...{ keys: {}, log: () => undefined },
    });
    await app.init();
    expect((await request(app.getHttpServer()).get('/v1/rails')).status).toBe(401);
    await app.close();
  });
});
