import { describe } from '@jest/globals';
import { keysContract } from '../../personal/keys.contract.js';
import { memoryKeys } from './memory-keys.js';

describe('data keys in memory', () => {
  keysContract(() => memoryKeys());
});
