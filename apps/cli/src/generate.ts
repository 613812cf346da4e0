import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import 'reflect-metadata';
import { references } from '../../clearing/src/read/docs/references.js';
import { settlementReferences } from '../../settlement/src/docs/references.js';
import { projectRoot } from './root.js';

/** `node dist/apps/cli/src/generate.js [--check]`: writes the references in docs/, or fails where one is out of date. */
async function main(args: readonly string[]): Promise<number> {
  const check = args.includes('--check');
  let stale = 0;
  for (const [file, content] of [...(await references()), ...settlementReferences()]) {
    const path = join(projectRoot(), file);
    const current = await readFile(path, 'utf8').catch(() => '');
    if (current === content) continue;
    stale += 1;
    process.stderr.write(check ? `${file} is out of date: npm run generate\n` : `wrote ${file}\n`);
    if (check) continue;
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
  }
  return check && stale > 0 ? 1 : 0;
}

process.exitCode = await main(process.argv.slice(2));
