/**
 * The random books in whatever Node runs this, from the build (`dist/`). Prints the vector: after a change of kernel,
 * parameters or rules that was meant,
 * `node dist/libs/risk/src/testing/determinism-run.mjs > libs/risk/vectors/determinism.json`.
 */
import { readFileSync } from 'node:fs';
import { determinismRun } from './determinism.js';

const read = (path) => readFileSync(new URL(`../../${path}`, import.meta.url));
const { wasm } = JSON.parse(read('kernel/current.json'));
const run = determinismRun(
  read(`kernel/binaries/${wasm}.wasm`),
  wasm,
  JSON.parse(read('parameters/urs.json')),
);
const provenance =
  'Ours: libs/risk/src/testing/determinism.ts, seeded; made by its determinism-run.mjs and equal in every engine.';
console.log(JSON.stringify({ provenance, ...run }, undefined, 2));
