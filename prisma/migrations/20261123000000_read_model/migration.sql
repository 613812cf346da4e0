-- The read model: a projection of the journal, in a schema of its own so that it can be dropped whole.
-- Amounts, prices and quantities: integers in minor units, as large as sums and products of 128-bit inputs become.
-- Times: microseconds since 1970, UTC.
CREATE SCHEMA "read";

CREATE TABLE "read".asset (
  asset    text PRIMARY KEY,
  scale    integer NOT NULL,
  position bigint NOT NULL
);

CREATE TABLE "read".member (
  member    text PRIMARY KEY,
  name      text NOT NULL,
  suspended boolean NOT NULL,
  position  bigint NOT NULL
);

CREATE TABLE "read".account (
  account             text PRIMARY KEY,
  member              text NOT NULL,
  segregation         text NOT NULL,
  margin              text NOT NULL,
  isolated_instrument text,
  shard               integer NOT NULL,
  position            bigint NOT NULL
);
CREATE INDEX account_member_account_idx ON "read".account (member, account);

CREATE TABLE "read".venue (
  venue     text PRIMARY KEY,
  kind      text NOT NULL,
  mode      text NOT NULL,
  suspended boolean NOT NULL,
  position  bigint NOT NULL
);

CREATE TABLE "read".instrument (
  instrument       text PRIMARY KEY,
  kind             text NOT NULL,
  payoff           text NOT NULL,
  settlement_asset text NOT NULL,
  base_asset       text,
  price_scale      integer NOT NULL,
  quantity_scale   integer NOT NULL,
  expiry           bigint,
  suspended        boolean NOT NULL,
  expired_cycle    integer,
  spec             jsonb NOT NULL,
  position         bigint NOT NULL
);

CREATE TABLE "read".position (
  account       text NOT NULL,
  instrument    text NOT NULL,
  member        text NOT NULL,
  quantity      numeric NOT NULL,
  bought        numeric NOT NULL,
  sold          numeric NOT NULL,
  settled_value numeric NOT NULL,
  position      bigint NOT NULL,
  PRIMARY KEY (account, instrument)
);
CREATE INDEX position_instrument_account_idx ON "read".position (instrument, account);

CREATE TABLE "read".balance (
  book     text NOT NULL,
  asset    text NOT NULL,
  account  text,
  member   text,
  kind     text NOT NULL,
  amount   numeric NOT NULL,
  position bigint NOT NULL,
  PRIMARY KEY (book, asset)
);
CREATE INDEX balance_account_asset_idx ON "read".balance (account, asset);

CREATE TABLE "read".movement (
  position    bigint NOT NULL,
  ordinal     integer NOT NULL,
  account     text NOT NULL,
  member      text NOT NULL,
  asset       text NOT NULL,
  book        text NOT NULL,
  amount      numeric NOT NULL,
  reason      text NOT NULL,
  reference   text,
  cycle       integer,
  instrument  text,
  occurred_at bigint NOT NULL,
  PRIMARY KEY (position, ordinal)
);
CREATE INDEX movement_account_position_idx ON "read".movement (account, position);

CREATE TABLE "read".trade_record (
  position        bigint PRIMARY KEY,
  venue           text NOT NULL,
  instrument      text NOT NULL,
  trade_id        text NOT NULL,
  window_no       bigint NOT NULL,
  sequence        bigint NOT NULL,
  mode            text NOT NULL,
  buyer           text NOT NULL,
  seller          text NOT NULL,
  buyer_member    text NOT NULL,
  seller_member   text NOT NULL,
  quantity        numeric NOT NULL,
  price           numeric NOT NULL,
  executed_at     bigint NOT NULL,
  status          text NOT NULL,
  reversal_price  numeric,
  closed_position bigint
);
CREATE INDEX trade_record_id_idx ON "read".trade_record (venue, instrument, trade_id, position);
CREATE INDEX trade_record_buyer_idx ON "read".trade_record (buyer_member, position);
CREATE INDEX trade_record_seller_idx ON "read".trade_record (seller_member, position);

CREATE TABLE "read".settlement_price (
  cycle       integer NOT NULL,
  instrument  text NOT NULL,
  price       numeric NOT NULL,
  stale       boolean NOT NULL,
  fresh_cycle integer NOT NULL,
  rule        jsonb NOT NULL,
  evidence    jsonb NOT NULL,
  position    bigint NOT NULL,
  PRIMARY KEY (cycle, instrument)
);

CREATE TABLE "read".cycle (
  cycle    integer PRIMARY KEY,
  ends_at  bigint NOT NULL,
  complete boolean NOT NULL,
  missing  jsonb NOT NULL,
  position bigint NOT NULL
);

CREATE TABLE "read".obligation_total (
  cycle      integer NOT NULL,
  instrument text NOT NULL,
  asset      text NOT NULL,
  reason     text NOT NULL,
  price      numeric,
  rate       numeric,
  paid       numeric NOT NULL,
  received   numeric NOT NULL,
  rounding   numeric NOT NULL,
  position   bigint PRIMARY KEY
);
CREATE INDEX obligation_total_cycle_instrument_idx
  ON "read".obligation_total (cycle, instrument);

CREATE TABLE "read".window_reconciliation (
  venue             text NOT NULL,
  window_no         bigint NOT NULL,
  topic             text NOT NULL,
  key               text NOT NULL,
  last_sequence     bigint NOT NULL,
  count             bigint NOT NULL,
  control_total     numeric NOT NULL,
  our_count         bigint NOT NULL,
  our_control_total numeric NOT NULL,
  matched           boolean NOT NULL,
  position          bigint NOT NULL,
  PRIMARY KEY (venue, window_no, topic, key)
);

CREATE TABLE "read".shortfall (
  cycle     integer NOT NULL,
  account   text NOT NULL,
  asset     text NOT NULL,
  member    text NOT NULL,
  owed      numeric NOT NULL,
  shortfall numeric NOT NULL,
  position  bigint NOT NULL,
  PRIMARY KEY (cycle, account, asset)
);

CREATE TABLE "read".withdrawal (
  withdrawal_id text PRIMARY KEY,
  account       text NOT NULL,
  member        text NOT NULL,
  asset         text NOT NULL,
  amount        numeric NOT NULL,
  destination   text NOT NULL,
  status        text NOT NULL,
  cycle         integer,
  code          text,
  position      bigint NOT NULL
);
CREATE INDEX withdrawal_account_idx ON "read".withdrawal (account, withdrawal_id);

CREATE TABLE "read".rejected_input (
  position    bigint PRIMARY KEY,
  code        text NOT NULL,
  field       text NOT NULL,
  reason      text NOT NULL,
  fix         text NOT NULL,
  venue       text,
  topic       text,
  key         text,
  sequence    bigint,
  window_no   bigint,
  consumed    boolean NOT NULL,
  channel     text NOT NULL,
  sha256      text NOT NULL,
  bytes       bigint NOT NULL,
  occurred_at bigint NOT NULL
);
CREATE INDEX rejected_input_venue_position_idx ON "read".rejected_input (venue, position);

CREATE TABLE "read".projection_checkpoint (
  name     text PRIMARY KEY,
  position bigint NOT NULL,
  batches  bigint NOT NULL,
  hash     text NOT NULL
);
INSERT INTO "read".projection_checkpoint VALUES ('read', 0, 0, repeat('0', 64));

-- ------------------------------------------------------------------ rights
-- Queries run as novate_query with the caller's scope in two settings of the transaction:
-- novate.member and novate.venue are an id, '*' (operator, regulator) or absent (nothing is seen).
-- The role belongs to the cluster, not to this database: another database may have made it already.
DO $$
BEGIN
  BEGIN
    CREATE ROLE novate_query NOLOGIN;
  EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL;
  END;
  IF NOT pg_has_role(current_user, 'novate_query', 'MEMBER') THEN
    EXECUTE format('GRANT novate_query TO %I', current_user);
  END IF;
END $$;

CREATE FUNCTION "read".sees_member(owner text) RETURNS boolean
  LANGUAGE sql STABLE PARALLEL SAFE
  RETURN current_setting('novate.member', true) IN ('*', owner);

CREATE FUNCTION "read".sees_venue(owner text) RETURNS boolean
  LANGUAGE sql STABLE PARALLEL SAFE
  RETURN current_setting('novate.venue', true) IN ('*', owner);

ALTER TABLE "read".member                ENABLE ROW LEVEL SECURITY;
ALTER TABLE "read".account               ENABLE ROW LEVEL SECURITY;
ALTER TABLE "read".position              ENABLE ROW LEVEL SECURITY;
ALTER TABLE "read".balance               ENABLE ROW LEVEL SECURITY;
ALTER TABLE "read".movement              ENABLE ROW LEVEL SECURITY;
ALTER TABLE "read".shortfall             ENABLE ROW LEVEL SECURITY;
ALTER TABLE "read".withdrawal            ENABLE ROW LEVEL SECURITY;
ALTER TABLE "read".window_reconciliation ENABLE ROW LEVEL SECURITY;
ALTER TABLE "read".rejected_input        ENABLE ROW LEVEL SECURITY;
ALTER TABLE "read".trade_record          ENABLE ROW LEVEL SECURITY;

CREATE POLICY own_rows ON "read".member     FOR SELECT USING ("read".sees_member(member));
CREATE POLICY own_rows ON "read".account    FOR SELECT USING ("read".sees_member(member));
CREATE POLICY own_rows ON "read".position   FOR SELECT USING ("read".sees_member(member));
CREATE POLICY own_rows ON "read".movement   FOR SELECT USING ("read".sees_member(member));
CREATE POLICY own_rows ON "read".shortfall  FOR SELECT USING ("read".sees_member(member));
CREATE POLICY own_rows ON "read".withdrawal FOR SELECT USING ("read".sees_member(member));
-- A book of the house has no member: only '*' sees it.
CREATE POLICY own_rows ON "read".balance FOR SELECT
  USING ("read".sees_member(coalesce(member, '*')));
CREATE POLICY own_rows ON "read".window_reconciliation FOR SELECT
  USING ("read".sees_venue(venue));
CREATE POLICY own_rows ON "read".rejected_input FOR SELECT
  USING ("read".sees_venue(coalesce(venue, '*')));

-- After novation a member's counterparty is the house, so it never learns who stood on the other side.
-- novate_query has no right on trade_record itself: this view, run with its owner's rights, is the only way.
CREATE VIEW "read".trade WITH (security_barrier) AS
SELECT position, venue, instrument, trade_id, window_no, sequence, mode,
       CASE WHEN "read".sees_member(buyer_member) OR "read".sees_venue(venue) THEN buyer END AS buyer,
       CASE WHEN "read".sees_member(seller_member) OR "read".sees_venue(venue) THEN seller END AS seller,
       CASE WHEN "read".sees_member(buyer_member) THEN buyer_member END AS buyer_member,
       CASE WHEN "read".sees_member(seller_member) THEN seller_member END AS seller_member,
       quantity, price, executed_at, status, reversal_price, closed_position
  FROM "read".trade_record
 WHERE "read".sees_member(buyer_member)
    OR "read".sees_member(seller_member)
    OR "read".sees_venue(venue);

GRANT USAGE ON SCHEMA "read" TO novate_query;
GRANT SELECT ON ALL TABLES IN SCHEMA "read" TO novate_query;
REVOKE ALL ON "read".trade_record FROM novate_query;
