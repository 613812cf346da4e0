-- One nonce lane per chain and submitter. Whoever holds it has raised the epoch; an older holder cannot journal.
CREATE TABLE settlement.lane (
  chain_id  bigint NOT NULL,
  submitter text   NOT NULL CHECK (submitter ~ '^0x[0-9a-f]{40}$'),
  epoch     bigint NOT NULL,
  PRIMARY KEY (chain_id, submitter)
);

-- Every transaction that was ever signed, written before it is sent: what may be in a block is in here.
CREATE TABLE settlement.tx_attempt (
  ordinal    bigint GENERATED ALWAYS AS IDENTITY,
  tx_hash    text        PRIMARY KEY CHECK (tx_hash ~ '^0x[0-9a-f]{64}$'),
  chain_id   bigint      NOT NULL,
  submitter  text        NOT NULL,
  nonce      bigint      NOT NULL,
  job        text,       -- what it is to do; null for one that only fills its nonce
  raw        text        NOT NULL,
  max_fee    numeric(78) NOT NULL, -- wei per gas
  tip        numeric(78) NOT NULL, -- wei per gas
  epoch      bigint      NOT NULL,
  created_at timestamptz NOT NULL,
  FOREIGN KEY (chain_id, submitter) REFERENCES settlement.lane
);
CREATE INDEX tx_attempt_by_nonce ON settlement.tx_attempt (chain_id, submitter, nonce);

-- How far a chain has been read, and the blocks that tell a reorganisation. Whoever watches has raised the epoch.
CREATE TABLE settlement.watcher (
  chain_id bigint PRIMARY KEY,
  epoch    bigint NOT NULL DEFAULT 1,
  next     bigint NOT NULL, -- first block not read yet
  marks    jsonb  NOT NULL, -- by tag: the highest block ever called so
  rails    text[] NOT NULL  -- rails whose past has been read
);
CREATE TABLE settlement.head (
  chain_id    bigint      NOT NULL REFERENCES settlement.watcher,
  number      bigint      NOT NULL,
  hash        text        NOT NULL,
  parent_hash text        NOT NULL,
  time        bigint      NOT NULL, -- seconds, the chain's own clock
  base_fee    numeric(78) NOT NULL, -- wei per gas
  PRIMARY KEY (chain_id, number)
);

-- What the contracts said, in streams numbered 1, 2, 3...; what is final stays so.
CREATE TABLE settlement.chain_fact (
  chain_id bigint      NOT NULL REFERENCES settlement.watcher,
  id       text        NOT NULL,
  stream   text        NOT NULL,
  number   numeric(78) NOT NULL,
  final    boolean     NOT NULL,
  fact     jsonb       NOT NULL,
  PRIMARY KEY (chain_id, id)
);
CREATE INDEX chain_fact_open ON settlement.chain_fact (chain_id) WHERE NOT final;
CREATE INDEX chain_fact_told ON settlement.chain_fact (chain_id, stream, number DESC) WHERE final;

-- What the watcher told, in order, written with the state it follows from: a reader that keeps its place misses
-- nothing and sees nothing twice.
CREATE TABLE settlement.observation (
  chain_id    bigint NOT NULL REFERENCES settlement.watcher,
  seq         bigint NOT NULL,
  observation jsonb  NOT NULL,
  PRIMARY KEY (chain_id, seq)
);
