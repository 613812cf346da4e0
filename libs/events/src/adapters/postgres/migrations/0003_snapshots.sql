-- Snapshots of the state: a shortcut to what the journal says, never a source. Each is verified by whoever reads it, so
-- they may be removed again; they are never changed.
CREATE TABLE journal.snapshot (
  shard int NOT NULL,
  size  bigint NOT NULL CHECK (size > 0),
  note  text NOT NULL,
  PRIMARY KEY (shard, size)
);

CREATE TABLE journal.snapshot_page (
  shard int NOT NULL,
  size  bigint NOT NULL,
  page  int NOT NULL,
  data  bytea NOT NULL CHECK (octet_length(data) <= 524288),
  PRIMARY KEY (shard, size, page),
  FOREIGN KEY (shard, size) REFERENCES journal.snapshot ON DELETE CASCADE
);
-- Pages are compressed already.
ALTER TABLE journal.snapshot_page ALTER COLUMN data SET STORAGE EXTERNAL;

GRANT SELECT ON journal.snapshot, journal.snapshot_page TO novate_app, novate_reader;
GRANT INSERT, DELETE ON journal.snapshot, journal.snapshot_page TO novate_app;
