import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import pg from 'pg';
import { migrateJournal, postgresJournal, subjectsOf, upcast } from '#events';
import type { AnyNewEvent, AnyRecordedEvent, Journal, JournalHead } from '#events';
import { describePostgres, freshDatabase } from '../../../../test/support/services.js';
import { ListJournal, recorded, sampleEvents } from '../read/testing/history.js';
import { migrateReadModel } from '../read/index.js';
import { EventTable, EventTableForeign, fill, rebuildEventTable } from './index.js';

/** As the journal takes them. */
const unrecorded = (events: readonly AnyRecordedEvent[]): AnyNewEvent[] =>
  events.map((event) => {
    const { position: _, recordedAt: __, ...rest } = event;
    return rest;
  });

describePostgres('the per-event table', () => {
  let database: Awaited<ReturnType<typeof freshDatabase>>;
  let sql: pg.Client;
  let journal: Journal;
  let head: JournalHead;
  const stop = new Set<() => Promise<void>>();

  beforeEach(async () => {
    database = await freshDatabase();
    await migrateJournal(database.url);
    sql = new pg.Client({ connectionString: database.url });
    await sql.connect();
    journal = postgresJournal({ url: database.url });
    head = await journal.acquire('spec');
  });
  afterEach(async () => {
    for (const each of stop) await each();
    stop.clear();
    await Promise.all([journal.close(), sql.end()]);
    await database.drop();
  });

  const append = async (events: readonly AnyNewEvent[]): Promise<void> => {
    head = await journal.append({ expected: head, events, recordedAt: 1 + head.batches });
  };
  const start = (of: Journal = journal, maxEvents = 20_000, log?: string[]): EventTable => {
    const more = log === undefined ? {} : { log: (line: string) => void log.push(line) };
    const table = new EventTable({ databaseUrl: database.url, journal: of, maxEvents, ...more });
    stop.add(() => table.stop());
    return table;
  };
  const until = async (done: () => boolean): Promise<void> => {
    while (!done()) await sleep(5);
  };
  const rows = async (): Promise<Record<string, unknown>[]> => {
    const columns = 'position::int, type, occurred_at::text, recorded_at::text, actor, id';
    const text = `SELECT ${columns}, subjects, data FROM log.event ORDER BY position`;
    return (await sql.query<Record<string, unknown>>(text)).rows;
  };
  /** What the rows have to be, from the journal alone. */
  const expected = async (of: Journal = journal): Promise<Record<string, unknown>[]> => {
    const all: Record<string, unknown>[] = [];
    for await (const { events } of of.read(0)) {
      for (const event of events) {
        const { position, type, occurredAt, recordedAt, actor, id, data } = event;
        const times = { occurred_at: `${occurredAt}`, recorded_at: `${recordedAt}` };
        const plain = JSON.parse(JSON.stringify(data)) as unknown;
        all.push({ position, type, ...times, actor, id, subjects: subjectsOf(event), data: plain });
      }
    }
    return all;
  };

  it('holds every event as the journal has it, and answers ad-hoc SQL', async () => {
    const events = unrecorded(sampleEvents(3, 1));
    for (let at = 0; at < events.length; at += 100) await append(events.slice(at, at + 100));
    const table = start();
    await until(() => table.position === head.size);
    expect(await rows()).toEqual(await expected());
    const trades = await sql.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM log.event
        WHERE type = 'TradeNovated' AND subjects @> ARRAY['account:' || (data->>'buyer')]`,
    );
    const novated = events.filter(({ type }) => type === 'TradeNovated').length;
    expect(novated).toBeGreaterThan(0);
    expect(trades.rows[0]?.n).toBe(novated);
  });

  it('has no gap and no repeat, however often its connection is killed', async () => {
    const events = unrecorded(sampleEvents(3, 2));
    const ended = new AbortController();
    let kills = 0;
    // Fillers one after the other, each from the checkpoint in the database, until everything is there.
    const filler = (async () => {
      while (!ended.signal.aborted) {
        const options = { databaseUrl: database.url, journal, maxEvents: 1 };
        const full = (position: number): void => {
          if (position === events.length) ended.abort();
        };
        await fill(options, ended.signal, full).catch(() => (kills += 1));
      }
    })();
    const killer = (async () => {
      while (!ended.signal.aborted) {
        await skipTime(kills);
        await sql.query(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() AND query LIKE '%log.%' AND pid <> pg_backend_pid()`,
        );
        if (kills >= 15) return;
      }
    })();
    for (let at = 0; at < events.length; at += 7) await append(events.slice(at, at + 7));
    await Promise.all([filler, killer]);
    expect(kills).toBeGreaterThan(0);
    expect(await rows()).toEqual(await expected());
  });
  /** Other moments every time. */
  const skipTime = (kills: number): Promise<void> => sleep(3 + ((kills * 7) % 11));

  it('is filled once where two try', async () => {
    const events = unrecorded(sampleEvents(2, 3));
    const tables = [start(journal, 1), start(journal, 1)];
    for (let at = 0; at < events.length; at += 20) await append(events.slice(at, at + 20));
    await until(() => tables.some(({ position }) => position === head.size));
    expect(await rows()).toEqual(await expected());
  });

  it('takes any text', async () => {
    const event = upcast(sampleEvents(1, 4).find(({ type }) => type === 'MemberRegistered')!);
    const name = 'tab\t newline\n back\\slash "quoted" {brace} \\u0000 \u0000 \\\u0000 €😀';
    const odd = recorded([{ ...event, data: { member: 'a"b\\c,{d}', name } } as AnyNewEvent]);
    const list = new ListJournal(odd, 1);
    const table = start(list);
    await until(() => table.position === 1);
    const [row] = await rows();
    expect(row).toMatchObject({
      subjects: ['member:a"b\\c,{d}'],
      data: { name: name.replaceAll('\u0000', '\ufffd') },
    });
  });

  it('is not continued from another journal', async () => {
    await append(unrecorded(sampleEvents(1, 5)));
    const table = start();
    await until(() => table.position === head.size);
    await table.stop();
    await sql.query("UPDATE log.checkpoint SET hash = repeat('ab', 32)");
    const options = { databaseUrl: database.url, journal };
    const again = fill(options, new AbortController().signal, () => undefined);
    await expect(again).rejects.toBeInstanceOf(EventTableForeign);
    expect(await rebuildEventTable(options)).toBe(head.size);
    expect(await rows()).toEqual(await expected());
  });

  it('can be rebuilt empty', async () => {
    expect(await rebuildEventTable({ databaseUrl: database.url, journal })).toBe(0);
    expect(await rows()).toEqual([]);
  });

  it('is read by the auditor alone', async () => {
    await migrateReadModel(database.url);
    await append(unrecorded(sampleEvents(1, 6)));
    const table = start();
    await until(() => table.position === head.size);
    const as = async (role: string, statement: string): Promise<number | null> => {
      await sql.query('BEGIN');
      await sql.query(`SET LOCAL ROLE ${role}`);
      try {
        return (await sql.query(statement)).rowCount;
      } finally {
        await sql.query('ROLLBACK');
      }
    };
    const all = 'SELECT * FROM log.event';
    expect(await as('novate_auditor', all)).toBe(head.size);
    await expect(as('novate_auditor', 'DELETE FROM log.event')).rejects.toMatchObject({
      code: '42501',
    });
    for (const role of ['novate_app', 'novate_reader', 'novate_query']) {
      await expect(as(role, all)).rejects.toMatchObject({ code: '42501' });
    }
    // Row-level security stands behind the grants.
    await sql.query('GRANT USAGE ON SCHEMA log TO novate_reader');
    await sql.query('GRANT SELECT ON log.event TO novate_reader');
    expect(await as('novate_reader', all)).toBe(0);
  });
});
