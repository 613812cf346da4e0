import 'reflect-metadata';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { APP_FILTER, APP_GUARD } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Test } from '@nestjs/testing';
import { Client } from 'pg';
import request from 'supertest';
import { describePostgres, freshDatabase } from '../../../../../test/support/services.js';
import { ProblemFilter } from '../../problem/index.js';
import { KeyRing, RateLimiter, RightsGuard } from '../../rights/index.js';
import { ReadLifecycle, ReadModule } from '../index.js';
import { ListJournal, sampleEvents } from '../testing/history.js';
import { NoVersionBefore, rebuildBeside, swapBack } from './beside.js';
import { holdForRebuild, ReadModelBusy } from './lock.js';

const events = sampleEvents(12, 7);
const rate = { perSecond: 1e6, burst: 1e6 };

interface Answer {
  readonly status: number;
  readonly position: number;
  readonly members: readonly unknown[];
}

describePostgres('a version of the read model built beside the one in use', () => {
  let database: Awaited<ReturnType<typeof freshDatabase>>;
  let app: NestExpressApplication;
  let client: Client;
  const half = Math.floor(events.length / 2);
  const journal = new ListJournal(events.slice(0, half), 40);

  beforeAll(async () => {
    database = await freshDatabase();
    const key = (id: string) => ({ principal: { role: 'member' as const, id }, key: `key-${id}` });
    const module = await Test.createTestingModule({
      imports: [ReadModule.forRoot({ databaseUrl: database.url, journal })],
      providers: [
        { provide: KeyRing, useValue: new KeyRing([key('M1'), key('M2')]) },
        {
          provide: RateLimiter,
          useValue: new RateLimiter({ feeds: rate, others: rate }, () => performance.now()),
        },
        { provide: APP_GUARD, useClass: RightsGuard },
        { provide: APP_FILTER, useValue: new ProblemFilter((line) => process.stderr.write(line)) },
      ],
    }).compile();
    app = module.createNestApplication<NestExpressApplication>({ logger: false });
    app.set('query parser', 'simple');
    await app.init();
    await app.get(ReadLifecycle).reached(half);
    client = new Client({ connectionString: database.url });
    await client.connect();
  });
  afterAll(async () => {
    await client?.end();
    await app?.close();
    await database?.drop();
  });

  const ask = async (member: string): Promise<Answer> => {
    const response = await request(app.getHttpServer())
      .get('/v1/positions?limit=1000')
      .set('authorization', `Bearer key-${member}`);
    const body = response.body as {
      asOfPosition: number;
      data: readonly { readonly member: string }[];
    };
    const members = [...new Set((body.data ?? []).map((row) => row.member))];
    return { status: response.status, position: body.asOfPosition, members };
  };

  /** Asks as both members, over and over, until `work` is done. */
  async function askedMeanwhile<T>(work: Promise<T>): Promise<{ result: T; answers: Answer[] }> {
    const over = new AbortController();
    const ended = work.finally(() => over.abort());
    const answers: Answer[] = [];
    const asking = ['M1', 'M2', 'M1', 'M2'].map(async (member) => {
      while (!over.signal.aborted) {
        const answer = await ask(member);
        expect(answer.members.filter((each) => each !== member)).toEqual([]);
        answers.push(answer);
      }
    });
    const result = await ended;
    await Promise.all(asking);
    return { result, answers };
  }

  const options = (acceptChanges = false) => ({
    databaseUrl: database.url,
    journal,
    acceptChanges,
  });
  const cash = async (schema: string) => {
    const { rows } = await client.query<{ amount: string }>(
      `SELECT amount FROM ${schema}.balance WHERE book = 'A/A-HOUSE/cash' AND asset = 'USDT'`,
    );
    return BigInt(rows[0]!.amount);
  };
  const forge = (schema: string) =>
    client.query(`UPDATE ${schema}.balance SET amount = amount + 1 WHERE book = 'A/A-HOUSE/cash'`);

  it('has nothing to go back to before the first swap', async () => {
    await expect(swapBack(database.url)).rejects.toThrow(NoVersionBefore);
  });

  it('takes its place while facts arrive and members ask: every answer is right', async () => {
    let at = half;
    const write = (count: number) => {
      const more = events.slice(at, at + count);
      if (more.length > 0) journal.more(more);
      at += more.length;
    };
    const writing = setInterval(() => write(5), 20);
    const { result, answers } = await askedMeanwhile(rebuildBeside(options()));
    clearInterval(writing);
    write(events.length);
    expect(result).toMatchObject({ equal: true, swapped: true });
    expect(result.position).toBeGreaterThanOrEqual(half);
    expect(answers.length).toBeGreaterThan(20);
    expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
    expect(answers.every(({ members }) => members.length === 1)).toBe(true);
    // The service that stepped aside goes on in the new version.
    await app.get(ReadLifecycle).reached(events.length);
    const own = await ask('M1');
    expect(own).toEqual({ status: 200, position: events.length, members: ['M1'] });
    const { rows } = await client.query(`SELECT 1 FROM pg_namespace WHERE nspname = 'read_next'`);
    expect(rows).toEqual([]);
  }, 60_000);

  it('stays beside where a table differs, and takes its place where that is accepted', async () => {
    const before = await cash('read');
    await forge('read');
    const refused = await rebuildBeside(options());
    expect(refused).toMatchObject({ equal: false, swapped: false });
    const differ = refused.tables.filter((table) => table.before !== table.digest);
    expect(differ.map(({ table }) => table)).toEqual(['balance']);
    expect(await cash('read')).toBe(before + 1n);
    expect(await rebuildBeside(options(true))).toMatchObject({ equal: false, swapped: true });
    expect([await cash('read'), await cash('read_before')]).toEqual([before, before + 1n]);
  }, 60_000);

  it('gives way to the one before it, and comes again', async () => {
    const before = await cash('read');
    const { answers } = await askedMeanwhile(swapBack(database.url));
    expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
    expect(await cash('read')).toBe(before + 1n);
    await swapBack(database.url);
    expect(await cash('read')).toBe(before);
    await client.query('ALTER TABLE read_before.balance DROP COLUMN kind');
    await expect(swapBack(database.url)).rejects.toThrow('it has no balance.kind');
  }, 60_000);

  it('is one at a time, and waits for no rebuild', async () => {
    const both = await Promise.allSettled([rebuildBeside(options()), rebuildBeside(options())]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const [failed] = both.filter((each) => each.status === 'rejected');
    expect(failed?.reason).toBeInstanceOf(ReadModelBusy);
    const release = await holdForRebuild(database.url);
    await expect(rebuildBeside(options())).rejects.toThrow(ReadModelBusy);
    await release();
  }, 60_000);
});
