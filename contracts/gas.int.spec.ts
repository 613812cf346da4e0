import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { anvilBinary, startAnvil } from '#infra';
import { describeIf } from '../test/support/services.js';
import { type GasFigures, measureGas, MEASURED_CHAIN } from './testing/gas.js';
import { makeVectors } from './testing/vectors.js';

const read = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(name, import.meta.url), 'utf8'));
const found = anvilBinary();

describeIf(
  'command' in found,
  'missing' in found ? found.missing : '',
  'gas on a real node',
  () => {
    it('is what the snapshot says, and a settled account costs at most 0.12 of a transfer', async () => {
      const chain = await startAnvil(MEASURED_CHAIN);
      const figures = await measureGas(chain.url).finally(() => chain.stop());
      process.stderr.write(`gas: ${JSON.stringify(figures)}\n`);
      expect(figures).toEqual(read('./gas-snapshot.json') as GasFigures);
      expect(figures.warmPerTransfer).toBeLessThanOrEqual(0.12);
    });
  },
);

describe('vectors', () => {
  it.each(Object.entries(makeVectors()))('%s are as committed', (name, made) => {
    expect(JSON.parse(JSON.stringify(made))).toEqual(read(`./vectors/${name}.json`));
  });
});
