-- The risk standard in the read model: models and factor histories, which are public, and requirements, which are their member's.

CREATE TABLE "read".risk_model (
  proposal        text PRIMARY KEY,
  name            text NOT NULL,
  version         text NOT NULL,
  wasm_hash       text NOT NULL,
  parameters_hash text NOT NULL,
  parameters      text NOT NULL,
  history         text NOT NULL,
  status          text NOT NULL,
  proposer        text NOT NULL,
  approver        text,
  from_cycle      integer,
  active_from     integer,
  position        bigint NOT NULL
);

CREATE TABLE "read".factor_history (
  history   text PRIMARY KEY,
  numeraire text NOT NULL,
  factors   jsonb NOT NULL,
  root      text NOT NULL,
  days      integer NOT NULL,
  first_day text NOT NULL,
  last_day  text NOT NULL,
  position  bigint NOT NULL
);

-- A day is one column of the scenario set's source: values in the order of the history's factors, decimal strings.
CREATE TABLE "read".factor_day (
  history  text NOT NULL,
  day      integer NOT NULL,
  date     text NOT NULL,
  "values" jsonb NOT NULL,
  position bigint NOT NULL,
  PRIMARY KEY (history, day)
);

-- One requirement per account and cycle, with all it was computed from.
CREATE TABLE "read".margin (
  account            text NOT NULL,
  cycle              integer NOT NULL,
  member             text NOT NULL,
  asset              text NOT NULL,
  equity             numeric NOT NULL,
  initial_margin     numeric NOT NULL,
  maintenance_margin numeric NOT NULL,
  proposal           text NOT NULL,
  model_id           text NOT NULL,
  scenario_root      text NOT NULL,
  history_root       text NOT NULL,
  days               integer NOT NULL,
  mark_set_id        text NOT NULL,
  status             text NOT NULL,
  notes              jsonb NOT NULL,
  parts              jsonb NOT NULL,
  health             jsonb,
  greeks             jsonb NOT NULL,
  inputs             jsonb NOT NULL,
  position           bigint NOT NULL,
  PRIMARY KEY (account, cycle)
);

ALTER TABLE "read".margin ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON "read".margin FOR SELECT USING ("read".sees_member(member));

GRANT SELECT ON "read".risk_model, "read".factor_history, "read".factor_day, "read".margin TO novate_query;
