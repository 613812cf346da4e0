import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { describePostgres, freshDatabase } from '../../../../../../test/support/services.js';
import { keysContract } from '../../../personal/keys.contract.js';
import type { SubjectKeys } from '../../../personal/vault.js';
import { migrateJournal, migrateVault } from '../migrate.js';
import { MasterKeyWrong, postgresKeys } from './postgres-keys.js';

type Database = Awaited<ReturnType<typeof freshDatabase>>;
const master = randomBytes(32);

/** Empties the vault as only its owner can: by switching its guard off. */
async function empty(owner: pg.Client): Promise<void> {
  await owner.query('ALTER TABLE vault.subject_key DISABLE TRIGGER USER');
  await owner.query('TRUNCATE vault.subject_key');
  await owner.query('UPDATE vault.house SET obeyed = 0');
  await owner.query('ALTER TABLE vault.subject_key ENABLE ALWAYS TRIGGER destroyed_for_good');
  await owner.query('ALTER TABLE vault.subject_key ENABLE ALWAYS TRIGGER never_removed');
}

describePostgres('data keys in Postgres', () => {
  let database: Database;
  let elsewhere: Database;
  let owner: pg.Client;
  let keys: SubjectKeys;
  let others: SubjectKeys;
  beforeAll(async () => {
    [database, elsewhere] = await Promise.all([freshDatabase(), freshDatabase()]);
    for (const { url } of [database, elsewhere]) await migrateVault(url);
    await migrateJournal(database.url);
    owner = new pg.Client({ connectionString: database.url });
    await owner.connect();
    keys = await postgresKeys({ url: database.url, master });
    others = await postgresKeys({ url: elsewhere.url, master });
  });
  afterAll(async () => {
    await Promise.all([keys.close(), others.close(), owner.end()]);
    await Promise.all([database.drop(), elsewhere.drop()]);
  });
  beforeEach(() => empty(owner));

  describe('as every store', () => {
    let asked = 0;
    afterEach(() => {
      asked = 0;
    });
    keysContract(() => (asked++ === 0 ? keys : others));
  });

  it('stand there wrapped: the row alone opens nothing', async () => {
    const { secret } = await keys.current('member:M01');
    const { rows } = await owner.query<{ wrapped: Buffer }>(
      'SELECT wrapped FROM vault.subject_key',
    );
    expect(rows).toHaveLength(1);
    expect(rows[0]!.wrapped.includes(Buffer.from(secret))).toBe(false);
    expect(rows[0]!.wrapped).toHaveLength(12 + 32 + 16);
  });
  it('of another master key are refused before anything is read', async () => {
    await keys.current('member:M01');
    const wrong = postgresKeys({ url: database.url, master: randomBytes(32) });
    await expect(wrong).rejects.toBeInstanceOf(MasterKeyWrong);
    expect(await keys.live('member:M01')).toBe(1);
  });
  it('that were changed, or moved to another subject, are named', async () => {
    await keys.current('member:M01');
    const flip =
      'UPDATE vault.subject_key SET wrapped = set_byte(wrapped, 20, get_byte(wrapped, 20) # 1)';
    await owner.query(flip);
    const asked = keys.current('member:M01');
    await expect(asked).rejects.toThrow('data key 1 of member:M01 does not open');
    await owner.query(flip);
    await owner.query(
      "INSERT INTO vault.subject_key (subject, number, wrapped) SELECT 'member:M02', 1, wrapped FROM vault.subject_key",
    );
    await expect(keys.current('member:M02')).rejects.toThrow('data key 1 of member:M02');
    expect((await keys.current('member:M01')).key).toBe(1);
  });
  it('are gone once destroyed: no revival, no removal, not even by a superuser', async () => {
    await keys.current('member:M01');
    await keys.destroy('member:M01', 1);
    const { rows } = await owner.query('SELECT wrapped, destroyed_at FROM vault.subject_key');
    expect(rows).toEqual([{ wrapped: null, destroyed_at: expect.any(Date) }]);
    for (const statement of [
      "UPDATE vault.subject_key SET wrapped = 'x', destroyed_at = NULL",
      'DELETE FROM vault.subject_key',
      'TRUNCATE vault.subject_key',
    ]) {
      await expect(owner.query(statement)).rejects.toMatchObject({ code: '23000' });
    }
  });
  it.each(['novate_app', 'novate_reader'])('are closed to %s', async (role) => {
    const client = new pg.Client({ connectionString: database.url, options: `-c role=${role}` });
    await client.connect();
    for (const statement of ['SELECT * FROM vault.subject_key', 'SELECT * FROM vault.house']) {
      await expect(client.query(statement)).rejects.toMatchObject({ code: '42501' });
    }
    await client.end();
  });
  it('are not read by the role that owns the table, unless it works as the vault', async () => {
    await keys.current('member:M01');
    const role = `vault_owner_${process.pid}`;
    await owner.query(`CREATE ROLE ${role}`);
    await owner.query(`GRANT USAGE ON SCHEMA vault TO ${role}`);
    const table = 'ALTER TABLE vault.subject_key OWNER TO';
    await owner.query(`${table} ${role}`);
    await owner.query(`SET ROLE ${role}`);
    const { rows } = await owner.query('SELECT * FROM vault.subject_key');
    await owner.query('RESET ROLE');
    await owner.query(`${table} CURRENT_USER`);
    await owner.query(`DROP OWNED BY ${role}`);
    await owner.query(`DROP ROLE ${role}`);
    expect(rows).toEqual([]);
  });
  it('lets the vault itself do no more than make, read and destroy', async () => {
    const client = new pg.Client({
      connectionString: database.url,
      options: '-c role=novate_vault',
    });
    await client.connect();
    for (const statement of [
      "UPDATE vault.subject_key SET subject = 'member:M09'",
      'DELETE FROM vault.subject_key',
      "UPDATE vault.house SET master_check = ''",
      'SELECT * FROM journal.segment',
    ]) {
      await expect(client.query(statement)).rejects.toMatchObject({ code: '42501' });
    }
    await client.end();
  });
});
