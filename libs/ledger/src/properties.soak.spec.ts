/**
 * The random days of properties.spec.ts, twenty times as many: `npm run soak -- properties`. FC_RUNS and FC_SEED still apply.
 */
process.env['FC_RUNS'] ??= '2000';
await import('./properties.spec.js');

export {};
