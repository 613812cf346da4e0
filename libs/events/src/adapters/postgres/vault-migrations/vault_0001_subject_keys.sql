-- Data keys of personal fields, each wrapped by the master key, which is not in the database. Beside the journal or, better, in a
-- database of its own whose backups are few and short-lived: a copy of this table is what an erasure has to outlive.
CREATE SCHEMA IF NOT EXISTS vault;

CREATE TABLE vault.subject_key (
  subject      text NOT NULL,
  number       int NOT NULL CHECK (number > 0),
  -- NULL: destroyed. The row stays, so that "destroyed" and "never there" are told apart.
  wrapped      bytea,
  created_at   timestamptz NOT NULL DEFAULT now(),
  destroyed_at timestamptz,
  PRIMARY KEY (subject, number),
  CHECK ((wrapped IS NULL) = (destroyed_at IS NOT NULL))
);
-- One live key per subject.
CREATE UNIQUE INDEX subject_key_live ON vault.subject_key (subject) WHERE wrapped IS NOT NULL;

-- One row: what tells a wrong master key before it wraps anything, and how far the journal's orders were obeyed.
CREATE TABLE vault.house (
  id           boolean PRIMARY KEY DEFAULT true CHECK (id),
  master_check bytea NOT NULL,
  obeyed       bigint NOT NULL
);

-- What was destroyed never comes back, and no row goes without a trace.
CREATE FUNCTION vault.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a data key is destroyed, never removed or brought back: % on vault.% is refused',
    TG_OP, TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END
$$;
CREATE TRIGGER destroyed_for_good BEFORE UPDATE ON vault.subject_key FOR EACH ROW
  WHEN (OLD.wrapped IS NULL OR NEW.subject <> OLD.subject OR NEW.number <> OLD.number)
  EXECUTE FUNCTION vault.refuse_change();
CREATE TRIGGER never_removed BEFORE DELETE OR TRUNCATE ON vault.subject_key
  FOR EACH STATEMENT EXECUTE FUNCTION vault.refuse_change();
ALTER TABLE vault.subject_key ENABLE ALWAYS TRIGGER destroyed_for_good;
ALTER TABLE vault.subject_key ENABLE ALWAYS TRIGGER never_removed;

DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'novate_vault') THEN
    CREATE ROLE novate_vault NOLOGIN;
  END IF;
EXCEPTION
  -- Two databases of one server may be set up at the same moment; roles belong to the server.
  WHEN duplicate_object OR unique_violation THEN NULL;
END
$$;
-- No other role of the house has any right here: not the journal's writer, not its readers, not the queries'.
GRANT USAGE ON SCHEMA vault TO novate_vault;
GRANT SELECT, INSERT ON vault.subject_key, vault.house TO novate_vault;
GRANT UPDATE (wrapped, destroyed_at) ON vault.subject_key TO novate_vault;
GRANT UPDATE (obeyed) ON vault.house TO novate_vault;

-- Forced, so that the owner of the table, who migrates, reads no key either unless it takes the role.
ALTER TABLE vault.subject_key ENABLE ROW LEVEL SECURITY;
ALTER TABLE vault.subject_key FORCE ROW LEVEL SECURITY;
CREATE POLICY vault_only ON vault.subject_key TO novate_vault USING (true) WITH CHECK (true);

DO $$
BEGIN
  IF NOT pg_has_role(CURRENT_USER, 'novate_vault', 'MEMBER') THEN
    EXECUTE format('GRANT novate_vault TO %I', CURRENT_USER);
  END IF;
END
$$;
