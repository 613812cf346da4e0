-- Proofs over the journal: leaf hashes, the roots of full pages of them, the keys of the log, signed checkpoints. A
-- projection of journal.segment, yet never changed either: what was signed stays signed.
CREATE TABLE journal.leaf_page (
  shard  int NOT NULL,
  tier   int NOT NULL,
  page   bigint NOT NULL,
  hashes bytea NOT NULL CHECK (octet_length(hashes) BETWEEN 32 AND 8192 AND octet_length(hashes) % 32 = 0),
  PRIMARY KEY (shard, tier, page)
);
-- Hashes do not compress.
ALTER TABLE journal.leaf_page ALTER COLUMN hashes SET STORAGE EXTERNAL;

CREATE TABLE journal.checkpoint_key (
  shard      int NOT NULL,
  valid_from bigint NOT NULL,
  key_name   text NOT NULL,
  public_key text NOT NULL,
  PRIMARY KEY (shard, valid_from)
);

CREATE TABLE journal.checkpoint (
  shard int NOT NULL,
  size  bigint NOT NULL,
  root  text NOT NULL,
  note  text NOT NULL,
  PRIMARY KEY (shard, size)
);

-- The last page of a tier grows at its end; no hash in it is ever another one.
CREATE TRIGGER leaf_page_grows BEFORE UPDATE ON journal.leaf_page FOR EACH ROW
  WHEN (NEW.shard <> OLD.shard OR NEW.tier <> OLD.tier OR NEW.page <> OLD.page
    OR octet_length(NEW.hashes) < octet_length(OLD.hashes)
    OR substring(NEW.hashes FROM 1 FOR octet_length(OLD.hashes)) <> OLD.hashes)
  EXECUTE FUNCTION journal.refuse_change();
CREATE TRIGGER leaf_page_never_removed BEFORE DELETE OR TRUNCATE ON journal.leaf_page
  FOR EACH STATEMENT EXECUTE FUNCTION journal.refuse_change();
CREATE TRIGGER checkpoint_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON journal.checkpoint
  FOR EACH STATEMENT EXECUTE FUNCTION journal.refuse_change();
CREATE TRIGGER checkpoint_key_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON journal.checkpoint_key
  FOR EACH STATEMENT EXECUTE FUNCTION journal.refuse_change();
ALTER TABLE journal.leaf_page ENABLE ALWAYS TRIGGER leaf_page_grows;
ALTER TABLE journal.leaf_page ENABLE ALWAYS TRIGGER leaf_page_never_removed;
ALTER TABLE journal.checkpoint ENABLE ALWAYS TRIGGER checkpoint_append_only;
ALTER TABLE journal.checkpoint_key ENABLE ALWAYS TRIGGER checkpoint_key_append_only;

GRANT SELECT ON journal.leaf_page, journal.checkpoint, journal.checkpoint_key TO novate_app, novate_reader;
GRANT INSERT ON journal.leaf_page, journal.checkpoint, journal.checkpoint_key TO novate_app;
GRANT UPDATE (hashes) ON journal.leaf_page TO novate_app;
