import 'reflect-metadata';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { NestExpressApplication } from '@nestjs/platform-express';
import request from 'supertest';
import { toHex } from 'viem';
import { CoSigner } from './co-signer.js';
import { cosignApp } from './http.js';
import { fakeParts, legOf, requestFor, signer } from './testing/parts.js';
import { headerJson } from './wire.js';

const KEY = 'k'.repeat(20);

function bodyOf(asked = requestFor()) {
  const { rail, header, payload } = asked;
  return { rail, header: headerJson(header), payload: toHex(payload) };
}

describe('the co-signer over HTTP', () => {
  const progress: { verified: number; broken?: string } = { verified: 41 };
  let app: NestExpressApplication;
  beforeAll(async () => {
    const cosigner = new CoSigner(fakeParts().parts);
    app = await cosignApp({ cosigner, copy: { progress }, key: KEY, log: () => undefined });
    await app.init();
  });
  afterAll(() => app.close());

  const post = (path: string, body: object | string, key = KEY) =>
    request(app.getHttpServer())
      .post(path)
      .set('authorization', `Bearer ${key}`)
      .set('content-type', 'application/json')
      .send(typeof body === 'string' ? body : JSON.stringify(body));

  it('signs for who has the key, and for nobody else', async () => {
    const { status, body } = await post('/v1/cosign/batch', bodyOf());
    expect(status).toBe(200);
    expect(Object.keys(body as object).toSorted()).toEqual(['digest', 'signature', 'signer']);
    const stranger = await post('/v1/cosign/batch', bodyOf(), 'x'.repeat(20));
    expect(stranger.status).toBe(401);
    expect(stranger.headers['www-authenticate']).toBe('Bearer');
    const nobody = await request(app.getHttpServer()).post('/v1/cosign/openings');
    expect(nobody.body).toMatchObject({ code: '8602_COSIGN_UNAUTHENTICATED' });
  });

  it('says with 422 that a batch is wrong, who says so, and where', async () => {
    const wrong = bodyOf(requestFor(legOf(), { stateRoot: `0x${'99'.repeat(32)}` }));
    const { status, type, body } = await post('/v1/cosign/batch', wrong);
    expect([status, type]).toEqual([422, 'application/problem+json']);
    expect(body).toMatchObject({
      type: 'urn:novate:problem:8608_BATCH_DIFFERS',
      title: 'Batch differs',
      field: 'header.stateRoot',
      signer: signer.address,
    });
    expect((body as { fix: string }).fix).toContain('Derive the batch');
  });

  it('says with another status that it may be asked again', async () => {
    const late = bodyOf(requestFor(legOf(), { epoch: 2n }));
    expect((await post('/v1/cosign/batch', late)).status).toBe(409);
    const ahead = bodyOf(requestFor(legOf(), { logSize: 99n }));
    expect((await post('/v1/cosign/batch', ahead)).status).toBe(503);
  });

  it.each([
    ['body', []],
    ['rail', { ...bodyOf(), rail: '01/USDT' }],
    ['header', { ...bodyOf(), header: 1 }],
    ['header.seq', { ...bodyOf(), header: { ...bodyOf().header, seq: 1 } }],
    ['header.cycle', { ...bodyOf(), header: { ...bodyOf().header, cycle: String(2n ** 64n) } }],
    ['header.leg', { ...bodyOf(), header: { ...bodyOf().header, leg: 65_536 } }],
    ['header.logRoot', { ...bodyOf(), header: { ...bodyOf().header, logRoot: '0xAB' } }],
    ['payload', { ...bodyOf(), payload: '0x123' }],
  ])('refuses a malformed %s', async (field, body) => {
    const answer = await post('/v1/cosign/batch', body);
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ code: '8601_COSIGN_MALFORMED', field });
  });

  const answer = { rail: '1/USDT', number: '3', index: 16, reason: 'MARGIN', deadline: '1000060' };
  it('signs the answer to a forced exit', async () => {
    expect((await post('/v1/cosign/answer', answer)).body).toMatchObject({
      signer: signer.address,
    });
    expect((await post('/v1/cosign/answer', answer, 'x'.repeat(20))).status).toBe(401);
  });

  it.each([
    ['number', { number: 3 }],
    ['index', { index: -1 }],
    ['reason', { reason: 'margin' }],
    ['reason', { reason: 'A'.repeat(33) }],
    ['deadline', { deadline: '' }],
  ])('refuses an answer with a malformed %s', async (field, more) => {
    const { status, body } = await post('/v1/cosign/answer', { ...answer, ...more });
    expect(status).toBe(400);
    expect(body).toMatchObject({ code: '8601_COSIGN_MALFORMED', field });
  });

  it.each([
    ['no list', { openings: 1 }, 'openings'],
    ['no accounts', { openings: [] }, 'openings'],
    ['no address', { openings: [{ index: 16, owner: '0x' }] }, 'openings[0].owner'],
    ['no index', { openings: [{ index: -1, owner: `0x${'0a'.repeat(20)}` }] }, 'openings[0].index'],
  ])('refuses openings with %s', async (_what, more, field) => {
    const body = { rail: '1/USDT', epoch: '1', deadline: '5', ...more };
    expect((await post('/v1/cosign/openings', body)).body).toMatchObject({ field });
  });

  it('refuses what is no JSON, and what is too long', async () => {
    expect((await post('/v1/cosign/batch', '{')).status).toBe(400);
    const long = { ...bodyOf(), payload: `0x${'00'.repeat(300_000)}` };
    expect((await post('/v1/cosign/batch', long)).status).toBe(413);
  });

  it('is ready until its copy cannot be used any more', async () => {
    const server = app.getHttpServer();
    expect((await request(server).get('/health/live')).body).toEqual({ status: 'live' });
    const ready = await request(server).get('/health/ready');
    expect(ready.body).toEqual({ status: 'ready', signer: signer.address, verified: 41 });
    progress.broken = 'log position 9: changed';
    expect((await request(server).get('/health/ready')).status).toBe(503);
  });
});
