export * from './answers.js';
export { LogController, PROOF_STORE } from './log.controller.js';
export { Proofs } from './proofs.js';
export { checkpointMessage } from './publish.js';
