import { proofStoreContract } from '../../proofs/proof-store.contract.js';
import { memoryProofs } from './memory-proofs.js';

proofStoreContract('memory', async () => {
  const store = memoryProofs();
  return { store, again: () => store, cleanup: async () => undefined };
});
