-- What happened to the batches of a rail, in order: its state is these events folded. A second service that decides at
-- the same place fails on the key.
CREATE TABLE settlement.rail_event (
  rail  text   NOT NULL,
  n     bigint NOT NULL,
  event jsonb  NOT NULL,
  PRIMARY KEY (rail, n)
);

-- The bytes of every sealing: what is signed and sent can be sent again, the same.
CREATE TABLE settlement.batch (
  rail    text   NOT NULL,
  digest  text   NOT NULL CHECK (digest ~ '^0x[0-9a-f]{64}$'),
  seq     bigint NOT NULL,
  header  jsonb  NOT NULL,
  payload bytea  NOT NULL,
  PRIMARY KEY (rail, digest)
);
