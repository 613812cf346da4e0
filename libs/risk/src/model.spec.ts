import { describe, expect, it } from '@jest/globals';
import { isModelId } from './index.js';

describe('a model id', () => {
  it('is 64 lower-case hex digits', () => {
    expect(isModelId('0f'.repeat(32))).toBe(true);
    expect(isModelId('0F'.repeat(32))).toBe(false);
    expect(isModelId('0f'.repeat(31))).toBe(false);
  });
});
