/** Merkle proofs of the journal and the signed checkpoints they end in. */
export { ProofRefused, within } from './errors.js';
export * from './note.js';
export * from './checkpoint.js';
export * from './merkle.js';
export * from './keys.js';
export * from './pages.js';
export type { ProofStore } from './store.js';
export * from './prover.js';
export { verifyLog, forkOf, storedLeaves, type LogVerification } from './verify-log.js';
export { exportedLeaves, exportLog, LOG_PROOF_FORMAT, verifyExport } from './export-log.js';
