-- The journal: one row per batch, chained by SHA-256, written by one fenced writer per shard.
CREATE SCHEMA IF NOT EXISTS journal;

CREATE TABLE journal.head (
  shard   int PRIMARY KEY,
  epoch   bigint NOT NULL,
  batches bigint NOT NULL,
  size    bigint NOT NULL,
  hash    text NOT NULL,
  writer  text NOT NULL
);

CREATE TABLE journal.segment (
  shard          int NOT NULL,
  seq            bigint NOT NULL,
  first_position bigint NOT NULL,
  count          int NOT NULL,
  header         text NOT NULL,
  prev_hash      text NOT NULL,
  hash           text NOT NULL,
  payload        bytea NOT NULL,
  PRIMARY KEY (shard, seq),
  UNIQUE (shard, first_position)
);
-- Payloads are dense already: compressing them again would only cost time.
ALTER TABLE journal.segment ALTER COLUMN payload SET STORAGE EXTERNAL;

-- Progress of the Kafka partitions, moved in the transaction of the batch that decided their messages.
CREATE TABLE journal.intake_offset (
  shard       int NOT NULL,
  topic       text NOT NULL,
  partition   int NOT NULL,
  next_offset bigint NOT NULL,
  ahead       text NOT NULL,
  seq         bigint NOT NULL,
  PRIMARY KEY (shard, topic, partition)
);

-- Facts are never changed. The application's role has no right to; everybody else is stopped here.
CREATE FUNCTION journal.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the journal is append-only: % on journal.segment is refused', TG_OP
    USING ERRCODE = 'integrity_constraint_violation', HINT = 'Record a correcting event instead.';
END
$$;
CREATE TRIGGER segment_append_only BEFORE UPDATE OR DELETE ON journal.segment
  FOR EACH ROW EXECUTE FUNCTION journal.refuse_change();
CREATE TRIGGER segment_no_truncate BEFORE TRUNCATE ON journal.segment
  FOR EACH STATEMENT EXECUTE FUNCTION journal.refuse_change();

DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'novate_app') THEN
    CREATE ROLE novate_app NOLOGIN;
  END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'novate_reader') THEN
    CREATE ROLE novate_reader NOLOGIN;
  END IF;
EXCEPTION
  -- Two databases of one server may be set up at the same moment; roles belong to the server.
  WHEN duplicate_object OR unique_violation THEN NULL;
END
$$;
GRANT USAGE ON SCHEMA journal TO novate_app, novate_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA journal TO novate_app, novate_reader;
GRANT INSERT ON journal.segment TO novate_app;
GRANT INSERT, UPDATE ON journal.head, journal.intake_offset TO novate_app;
