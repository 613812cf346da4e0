import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import pg from 'pg';
import { describePostgres, freshDatabase } from '../../../../../test/support/services.js';
import type { Journal } from '../../journal/journal.js';
import { verifyJournal } from '../../journal/verify.js';
import { collect, trades } from '../../testing/facts.js';
import { migrateJournal } from './migrate.js';
import { postgresJournal } from './postgres-journal.js';

const BATCHES = 6;
/** The batch that is spoilt. */
const SEQ = 3;

describePostgres('a journal in Postgres that somebody changed', () => {
  let database: Awaited<ReturnType<typeof freshDatabase>>;
  let owner: pg.Client;
  let journal: Journal;
  beforeAll(async () => {
    database = await freshDatabase();
    await migrateJournal(database.url);
    owner = new pg.Client({ connectionString: database.url });
    await owner.connect();
    journal = postgresJournal({ url: database.url });
    let head = await journal.acquire('writer');
    for (let i = 0; i < BATCHES; i += 1) {
      const offsets = [{ topic: 't', partition: 0, next: String(i + 1), ahead: '' }];
      const events = trades(head.size, 3);
      head = await journal.append({ expected: head, events, recordedAt: i, offsets });
    }
    await owner.query('CREATE TABLE kept AS SELECT * FROM journal.segment');
  });
  afterAll(async () => {
    await Promise.all([journal.close(), owner.end()]);
    await database.drop();
  });

  /** What only the owner can do: switch the guard off, change history, switch it on again. */
  const tamper = async (...statements: string[]): Promise<void> => {
    await owner.query('ALTER TABLE journal.segment DISABLE TRIGGER segment_append_only');
    for (const statement of statements) await owner.query(statement);
    await owner.query('ALTER TABLE journal.segment ENABLE ALWAYS TRIGGER segment_append_only');
  };
  beforeEach(() =>
    tamper('DELETE FROM journal.segment', 'INSERT INTO journal.segment SELECT * FROM kept'),
  );

  const set = (change: string): string => `UPDATE journal.segment SET ${change} WHERE seq = ${SEQ}`;
  /** Another hexadecimal digit at a place of a text. */
  const digit = (column: string, at: number): string =>
    set(
      `${column} = overlay(${column} PLACING CASE substr(${column}, ${at}, 1) WHEN '0' THEN '1' ELSE '0' END FROM ${at} FOR 1)`,
    );

  it('is whole before', async () => {
    expect(await verifyJournal(journal)).toMatchObject({ ok: true, batches: BATCHES });
  });
  it('names the batch, whatever byte of its payload is flipped', async () => {
    const { rows } = await owner.query<{ length: number }>(
      `SELECT length(payload) FROM journal.segment WHERE seq = ${SEQ}`,
    );
    const length = rows[0]!.length;
    expect(length).toBeGreaterThan(100);
    const places = [0, length - 1, ...Array.from({ length: 20 }, (_, i) => (i * 37) % length)];
    for (const place of places) {
      const bit = 1 << (place % 8);
      const flip = set(
        `payload = set_byte(payload, ${place}, get_byte(payload, ${place}) # ${bit})`,
      );
      await tamper(flip);
      expect([place, await verifyJournal(journal)]).toMatchObject([
        place,
        { ok: false, batch: SEQ },
      ]);
      await tamper(flip);
    }
    expect(await verifyJournal(journal)).toMatchObject({ ok: true });
  });
  it.each([
    ['its hash', digit('hash', 1)],
    ['the hash it continues', digit('prev_hash', 64)],
    [
      'a time in its header',
      set('header = replace(header, \'"recordedAt":3\', \'"recordedAt":4\')'),
    ],
    ['its epoch', set('header = replace(header, \'"epoch":1\', \'"epoch":2\')')],
    ['an offset in its header', set('header = replace(header, \'"next":"4"\', \'"next":"5"\')')],
    ['a blank in its header', set("header = header || ' '")],
    ['its count', set('count = count + 1')],
    ['its first position', set('first_position = first_position + 1')],
    ['the end of its payload', set('payload = substr(payload, 1, length(payload) - 1)')],
    ['bytes behind its payload', set("payload = payload || '\\x00'::bytea")],
    ['the payload of another batch', set('payload = (SELECT payload FROM kept WHERE seq = 4)')],
  ])('names the batch where %s is another', async (_, statement) => {
    await tamper(statement);
    expect(await verifyJournal(journal)).toMatchObject({ ok: false, batch: SEQ });
    await expect(collect(journal.read(0))).rejects.toMatchObject({
      name: 'JournalCorrupt',
      batch: SEQ,
    });
  });
  it('names the batch behind one that was written anew with a hash that fits it', async () => {
    await tamper(
      `UPDATE journal.segment SET (header, prev_hash, hash, payload) =
         (SELECT header, prev_hash, hash, payload FROM kept WHERE seq = ${SEQ + 1}) WHERE seq = ${SEQ}`,
    );
    expect(await verifyJournal(journal)).toMatchObject({ ok: false, batch: SEQ });
  });

  it('lets its roles do what they need and nothing else', async () => {
    const { rows } = await owner.query<{ granted: string }>(
      `SELECT concat_ws(' ', table_name, grantee, string_agg(privilege_type, ',' ORDER BY privilege_type)) AS granted
         FROM information_schema.role_table_grants
        WHERE table_schema = 'journal' AND grantee <> current_user
          AND table_name IN ('head', 'segment', 'intake_offset')
        GROUP BY table_name, grantee ORDER BY 1`,
    );
    expect(rows.map(({ granted }) => granted)).toEqual([
      'head novate_app INSERT,SELECT,UPDATE',
      'head novate_reader SELECT',
      'intake_offset novate_app INSERT,SELECT,UPDATE',
      'intake_offset novate_reader SELECT',
      'segment novate_app INSERT,SELECT',
      'segment novate_reader SELECT',
    ]);
  });
  it('stops an owner who is no superuser like everybody else', async () => {
    const role = `journal_owner_${process.pid}`;
    await owner.query(`CREATE ROLE ${role}`);
    await owner.query(`GRANT USAGE ON SCHEMA journal TO ${role}`);
    for (const table of ['segment', 'head']) {
      await owner.query(`ALTER TABLE journal.${table} OWNER TO ${role}`);
    }
    await owner.query(`SET ROLE ${role}`);
    const refused: unknown[] = [];
    for (const statement of [
      "UPDATE journal.segment SET payload = ''",
      'DELETE FROM journal.segment',
      'TRUNCATE journal.segment',
      'UPDATE journal.head SET size = 0',
      'DELETE FROM journal.head',
      'TRUNCATE journal.head',
    ]) {
      refused.push(await owner.query(statement).catch((error: { code: string }) => error.code));
    }
    await owner.query('RESET ROLE');
    for (const table of ['segment', 'head']) {
      await owner.query(`ALTER TABLE journal.${table} OWNER TO CURRENT_USER`);
    }
    await owner.query(`DROP OWNED BY ${role}`);
    await owner.query(`DROP ROLE ${role}`);
    expect(refused).toEqual(Array.from({ length: 6 }, () => '23000'));
    expect(await verifyJournal(journal)).toMatchObject({ ok: true });
  });
});
