-- Settlement on chains: rails and legs, which are public, balances and entries, which are their member's.
-- Amounts of accounts, legs and entries are rail units, 10^-rail_scale of the asset.

CREATE TABLE "read".rail (
  rail           text PRIMARY KEY,
  chain_id       bigint NOT NULL,
  asset          text NOT NULL,
  rail_scale     integer NOT NULL,
  token_decimals integer NOT NULL,
  token          text NOT NULL,
  ledger         text NOT NULL,
  vault          text NOT NULL,
  registry       text NOT NULL,
  custodian      text NOT NULL,
  finality       text NOT NULL,
  treasury       text NOT NULL,
  status         text NOT NULL,
  proposer       text NOT NULL,
  approver       text,
  from_window    bigint,
  frozen         boolean NOT NULL,
  seq            bigint NOT NULL,
  final_seq      bigint NOT NULL,
  position       bigint NOT NULL
);

-- An account that is the house's own has no member.
CREATE TABLE "read".settlement_account (
  account   text NOT NULL,
  rail      text NOT NULL,
  member    text,
  idx       integer NOT NULL,
  owner     text NOT NULL,
  credited  numeric NOT NULL,
  committed numeric NOT NULL,
  posted    numeric NOT NULL,
  position  bigint NOT NULL,
  PRIMARY KEY (account, rail)
);
CREATE INDEX settlement_account_rail_idx ON "read".settlement_account (rail, idx);

CREATE TABLE "read".settlement_leg (
  rail        text NOT NULL,
  seq         bigint NOT NULL,
  cycle       integer NOT NULL,
  leg         integer NOT NULL,
  legs        integer NOT NULL,
  house_delta numeric NOT NULL,
  status      text NOT NULL,
  digest      text,
  transaction text,
  block       bigint,
  block_hash  text,
  block_time  bigint,
  position    bigint NOT NULL,
  PRIMARY KEY (rail, seq)
);

-- What a leg does to one balance: a change of it, or a withdrawal that leaves it.
CREATE TABLE "read".settlement_entry (
  rail          text NOT NULL,
  seq           bigint NOT NULL,
  ordinal       integer NOT NULL,
  account       text NOT NULL,
  member        text,
  idx           integer NOT NULL,
  amount        numeric NOT NULL,
  withdrawal_id text,
  paid_to       text,
  position      bigint NOT NULL,
  PRIMARY KEY (rail, seq, ordinal)
);
CREATE INDEX settlement_entry_member_idx ON "read".settlement_entry (member, rail, seq);

-- A withdrawal on a rail: the address it pays, and the leg that carries it.
ALTER TABLE "read".withdrawal ADD COLUMN paid_to text;
ALTER TABLE "read".withdrawal ADD COLUMN rail text;
ALTER TABLE "read".withdrawal ADD COLUMN seq bigint;

ALTER TABLE "read".settlement_account ENABLE ROW LEVEL SECURITY;
ALTER TABLE "read".settlement_entry   ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON "read".settlement_account FOR SELECT
  USING ("read".sees_member(coalesce(member, '*')));
CREATE POLICY own_rows ON "read".settlement_entry FOR SELECT
  USING ("read".sees_member(coalesce(member, '*')));

GRANT SELECT ON "read".rail, "read".settlement_account, "read".settlement_leg, "read".settlement_entry
  TO novate_query;
