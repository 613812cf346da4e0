import { readFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import { settlementCodes } from '../codes.js';
import { settlementReferences } from './references.js';

describe('the committed references of settlement', () => {
  it.each([...settlementReferences()])('%s is what npm run generate writes', async (file, text) => {
    const url = new URL(`../../../../${file}`, import.meta.url);
    expect(await readFile(url, 'utf8')).toBe(text);
  });

  it('name every code', () => {
    const text = settlementReferences().get('docs/settlement-errors.md');
    for (const [name, [number]] of Object.entries(settlementCodes)) {
      expect(text).toContain(`\`${number}_${name}\``);
    }
  });
});
