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

-- All an append does. A function, not one statement with several WITH parts: its plans are kept, and the payload is not
-- copied from part to part. Where the head is not the expected one nothing is written, and the answer is false.
CREATE FUNCTION journal.append(
  p_shard int, p_epoch bigint, p_seq bigint, p_offsets text,
  p_first_position bigint, p_count int, p_header text, p_prev_hash text, p_hash text, p_payload bytea
) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  UPDATE journal.head SET batches = p_seq + 1, size = p_first_position + p_count, hash = p_hash
  WHERE shard = p_shard AND epoch = p_epoch AND batches = p_seq AND hash = p_prev_hash;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  INSERT INTO journal.segment (shard, seq, first_position, count, header, prev_hash, hash, payload)
  VALUES (p_shard, p_seq, p_first_position, p_count, p_header, p_prev_hash, p_hash, p_payload);
  IF p_offsets <> '[]' THEN
    INSERT INTO journal.intake_offset (shard, topic, partition, next_offset, ahead, seq)
    SELECT p_shard, o.topic, o.partition, o.next, o.ahead, p_seq
    FROM jsonb_to_recordset(p_offsets::jsonb)
      AS o(topic text, partition int, next bigint, ahead text)
    ON CONFLICT (shard, topic, partition)
    DO UPDATE SET next_offset = EXCLUDED.next_offset, ahead = EXCLUDED.ahead, seq = EXCLUDED.seq;
  END IF;
  PERFORM pg_notify('novate_journal', p_shard::text);
  RETURN true;
END
$$;

-- Facts are never changed. The application's role has no right to; everybody else is stopped here, also in a session
-- whose session_replication_role would switch ordinary triggers off.
CREATE FUNCTION journal.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the journal is append-only: % on journal.% is refused', TG_OP, TG_TABLE_NAME
    USING ERRCODE = 'integrity_constraint_violation', HINT = 'Record a correcting event instead.';
END
$$;
CREATE TRIGGER segment_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON journal.segment
  FOR EACH STATEMENT EXECUTE FUNCTION journal.refuse_change();
ALTER TABLE journal.segment ENABLE ALWAYS TRIGGER segment_append_only;

-- The head only moves forward.
CREATE TRIGGER head_forward_only BEFORE UPDATE ON journal.head FOR EACH ROW
  WHEN (NEW.shard <> OLD.shard OR NEW.epoch < OLD.epoch OR NEW.batches < OLD.batches
    OR NEW.size < OLD.size OR (NEW.batches = OLD.batches AND NEW.hash <> OLD.hash))
  EXECUTE FUNCTION journal.refuse_change();
CREATE TRIGGER head_never_removed BEFORE DELETE OR TRUNCATE ON journal.head
  FOR EACH STATEMENT EXECUTE FUNCTION journal.refuse_change();
ALTER TABLE journal.head ENABLE ALWAYS TRIGGER head_forward_only;
ALTER TABLE journal.head ENABLE ALWAYS TRIGGER head_never_removed;

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

-- Who migrates may work as the application, also where it is no superuser.
DO $$
BEGIN
  IF NOT pg_has_role(CURRENT_USER, 'novate_app', 'MEMBER') THEN
    EXECUTE format('GRANT novate_app TO %I', CURRENT_USER);
  END IF;
END
$$;
