import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import pg from 'pg';
import { canonicalLine, postgresJournal, verifyJournal } from '#events';
import { evolve, initialState, stateHash } from '#ledger';
import { describePostgres, freshDatabase } from '../../../../test/support/services.js';
import { keyEnvironment, keys } from '../testing/house.js';
import { AppProcess } from '../testing/process.js';

const RISK = keys.risk;
const people = { M8: 'Zoë Natural-Person', M9: 'Ada Somebody-Else' } as const;
const IBAN = 'DE89370400440532013000';
const secrets = [...Object.values(people), IBAN];

interface Row {
  readonly name?: string;
  readonly erased?: boolean;
}

describePostgres('personal data in the running house', () => {
  let database: Awaited<ReturnType<typeof freshDatabase>>;
  let sql: pg.Client;
  let app: AppProcess;
  const lines: string[] = [];

  const start = async (more: Record<string, string> = {}): Promise<AppProcess> => {
    const environment = { NOVATE_DATABASE_URL: database.url, NOVATE_KEY_RISK: RISK };
    const next = AppProcess.start({ ...keyEnvironment, ...environment, ...more });
    await next.ready;
    return next;
  };
  const stop = async (): Promise<void> => {
    await app.stop();
    lines.push(...app.lines);
  };
  let number = 0;
  const command = (kind: string, body: object, key: string = keys.operator): Promise<unknown> => {
    number += 1;
    const headers = { 'idempotency-key': `k${number}`, authorization: `Bearer ${key}` };
    return app.fetch(`/v1/commands/${kind}`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    });
  };
  /** Waits until the read model has what the journal has. */
  const projected = async (): Promise<void> => {
    for (;;) {
      const head = (await app.fetch('/v1/journal/head')) as { size: number };
      const { asOfPosition } = (await app.fetch('/v1/members')) as { asOfPosition: number };
      if (asOfPosition >= head.size) return;
      await sleep(10);
    }
  };
  const member = async (id: string): Promise<Row> => {
    await projected();
    return ((await app.fetch(`/v1/members/${id}`)) as { data: Row }).data;
  };
  const engineHash = async (): Promise<string> =>
    ((await app.fetch('/v1/journal/head')) as { stateHash: string }).stateHash;

  /** Rows of any table of the database that hold a text, as text, in bytes, or in base64. */
  const holding = async (text: string): Promise<string[]> => {
    const { rows } = await sql.query<{ name: string }>(
      `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
        WHERE schemaname NOT IN ('pg_catalog', 'information_schema')`,
    );
    expect(rows.map(({ name }) => name)).toContain('journal.segment');
    const bytes = Buffer.from(text, 'utf8');
    const forms = [text, bytes.toString('hex'), bytes.toString('base64').slice(0, -4)];
    const found: string[] = [];
    for (const { name } of rows) {
      const row = await sql.query(
        `SELECT 1 FROM ${name} AS t
          WHERE EXISTS (SELECT FROM unnest($1::text[]) AS form WHERE position(form IN t::text) > 0) LIMIT 1`,
        [forms],
      );
      if (row.rows.length > 0) found.push(name);
    }
    return found;
  };
  /** What can be known without us: the chain, every line of an export, and the state folded from 0. */
  const audit = async (): Promise<{ ok: boolean; lines: string; hash: string }> => {
    const journal = postgresJournal({ url: database.url });
    const state = initialState();
    let text = '';
    for await (const { events, recorded = events } of journal.read(0)) {
      for (const event of recorded) text += `${canonicalLine(event)}\n`;
      for (const event of events) evolve(state, event);
    }
    const { ok } = await verifyJournal(journal);
    await journal.close();
    return { ok, lines: text, hash: stateHash(state) };
  };

  /** `novate personal ...`, as the two roles give it. */
  const novate = async (...args: string[]): Promise<string> => {
    const env = { ...process.env, NOVATE_KEY_OPERATOR: keys.operator, NOVATE_KEY_RISK: RISK };
    delete (env as NodeJS.ProcessEnv)['NODE_OPTIONS'];
    const main = ['dist/apps/cli/src/main.js', 'personal', ...args];
    return (await promisify(execFile)(process.execPath, main, { env })).stdout;
  };

  beforeAll(async () => {
    database = await freshDatabase();
    sql = new pg.Client({ connectionString: database.url });
    await sql.connect();
    app = await start();
    await app.setUp();
    for (const [id, name] of Object.entries(people)) {
      await command('register-member', { member: id, name });
    }
    await command('register-asset', { asset: 'EUR', scale: 8 });
    const withdrawal = { withdrawalId: 'W1', account: 'M1-H', asset: 'EUR', amount: '1' };
    await command('request-withdrawal', { ...withdrawal, destination: IBAN }, keys.M1);
  }, 60_000);
  afterAll(async () => {
    app?.kill('SIGKILL');
    await sql?.end();
    await database?.drop();
  });

  it('finds what it looks for, where it is', async () => {
    expect(await holding('BTC-PERP')).toEqual(
      expect.arrayContaining(['journal.segment', 'read.instrument']),
    );
  });
  it('is read by who may, and stands nowhere in plain', async () => {
    expect(await member('M8')).toMatchObject({ name: people.M8 });
    const account = (await app.fetch('/v1/accounts/M1-H')) as {
      data: { withdrawals: { destination: string }[] };
    };
    expect(account.data.withdrawals[0]?.destination).toBe(IBAN);
    const statement = (await app.fetch('/v1/accounts/M1-H/statement')) as {
      pendingWithdrawals: { destination: string }[];
    };
    expect(statement.pendingWithdrawals[0]?.destination).toBe(IBAN);
    for (const secret of secrets) expect([secret, await holding(secret)]).toEqual([secret, []]);
  });
  it('is erased by two roles: unreadable everywhere, the chain and the state as they were', async () => {
    const before = await audit();
    expect(before).toMatchObject({ ok: true, hash: await engineHash() });
    await expect(command('approve-erasure', { member: 'M8' }, RISK)).rejects.toThrow('4014');
    await command('request-erasure', { member: 'M8', reason: 'contract ended' });
    await expect(command('approve-erasure', { member: 'M8' })).rejects.toThrow('403');
    expect(await member('M8')).toMatchObject({ name: people.M8 });
    await command('approve-erasure', { member: 'M8' }, RISK);
    expect(await member('M8')).toEqual({ member: 'M8', suspended: false, erased: true });
    expect(await member('M9')).toMatchObject({ name: people.M9 });
    const after = await audit();
    expect(after).toMatchObject({ ok: true, hash: before.hash });
    expect(await engineHash()).toBe(before.hash);
    expect(after.lines.startsWith(before.lines)).toBe(true);
    for (const secret of secrets) expect(after.lines).not.toContain(secret);
  });
  it('of a pending withdrawal is kept until the cut, then goes', async () => {
    await command('request-erasure', { member: 'M1', reason: 'contract ended' });
    await expect(command('approve-erasure', { member: 'M1' }, RISK)).rejects.toThrow(
      '5012_WITHDRAWAL_PENDING',
    );
    await command('end-wait', { window: 1, reason: 'spec', endsAt: 1 });
    await command('approve-erasure', { member: 'M1' }, RISK);
    await projected();
    const account = (await app.fetch('/v1/accounts/M1-H')) as { data: { withdrawals: object[] } };
    expect(account.data.withdrawals).toMatchObject([{ withdrawalId: 'W1', erased: true }]);
    expect(account.data.withdrawals[0]).not.toHaveProperty('destination');
  });
  it('whose erasure was recorded when the process was killed is gone after the next start', async () => {
    await command('request-erasure', { member: 'M9', reason: 'contract ended' });
    await stop();
    app = await start({ NOVATE_CRASH_POINT: 'after-append' });
    await expect(command('approve-erasure', { member: 'M9' }, RISK)).rejects.toThrow();
    expect(await app.exited).toMatchObject({ signal: 'SIGKILL' });
    lines.push(...app.lines);
    const live =
      "SELECT 1 FROM vault.subject_key WHERE subject = 'member:M9' AND wrapped IS NOT NULL";
    expect((await sql.query(live)).rows).toHaveLength(1);
    app = await start();
    expect((await sql.query(live)).rows).toHaveLength(0);
    expect(await member('M9')).toEqual({ member: 'M9', suspended: false, erased: true });
  });
  it('does not come back with an old copy of the vault', async () => {
    await command('register-member', { member: 'M7', name: 'Grace Third-Person' });
    const copy = await sql.query('SELECT * FROM vault.subject_key ORDER BY subject, number');
    const house = await sql.query<{ obeyed: string }>('SELECT obeyed FROM vault.house');
    const cli = ['--member', 'M7', '--url', `http://127.0.0.1:${await app.ready}`];
    const asked = await novate('request', ...cli, '--reason', 'contract ended');
    expect(asked).toContain('novate personal destroy --member M7');
    expect(await novate('destroy', ...cli)).toContain('no personal field of M7');
    await expect(novate('destroy', ...cli)).rejects.toThrow('4014');
    await stop();
    await sql.query('ALTER TABLE vault.subject_key DISABLE TRIGGER USER');
    await sql.query('TRUNCATE vault.subject_key');
    for (const row of copy.rows as Record<string, unknown>[]) {
      await sql.query('INSERT INTO vault.subject_key VALUES ($1, $2, $3, $4, $5)', [
        ...['subject', 'number', 'wrapped', 'created_at', 'destroyed_at'].map((name) => row[name]),
      ]);
    }
    await sql.query('UPDATE vault.house SET obeyed = $1', [house.rows[0]?.obeyed]);
    await sql.query('ALTER TABLE vault.subject_key ENABLE ALWAYS TRIGGER destroyed_for_good');
    await sql.query('ALTER TABLE vault.subject_key ENABLE ALWAYS TRIGGER never_removed');
    app = await start();
    expect(app.lines).toContain('vault: destroyed 1 keys whose erasure is recorded');
    expect(await member('M7')).toMatchObject({ erased: true });
  });
  it('is not opened, and no key made, under another master key', async () => {
    await stop();
    const wrong = Buffer.alloc(32, 8).toString('base64');
    const other = start({ NOVATE_PERSONAL_KEY: wrong });
    await expect(other).rejects.toThrow('NOVATE_PERSONAL_KEY is not the key this vault');
    const epoch = await sql.query('SELECT epoch FROM journal.head');
    // It had not even taken the writer's role.
    expect(epoch.rows).toEqual([{ epoch: '4' }]);
  });
  it('is in no line the process ever logged', () => {
    expect(lines.length).toBeGreaterThan(0);
    for (const secret of secrets) expect(lines.join('\n')).not.toContain(secret);
  });
});
