import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { describePostgres, freshDatabase } from '../../../../../test/support/services.js';
import { migrate, migrateJournal, MigrationChanged } from './migrate.js';

describePostgres('migrations', () => {
  let database: Awaited<ReturnType<typeof freshDatabase>>;
  let folder: string;
  beforeEach(async () => {
    database = await freshDatabase();
    folder = await mkdtemp(join(tmpdir(), 'novate-migrations-'));
  });
  afterEach(async () => {
    await database.drop();
    await rm(folder, { recursive: true });
  });

  const put = (name: string, sql: string): Promise<void> => writeFile(join(folder, name), sql);

  it('are applied once, in order', async () => {
    await put('0002_b.sql', 'INSERT INTO a VALUES (2)');
    await put('0001_a.sql', 'CREATE TABLE a (n int)');
    expect(await migrate(database.url, folder)).toEqual(['0001_a.sql', '0002_b.sql']);
    expect(await migrate(database.url, folder)).toEqual([]);
    await put('0003_c.sql', 'INSERT INTO a VALUES (3)');
    expect(await migrate(database.url, folder)).toEqual(['0003_c.sql']);
  });
  it('that changed after they were applied are refused', async () => {
    await put('0001_a.sql', 'CREATE TABLE a (n int)');
    await migrate(database.url, folder);
    await put('0001_a.sql', 'CREATE TABLE a (n bigint)');
    await expect(migrate(database.url, folder)).rejects.toBeInstanceOf(MigrationChanged);
  });
  it('are all applied or none', async () => {
    await put('0001_a.sql', 'CREATE TABLE a (n int)');
    await put('0002_b.sql', 'CREATE TABLE a (n int)');
    await expect(migrate(database.url, folder)).rejects.toMatchObject({ code: '42P07' });
    await put('0002_b.sql', 'CREATE TABLE b (n int)');
    expect(await migrate(database.url, folder)).toEqual(['0001_a.sql', '0002_b.sql']);
  });
  it('of the journal may be started by several processes, on one database and on two', async () => {
    const second = await freshDatabase();
    const urls = [database.url, database.url, database.url, second.url];
    const applied = await Promise.all(urls.map((url) => migrateJournal(url)));
    expect(applied[3]).toContain('0001_journal.sql');
    expect(applied.slice(0, 3).flat()).toEqual(applied[3]);
    await second.drop();
  });
});
