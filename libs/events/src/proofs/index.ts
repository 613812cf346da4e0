/** Merkle proofs of the journal and the signed checkpoints they end in. */
export { ProofRefused } from './errors.js';
export * from './note.js';
export * from './checkpoint.js';
