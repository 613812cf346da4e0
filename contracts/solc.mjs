#!/usr/bin/env node
/** npm `solc` with the command line forge expects of a compiler: --version, and --standard-json from stdin. */
import { createRequire } from 'node:module';
import { text } from 'node:stream/consumers';

const solc = createRequire(import.meta.url)('solc');

if (process.argv.includes('--version')) {
  console.log('solc, the solidity compiler commandline interface');
  console.log(`Version: ${solc.version()}`);
} else if (process.argv.includes('--standard-json')) {
  process.stdout.write(solc.compile(await text(process.stdin)));
} else {
  console.error('solc.mjs: only --version and --standard-json are known here');
  process.exitCode = 1;
}
