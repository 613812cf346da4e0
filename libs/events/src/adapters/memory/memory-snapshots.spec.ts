import { snapshotsContract } from '../../snapshot/snapshots.contract.js';
import { memorySnapshots } from './memory-snapshots.js';

snapshotsContract('memory', async () => {
  const store = memorySnapshots();
  return { store, again: async () => store, cleanup: () => store.close() };
});
