#!/usr/bin/env node
/** `novate` as an installed command: the same as `npm run -s novate --`. */
process.argv.splice(2, 0, 'novate');
await import('./run.mjs');
