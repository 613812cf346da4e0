import type { Client } from 'pg';

/**
 * One row per event, for ad-hoc SQL. A projection like any other: dropped and filled again at will, and proof of nothing. Read by
 * the role `novate_auditor` alone, which a database administrator grants to logins of the operator and the regulator:
 * `data` holds every account's facts. Row-level security stands behind the grants, should somebody grant more.
 *
 * `position` as in the journal, contiguous from 0. Times are microseconds since 1970, UTC. `subjects` are `kind:id`, as
 * `subjectsOf` reads them. `data` is the event's data in the current schema, U+0000 replaced by U+FFFD, since jsonb has none;
 * personal fields are sealed.
 */
const SCHEMA = `
CREATE SCHEMA IF NOT EXISTS log;
CREATE TABLE IF NOT EXISTS log.event (
  position    bigint PRIMARY KEY,
  type        text NOT NULL,
  occurred_at bigint NOT NULL,
  recorded_at bigint NOT NULL,
  actor       text NOT NULL,
  id          uuid NOT NULL,
  subjects    text[] NOT NULL,
  data        jsonb NOT NULL
);
CREATE INDEX IF NOT EXISTS event_type ON log.event (type, position);
CREATE INDEX IF NOT EXISTS event_subjects ON log.event USING gin (subjects);
CREATE TABLE IF NOT EXISTS log.checkpoint (
  one      boolean PRIMARY KEY DEFAULT true CHECK (one),
  position bigint NOT NULL,
  hash     text NOT NULL
);
INSERT INTO log.checkpoint VALUES (true, 0, repeat('0', 64)) ON CONFLICT DO NOTHING;
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'novate_auditor') THEN
    CREATE ROLE novate_auditor NOLOGIN;
  END IF;
EXCEPTION
  -- Two databases of one server may be set up at the same moment; roles belong to the server.
  WHEN duplicate_object OR unique_violation THEN NULL;
END
$$;
GRANT USAGE ON SCHEMA log TO novate_auditor;
GRANT SELECT ON log.event, log.checkpoint TO novate_auditor;
ALTER TABLE log.event ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS auditor_only ON log.event;
CREATE POLICY auditor_only ON log.event FOR SELECT TO novate_auditor USING (true);
`;

/** Two processes may begin at once; DDL that finds the other's half would fail. */
const LOCK = 'SELECT pg_advisory_xact_lock(7251907)';

/** Creates the table; safe to repeat. */
export async function migrateEventTable(client: Client): Promise<void> {
  await client.query('BEGIN');
  await client.query(LOCK);
  await client.query(SCHEMA);
  await client.query('COMMIT');
}

/** Drops it whole; the next start fills it again from position 0. */
export async function dropEventTable(client: Client): Promise<void> {
  await client.query('DROP SCHEMA IF EXISTS log CASCADE');
}
