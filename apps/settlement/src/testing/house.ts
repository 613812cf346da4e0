/** The ledger's own test houses, for what has to be tried against the real rules. */
export { openAs, spec, type TestHouse } from '../../../../libs/ledger/src/testing/given.js';
export * from '../../../../libs/ledger/src/testing/rail-house.js';
export type { InputBody } from '#ledger';
