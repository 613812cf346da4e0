import 'reflect-metadata';
import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { memoryProofs } from '#events';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { memoryJournal, memoryKeys } from '#events';
import { Engine } from './engine/index.js';
import { Metrics } from './health/metrics.js';
import { Readiness } from './health/readiness.js';
import { Assessor } from './margin/index.js';
import { httpApp } from './http.js';
import { Clock } from './intake/http/clock.js';
import { InputReader } from './intake/reader.js';
import { KeyRing, RateLimiter } from './rights/index.js';
import { PersonalDesk } from './personal/index.js';
import { badInputs, soundTrade } from './testing/bad-input.js';
import { keys } from './testing/house.js';
import { openEngine } from './testing/open-engine.js';

const MIB = 1024 * 1024;

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: Readonly<Record<string, unknown>>;
}

describe('the HTTP intake', () => {
  const journal = memoryJournal();
  let engine: Engine;
  let app: NestExpressApplication;
  let port: number;

  beforeAll(async () => {
    engine = await openEngine(journal);
    const clock = new Clock(() => 1);
    const rate = { perSecond: 1e6, burst: 1e6 };
    const principals = [
      { principal: { role: 'operator', id: 'operator' }, key: keys.operator },
      { principal: { role: 'custody', id: 'custody' }, key: keys.custody },
      { principal: { role: 'venue', id: 'V1' }, key: keys.V1 },
      { principal: { role: 'venue', id: 'GHOST' }, key: keys.GHOST },
      { principal: { role: 'member', id: 'M1' }, key: keys.M1 },
      { principal: { role: 'member', id: 'M2' }, key: keys.M2 },
    ] as const;
    app = await httpApp({
      assessor: new Assessor(),
      desk: new PersonalDesk(memoryKeys()),
      engine,
      clock,
      reader: new InputReader(new Map(), clock.now),
      keys: new KeyRing(principals),
      limiter: new RateLimiter({ feeds: rate, others: rate }, () => 0),
      readiness: new Readiness(),
      metrics: new Metrics(engine, () => ({})),
      proofs: memoryProofs(),
      log: () => undefined,
      read: [],
    });
    await app.listen(0, '127.0.0.1');
    port = (app.getHttpServer().address() as { port: number }).port;
  });
  afterAll(() => app.close());

  const post = async (
    path: string,
    key: string | undefined,
    body: string,
    headers: Record<string, string> = {},
  ): Promise<Answer> => {
    const authorization: Record<string, string> = key ? { authorization: `Bearer ${key}` } : {};
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method: 'POST',
      headers: { ...authorization, ...headers },
      body,
    });
    return {
      status: response.status,
      type: response.headers.get('content-type')?.split(';')[0] ?? '',
      body: (await response.json()) as Record<string, unknown>,
    };
  };
  /** A structured CloudEvent around a value given as text, at the next sequence of its stream. */
  const eventOf = (data: string, key = 'BTC-PERP', source = 'V1', more: object = {}) => {
    const sequence = engine.expectedSequence({ venue: source, topic: 'trades', key });
    const envelope = { specversion: '1.0', id: 'x', source, type: 'novate.trade.v1', subject: key };
    const text = JSON.stringify({ ...envelope, sequence, window: 1, ...more });
    return `${text.slice(0, -1)},"data":${data}}`;
  };
  const trade = (tradeId: string) => JSON.stringify({ ...soundTrade, tradeId });

  it('accepts a sound trade with its position', async () => {
    const before = engine.head.size;
    const answer = await post('/v1/inputs/trades', keys.V1, eventOf(trade('SOUND')));
    expect(answer).toMatchObject({ status: 201, body: { status: 'accepted', position: before } });
  });

  it('records every delivery as a fact of its own, however often the same is sent', async () => {
    const before = engine.head.size;
    const repeated = eventOf(trade('OFTEN'));
    const unknown = eventOf(trade('NOWHERE'), 'NO-SUCH');
    const bodies = [repeated, unknown, '{"not', JSON.stringify({ data: {} })];
    for (const body of [...bodies, ...bodies, ...bodies]) {
      await post('/v1/inputs/trades', keys.V1, body);
    }
    const ids: string[] = [];
    for await (const batch of journal.read(before)) {
      for (const { id, position } of batch.events) if (position >= before) ids.push(id);
    }
    expect(ids).toHaveLength(12);
    expect(new Set(ids).size).toBe(12);
  });

  it.each(badInputs.map((bad) => [bad.name, bad] as const))('%s', async (_, bad) => {
    const before = engine.head.size;
    const source = bad.more?.source ?? 'V1';
    const key = source === 'GHOST' ? keys.GHOST : keys.V1;
    const body = eventOf(bad.value, bad.key, source);
    const answer = await post('/v1/inputs/novate.trades.v1', key, body);
    // Whatever the answer, it is in the journal.
    expect(engine.head.size).toBe(before + 1);
    if (bad.code === '4001_DUPLICATE') {
      expect(answer).toMatchObject({ status: 200, body: { status: 'duplicate' } });
      return;
    }
    expect(answer.type).toBe('application/problem+json');
    expect(answer.body['code']).toBe(bad.code);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
    expect(answer.body).toMatchObject({ status: answer.status, position: before });
    expect(typeof answer.body['fix']).toBe('string');
  });

  it('answers a gap and a window that is not open with 409, and takes nothing', async () => {
    const { lastSequence } = [...engine.state.streams.values()].at(-1) ?? { lastSequence: 0 };
    const early = eventOf(trade('EARLY'), 'ETH-PERP', 'V1', { sequence: lastSequence + 50 });
    const gap = await post('/v1/inputs/trades', keys.V1, early);
    expect([gap.status, gap.body['code']]).toEqual([409, '4003_SEQUENCE_GAP']);
    const later = eventOf(trade('LATER'), 'BTC-PERP', 'V1', { window: 9 });
    const window = await post('/v1/inputs/trades', keys.V1, later);
    expect([window.status, window.body['code']]).toEqual([409, '4005_WINDOW_NOT_OPEN']);
  });

  it('takes a batch and answers each event', async () => {
    const stream = { venue: 'V1', topic: 'trades' as const, key: 'BTC-PERP' };
    const sequence = engine.expectedSequence(stream);
    const two = eventOf(trade('BATCH-2'), 'BTC-PERP', 'V1', { sequence: sequence + 1 });
    const foreign = eventOf(trade('BATCH-3'), 'BTC-PERP', 'GHOST');
    const body = `[${eventOf(trade('BATCH-1'))},${two},${foreign},7]`;
    const headers = { 'content-type': 'application/cloudevents-batch+json' };
    const answer = await post('/v1/inputs/trades', keys.V1, body, headers);
    expect(answer.status).toBe(207);
    const results = answer.body['results'] as { status: string; code?: string }[];
    expect(results.map(({ status, code }) => code ?? status)).toEqual([
      'accepted',
      'accepted',
      '7002_FORBIDDEN',
      '1008_MISSING_ENVELOPE',
    ]);
  });

  it('refuses bodies above the limit with 413 and keeps none of it', async () => {
    const large = await post('/v1/inputs/trades', keys.V1, 'x'.repeat(2 * MIB));
    expect([large.status, large.body['code']]).toEqual([413, '1002_TOO_LARGE']);
    const before = process.memoryUsage().arrayBuffers;
    const status = await new Promise<number>((resolve, reject) => {
      const headers = { authorization: `Bearer ${keys.V1}`, 'transfer-encoding': 'chunked' };
      const options = { port, path: '/v1/inputs/trades', method: 'POST', headers };
      const request = httpRequest(options, (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      });
      request.on('error', reject);
      const piece = Buffer.alloc(MIB, 'x');
      let sent = 0;
      const send = (): void => {
        sent += 1;
        if (sent > 64) request.end();
        else request.write(piece, () => send());
      };
      send();
    });
    expect(status).toBe(413);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32 * MIB);
  });

  it('keeps every key to its own', async () => {
    const sound = eventOf(trade('RIGHTS'));
    const cases: [string, string | undefined, string, number][] = [
      ['/v1/inputs/trades', undefined, sound, 401],
      ['/v1/inputs/trades', 'no-such-key-0123456789', sound, 401],
      ['/v1/inputs/trades', keys.operator, sound, 403],
      ['/v1/inputs/trades', keys.M1, sound, 403],
      ['/v1/inputs/trades', keys.custody, sound, 403],
      ['/v1/inputs/trades', keys.GHOST, sound, 403],
      ['/v1/inputs/deposits', keys.V1, sound, 403],
      ['/v1/inputs/nothing', keys.V1, sound, 404],
      ['/v1/commands/register-asset', keys.M1, '{}', 403],
      ['/v1/commands/request-withdrawal', keys.operator, '{}', 403],
      ['/v1/commands/input', keys.operator, '{}', 404],
    ];
    const before = engine.head.size;
    for (const [path, key, body, status] of cases) {
      const answer = await post(path, key, body, { 'idempotency-key': 'k' });
      expect([path, answer.status, answer.type]).toEqual([
        path,
        status,
        'application/problem+json',
      ]);
    }
    expect(engine.head.size).toBe(before);
  });

  it('tells a source where it stands, and no other source', async () => {
    const get = async (source: string, key: string) => {
      const headers = { authorization: `Bearer ${key}` };
      const response = await fetch(`http://127.0.0.1:${port}/v1/sources/${source}`, { headers });
      return [response.status, (await response.json()) as Record<string, unknown>] as const;
    };
    const next = engine.expectedSequence({ venue: 'V1', topic: 'trades', key: 'BTC-PERP' });
    const [status, standing] = await get('V1', keys.V1);
    expect(status).toBe(200);
    expect(standing).toMatchObject({ source: 'V1', window: 1, size: engine.head.size });
    expect(standing['streams']).toContainEqual(
      expect.objectContaining({ topic: 'trades', key: 'BTC-PERP', lastSequence: next - 1 }),
    );
    expect(await get('V1', keys.operator)).toEqual([200, standing]);
    expect(await get('V1', keys.custody)).toMatchObject([403, { code: '7002_FORBIDDEN' }]);
    expect((await get('V1', keys.M1))[0]).toBe(403);
    expect(await get('NOBODY', keys.operator)).toMatchObject([422, { code: '2001_UNKNOWN_VENUE' }]);
  });

  it('lets a member act for its own accounts only', async () => {
    const asked = { asset: 'USDT', amount: '1', destination: 'bank', to: `0x${'7'.repeat(40)}` };
    const body = (withdrawalId: string, account: string) =>
      JSON.stringify({ withdrawalId, account, ...asked });
    const path = '/v1/commands/request-withdrawal';
    const ask = (key: string, id: string, account: string) =>
      post(path, key, body(id, account), { 'idempotency-key': id });
    // Its own it may ask for, and has nothing.
    expect((await ask(keys.M1, 'W1', 'M1-H')).body).toMatchObject({
      code: '6001_INSUFFICIENT_CASH',
    });
    expect((await ask(keys.M1, 'W2', 'M2-H')).status).toBe(403);
    expect((await ask(keys.M1, 'W3', 'M9-H')).status).toBe(403);
  });

  it('gives a repeated command its first answer, and checks its shape', async () => {
    const path = '/v1/commands/register-asset';
    const body = JSON.stringify({ asset: 'EURC', scale: 8 });
    const first = await post(path, keys.operator, body, { 'idempotency-key': 'eurc' });
    expect(first.status).toBe(201);
    const again = await post(path, keys.operator, body, { 'idempotency-key': 'eurc' });
    expect(again.body).toEqual(first.body);
    const other = JSON.stringify({ asset: 'EURD', scale: 8 });
    const conflict = await post(path, keys.operator, other, { 'idempotency-key': 'eurc' });
    expect([conflict.status, conflict.body['field']]).toEqual([409, 'idempotency-key']);
    const spoilt = ['{"asset":"X"}', '{"asset":1,"scale":8}', '{"asset":"X","scale":8,"y":1}', '['];
    for (const [index, value] of spoilt.entries()) {
      const headers = { 'idempotency-key': `spoilt-${index}` };
      expect((await post(path, keys.operator, value, headers)).status).toBe(400);
    }
    expect((await post(path, keys.operator, other)).body['field']).toBe('idempotency-key');
  });
});
