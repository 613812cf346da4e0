/**
 * What a co-signer keeps, in a database of its own: whose it is, its copy of the log, the checkpoint that copy was last
 * compared with, and what it signed. At most one digest of a seq stands, whoever writes.
 */
export const COSIGN_SCHEMA = `
CREATE SCHEMA IF NOT EXISTS cosign;
CREATE TABLE IF NOT EXISTS cosign.identity (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  signer text NOT NULL,
  log_key text NOT NULL,
  since timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE IF NOT EXISTS cosign.log (
  position bigint PRIMARY KEY,
  line text NOT NULL,
  leaf bytea NOT NULL CHECK (length(leaf) = 32)
);
CREATE TABLE IF NOT EXISTS cosign.checkpoint (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  note text NOT NULL
);
CREATE TABLE IF NOT EXISTS cosign.signed (
  id bigserial PRIMARY KEY,
  chain_id bigint NOT NULL,
  ledger text NOT NULL,
  seq numeric NOT NULL,
  digest text NOT NULL,
  deadline numeric NOT NULL,
  header jsonb NOT NULL,
  signed_at timestamptz NOT NULL DEFAULT now(),
  dead boolean NOT NULL DEFAULT false
);
CREATE UNIQUE INDEX IF NOT EXISTS one_digest_stands ON cosign.signed (chain_id, ledger, seq) WHERE NOT dead;
CREATE TABLE IF NOT EXISTS cosign.first_use (
  chain_id bigint NOT NULL,
  ledger text NOT NULL,
  last_seq numeric NOT NULL,
  block_time numeric NOT NULL,
  suspect boolean NOT NULL,
  PRIMARY KEY (chain_id, ledger)
);
CREATE TABLE IF NOT EXISTS cosign.deposits_checked (
  rail text PRIMARY KEY,
  number bigint NOT NULL
);
`;
