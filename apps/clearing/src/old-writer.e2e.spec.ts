import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Client } from 'pg';
import { postgresJournal, verifyJournal } from '#events';
import { describePostgres, freshDatabase } from '../../../test/support/services.js';
import { keyEnvironment } from './testing/house.js';
import { AppProcess } from './testing/process.js';

describePostgres('an old writer that wakes up', () => {
  let database: Awaited<ReturnType<typeof freshDatabase>>;
  const running: AppProcess[] = [];
  const start = async (): Promise<AppProcess> => {
    const more = { NOVATE_DATABASE_URL: database.url, NOVATE_EVENT_TABLE: 'true' };
    const app = AppProcess.start({ ...keyEnvironment, ...more });
    running.push(app);
    await app.ready;
    return app;
  };
  /** Resolves with what the app answered. */
  const register = (app: AppProcess, asset: string): Promise<unknown> =>
    app.fetch('/v1/commands/register-asset', {
      method: 'POST',
      headers: { 'idempotency-key': asset },
      body: JSON.stringify({ asset, scale: 8 }),
    });
  /** What the journal holds, by the ids of the assets, and whether its chain is whole. */
  const recorded = async (): Promise<{ ok: boolean; size: number; assets: string[] }> => {
    const journal = postgresJournal({ url: database.url });
    const assets: string[] = [];
    let size = 0;
    for await (const { events } of journal.read(0)) {
      size += events.length;
      for (const { type, data } of events) if (type === 'AssetRegistered') assets.push(data.asset);
    }
    const { ok } = await verifyJournal(journal);
    await journal.close();
    return { ok, size, assets };
  };

  beforeAll(async () => {
    database = await freshDatabase();
  });
  afterAll(async () => {
    for (const app of running) {
      app.kill('SIGCONT');
      app.kill('SIGKILL');
    }
    await database.drop();
  });

  it('acknowledges nothing more, ends, and leaves the journal to the new one', async () => {
    const old = await start();
    await register(old, 'AAA');
    old.kill('SIGSTOP');
    const heir = await start();
    await register(heir, 'BBB');
    // Waits in the socket of the stopped process, and is the first thing it sees when it wakes.
    const late = register(old, 'LATE').catch((error: unknown) => error);
    await sleep(50);
    old.kill('SIGCONT');
    expect(await late).toBeInstanceOf(Error);
    expect(await old.exited).toMatchObject({ code: 1 });
    expect(old.lines.join('\n')).toContain('another writer is at work, this one must stop');
    await register(heir, 'CCC');
    expect(await recorded()).toMatchObject({ ok: true, assets: ['AAA', 'BBB', 'CCC'] });
  }, 60_000);

  it('took no part in the per-event table either: killed fillers leave no gap and no repeat', async () => {
    let app = running.at(-1)!;
    for (let kill = 0; kill < 2; kill += 1) {
      const flood = Array.from({ length: 40 }, (_, i) =>
        register(app, `K${kill}-${i}`).catch(() => undefined),
      );
      await sleep(10 + 30 * kill);
      app.kill('SIGKILL');
      await Promise.all([...flood, app.exited]);
      app = await start();
    }
    const { ok, size } = await recorded();
    expect(ok).toBe(true);
    const client = new Client({ connectionString: database.url });
    await client.connect();
    const table = async (): Promise<unknown> => {
      const text = `SELECT count(*)::int AS rows, max(position)::int + 1 AS next,
                           (SELECT position::int FROM log.checkpoint) AS checkpoint FROM log.event`;
      return (await client.query(text)).rows[0];
    };
    const all = { rows: size, next: size, checkpoint: size };
    for (let tries = 0; tries < 500; tries += 1) {
      if (((await table()) as { rows: number }).rows >= size) break;
      await sleep(20);
    }
    expect(await table()).toEqual(all);
    await client.end();
    await app.stop();
  }, 60_000);
});
