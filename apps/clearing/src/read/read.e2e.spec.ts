import 'reflect-metadata';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { NestExpressApplication } from '@nestjs/platform-express';
import request from 'supertest';
import { canonicalLine } from '#events';
import { provenRoot, stateHash, type StateProof } from '#ledger';
import { describePostgres, freshDatabase } from '../../../../test/support/services.js';
import { replay } from '../../../../libs/ledger/src/testing/simulate.js';
import type { Principal } from '../rights/index.js';
import { readApp } from './testing/app.js';
import { ListJournal, sampleEvents } from './testing/history.js';

const events = sampleEvents(12, 7);
const principals: readonly Principal[] = [
  { role: 'operator', id: 'operator' },
  { role: 'regulator', id: 'regulator' },
  { role: 'member', id: 'M1' },
  { role: 'member', id: 'M2' },
  { role: 'venue', id: 'VEN-A' },
  { role: 'custody', id: 'CUSTODY' },
  { role: 'cosigner', id: 'cosigner-1' },
];

interface Body {
  readonly asOfPosition: number;
  readonly data: readonly Readonly<Record<string, unknown>>[];
  readonly nextCursor?: string;
}

describePostgres('the query API', () => {
  let database: Awaited<ReturnType<typeof freshDatabase>>;
  let app: NestExpressApplication;

  beforeAll(async () => {
    database = await freshDatabase();
    const journal = new ListJournal(events, 100);
    app = await readApp(database.url, journal, principals);
  });
  afterAll(async () => {
    await app?.close();
    await database?.drop();
  });

  const get = (path: string, id = 'operator') =>
    request(app.getHttpServer()).get(path).set('authorization', `Bearer key-${id}`);
  const bodyOf = async (path: string, id?: string): Promise<Body> => {
    const response = await get(path, id);
    expect([response.status, response.text]).toEqual([200, expect.anything()]);
    return response.body as Body;
  };
  async function all(path: string, limit: number, id?: string) {
    const rows: Body['data'][number][] = [];
    for (let cursor = ''; ;) {
      const page = await bodyOf(`${path}?limit=${limit}${cursor}`, id);
      rows.push(...page.data);
      expect(page.asOfPosition).toBe(events.length);
      if (page.nextCursor === undefined) return rows;
      cursor = `&cursor=${page.nextCursor}`;
    }
  }

  describe('pages', () => {
    it.each([
      ...['/v1/members', '/v1/accounts', '/v1/positions', '/v1/trades', '/v1/instruments'],
      ...['/v1/settlement-prices', '/v1/cycles', '/v1/rejects', '/v1/venues/VEN-A/windows'],
      ...['/v1/accounts/A-HOUSE/positions', '/v1/accounts/A-HOUSE/balances'],
    ])('of %s are the list, cut', async (path) => {
      const whole = await all(path, 1000);
      expect(whole.length).toBeGreaterThan(0);
      expect(await all(path, whole.length > 60 ? 17 : 2)).toEqual(whole);
      const keys = whole.map((row) => JSON.stringify(row));
      expect(new Set(keys).size).toBe(keys.length);
    });
  });

  describe('the state at a point', () => {
    const hashAt = (size: number) => stateHash(replay(events.slice(0, size)));
    const entry = (kind: string, id: string, at?: string) =>
      `/v1/state/entry?kind=${kind}&id=${encodeURIComponent(id)}${at === undefined ? '' : `&at=${at}`}`;
    const accountOf = (member: string) =>
      events.flatMap((e) =>
        e.type === 'AccountOpened' && e.data.member === member ? [e.data.account] : [],
      )[0]!;

    it('is that of a replay, at positions, at times and now', async () => {
      for (const at of [0, 1, 250, events.length]) {
        const body = await bodyOf(`/v1/state?at=${at}`, 'regulator');
        expect(body).toMatchObject({ asOfPosition: at, stateHash: hashAt(at) });
      }
      const cut = events.filter((e) => e.type === 'CycleCompleted')[2]!;
      const at = new Date(cut.data.endsAt / 1000).toISOString();
      const size = cut.position + 1;
      expect(await bodyOf(`/v1/state?at=${at}`)).toMatchObject({ cycle: 3, asOfPosition: size });
      const now = await bodyOf('/v1/state');
      expect(now).toMatchObject({ stateHash: hashAt(events.length), cycle: 12 });
    });

    it('proves an entry to whoever may read everything', async () => {
      const id = `USDT|A/${accountOf('M1')}/cash`;
      const body = await bodyOf(entry('book', id, '300'), 'regulator');
      const proof = body as unknown as StateProof & { stateHash: string };
      expect(provenRoot(proof)).toBe(hashAt(300));
      expect(proof.stateHash).toBe(hashAt(300));
      expect((JSON.parse(proof.line) as unknown[]).slice(2, 4)).toEqual(['book', id]);
    });

    it('shows a member its own entries, without the hashes of others beside them', async () => {
      const own = accountOf('M1');
      for (const [kind, id] of [
        ['account', own],
        ['book', `USDT|A/${own}/cash`],
        ['member', 'M1'],
      ] as const) {
        const body = await bodyOf(entry(kind, id), 'M1');
        expect(body).toMatchObject({ kind, id });
        expect(body).not.toHaveProperty('path');
        expect((await get(entry(kind, id), 'M2')).status).toBe(404);
      }
      for (const [kind, id] of [
        ['house', 'house'],
        ['book', 'USDT|H/fees'],
        ['book', 'nonsense'],
        ['position', 'nobody|nothing'],
        ['withdrawal', 'none'],
        ['requirement', 'nobody'],
      ] as const) {
        expect((await get(entry(kind, id), 'M1')).status).toBe(404);
      }
      expect((await get('/v1/state', 'M1')).status).toBe(403);
    });

    it.each([
      ['/v1/state?at=yesterday', 400, 'at'],
      ['/v1/state?at=99999999', 404, 'at'],
      ['/v1/state?at=1970-01-01T00:00:00Z', 404, 'at'],
      ['/v1/state/entry?kind=nothing&id=a', 400, 'kind'],
      ['/v1/state/entry?kind=asset&id=EUR', 404, 'id'],
    ])('refuses %s with %d at %s', async (path, status, field) => {
      const response = await get(path);
      expect([response.status, (response.body as { field: string }).field]).toEqual([
        status,
        field,
      ]);
    });
  });

  it('shows every trade of the journal with its amounts at scale', async () => {
    const trades = await all('/v1/trades', 1000);
    const facts = events.filter((e) => e.type === 'TradeNovated' || e.type === 'TradeCorrected');
    expect(trades).toHaveLength(facts.length);
    expect(trades[0]!['price']).toMatch(/^-?\d+\.\d{3}$/);
    expect(trades[0]!['executedAt']).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  });

  it('filters trades', async () => {
    const [first] = await all('/v1/trades', 1);
    const id = String(first!['tradeId']);
    const { data } = await bodyOf(`/v1/trades?tradeId=${id}&account=${String(first!['buyer'])}`);
    expect(data.map((trade) => trade['tradeId'])).toContain(id);
    const busted = await bodyOf('/v1/trades?status=busted');
    expect(busted.data.every((trade) => trade['status'] === 'busted')).toBe(true);
  });

  describe('rights', () => {
    it('show a member its own side and hide the other', async () => {
      const accounts = await all('/v1/accounts', 100, 'M1');
      expect(new Set(accounts.map((row) => row['member']))).toEqual(new Set(['M1']));
      const own = accounts.map((row) => row['account']);
      for (const trade of await all('/v1/trades', 1000, 'M1')) {
        const sides = [trade['buyer'], trade['seller']].filter((side) => side !== undefined);
        expect(sides.length).toBeGreaterThan(0);
        expect(sides.every((side) => own.includes(side))).toBe(true);
      }
    });

    it('make an account of another member look as if it were not there', async () => {
      for (const path of ['', '/balances', '/positions', '/statement']) {
        const response = await get(`/v1/accounts/A-HOUSE${path}`, 'M2');
        expect([response.status, response.type]).toEqual([404, 'application/problem+json']);
      }
    });

    it.each([
      ['/v1/journal/events', 'M1', 403],
      ['/v1/rejects', 'M1', 403],
      ['/v1/accounts', 'VEN-A', 403],
      ['/v1/venues/VEN-B/windows', 'VEN-A', 403],
      ['/v1/venues/VEN-A/windows', 'VEN-A', 200],
      ['/v1/journal/events', 'regulator', 200],
      ['/v1/trades', 'nobody', 401],
    ])('answer %s to %s with %i', async (path, id, status) => {
      expect((await get(path, id)).status).toBe(status);
    });
  });

  it.each([
    '/v1/trades?limit=0',
    '/v1/trades?limit=1001',
    '/v1/trades?limit=1&limit=2',
    '/v1/trades?window=abc',
    '/v1/trades?nonsense=1',
    '/v1/trades?cursor=abc',
    `/v1/trades?cursor=${Buffer.from('["x"]').toString('base64url')}`,
    '/v1/positions?account=%D0%90',
    '/v1/accounts/A-HOUSE/statement?time=yesterday',
    '/v1/accounts/A-HOUSE/statement?position=1&cycle=1',
    '/v1/accounts/A-HOUSE/statement?position=10&from=20',
  ])('refuses %s as a problem', async (path) => {
    const response = await get(path);
    expect([response.status, response.type]).toEqual([400, 'application/problem+json']);
    expect(JSON.parse(response.text)).toMatchObject({ status: 400, title: 'Invalid query' });
  });

  it.each([
    ['/v1/accounts/%00', 404],
    ['/v1/accounts/a%00b/statement', 404],
    ['/v1/members/%00', 404],
    ['/v1/trades?window=99999999999999999999999', 400],
    ['/v1/settlement-prices?cycle=99999999999', 400],
    ['/v1/accounts/A-HOUSE/statement?cycle=99999999999', 400],
    [`/v1/accounts?cursor=${Buffer.from('["\\u0000"]').toString('base64url')}`, 400],
    [`/v1/cycles?cursor=${Buffer.from('[9007199254740991]').toString('base64url')}`, 400],
  ])('refuses what no id or number can be: %s', async (path, status) => {
    const response = await get(path);
    expect([response.status, response.type]).toEqual([status, 'application/problem+json']);
  });

  it('answers 304 to a reader that has the answer already', async () => {
    const first = await get('/v1/cycles');
    const again = await get('/v1/cycles').set('if-none-match', first.headers['etag']!);
    expect(again.status).toBe(304);
  });

  it('says where the journal and the house stand', async () => {
    const { body } = await get('/v1/journal/head');
    expect(body).toMatchObject({
      size: events.length,
      readModelPosition: events.length,
      stateHash: stateHash(replay(events)),
    });
  });

  it('hands out the events as they were recorded', async () => {
    const { data } = await bodyOf('/v1/journal/events?from=95&limit=10', 'regulator');
    expect(data).toEqual(JSON.parse(JSON.stringify(events.slice(95, 105))));
    const end = await get(`/v1/journal/events?from=${events.length}`, 'regulator');
    expect(end.body).toMatchObject({ data: [] });
  });

  it('hands out the log as its leaves are hashed, byte for byte', async () => {
    const lines = (from: number, to: number) =>
      events.slice(from, to).map((event) => `${canonicalLine(event)}\n`);
    const page = await get('/v1/log/events?from=95&limit=10', 'cosigner-1').responseType('blob');
    expect(page.headers['novate-log-size']).toBe(String(events.length));
    expect((page.body as Buffer).toString('utf8')).toBe(lines(95, 105).join(''));
    const end = await get(`/v1/log/events?from=${events.length}`, 'cosigner-1').responseType(
      'blob',
    );
    expect([end.status, (end.body as Buffer).byteLength]).toEqual([200, 0]);
    expect((await get(`/v1/log/events?from=${events.length + 1}`)).status).toBe(404);
    expect((await get('/v1/log/events?limit=10001')).status).toBe(400);
    expect((await get('/v1/log/events', 'M1')).status).toBe(403);
    expect((await get('/v1/accounts', 'cosigner-1')).status).toBe(403);
  });

  describe('a statement', () => {
    it('has the balances and the movements of the read model', async () => {
      const { body } = await get('/v1/accounts/A-HOUSE/statement', 'M1');
      const statement = body as {
        assets: { asset: string; books: { book: string; closing: string }[] }[];
        movements: unknown[];
      };
      for (const row of await all('/v1/accounts/A-HOUSE/balances', 100, 'M1')) {
        const asset = statement.assets.find((each) => each.asset === row['asset']);
        const book = asset?.books.find((each) => each.book === row['book']);
        expect(book?.closing).toBe(row['amount']);
      }
      expect(statement.movements.length).toBeGreaterThan(0);
    });

    it('comes as CSV, and as of a cycle', async () => {
      const response = await get('/v1/accounts/A-HOUSE/statement?cycle=3&format=csv', 'M1');
      expect([response.status, response.type]).toEqual([200, 'text/csv']);
      const trailer = response.text.split('\r\n').at(-2)!;
      expect(trailer).toMatch(/^trailer,A-HOUSE,.*sha256:[0-9a-f]{64}/);
    });

    it('is not there before the account was', async () => {
      expect((await get('/v1/accounts/A-HOUSE/statement?position=1')).status).toBe(404);
      expect((await get('/v1/accounts/A-HOUSE/statement?cycle=99')).status).toBe(404);
    });
  });
});
