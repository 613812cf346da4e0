/** What is committed about the contracts besides their artifacts: vectors and the gas snapshot. Built, run by `npm run generate`. */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { startAnvil } from '#infra';
import { measureGas, MEASURED_CHAIN } from './testing/gas.js';
import { makeVectors } from './testing/vectors.js';

const folder = fileURLToPath(new URL('../../contracts/', import.meta.url));
const write = (name: string, value: unknown): void =>
  writeFileSync(`${folder}${name}`, `${JSON.stringify(value, null, 2)}\n`);

for (const [name, value] of Object.entries(makeVectors())) write(`vectors/${name}.json`, value);
const chain = await startAnvil(MEASURED_CHAIN);
try {
  write('gas-snapshot.json', await measureGas(chain.url));
} finally {
  await chain.stop();
}
