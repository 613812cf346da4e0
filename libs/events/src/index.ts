/** The journal: event vocabulary, codec, hash chain, the Journal port and its adapters. */
export * from './units.js';
export * from './event.js';
export * from './vocabulary.js';
export * from './risk-vocabulary.js';
export * from './settlement-vocabulary.js';
export * from './schema-versions.js';
export * from './uuid.js';
export * from './canonical.js';
export * from './subjects.js';
export * from './upcast.js';
export { CODEC, decodeEvents, encodeEvents } from './codec/codec.js';
export * from './journal/journal.js';
export * from './journal/errors.js';
export { chainHash, GENESIS, open, seal, type Segment } from './journal/chain.js';
export * from './journal/group-commit.js';
export * from './journal/verify.js';
export * from './proofs/index.js';
export { SnapshotRefused } from './snapshot/errors.js';
export * from './snapshot/header.js';
export { breathe, type PackedLines, packLines, readLines } from './snapshot/pages.js';
export type { SnapshotStore } from './snapshot/store.js';
export { memorySnapshots } from './adapters/memory/memory-snapshots.js';
export { postgresSnapshots } from './adapters/postgres/postgres-snapshots.js';
export * from './personal/index.js';
export { memoryJournal, type MemoryStore, memoryStore } from './adapters/memory/memory-journal.js';
export { memoryKeys } from './adapters/memory/memory-keys.js';
export {
  MasterKeyWrong,
  postgresKeys,
  type PostgresKeysOptions,
} from './adapters/postgres/vault/postgres-keys.js';
export {
  migrate,
  migrateJournal,
  migrateVault,
  MigrationChanged,
} from './adapters/postgres/migrate.js';
export { memoryProofs } from './adapters/memory/memory-proofs.js';
export { postgresProofs } from './adapters/postgres/postgres-proofs.js';
export {
  postgresJournal,
  type PostgresJournalOptions,
} from './adapters/postgres/postgres-journal.js';
