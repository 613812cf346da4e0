/** The ledger's own test house, for what has to be tried against the real rules. */
export { openHouse, TestHouse } from '../../../../libs/ledger/src/testing/given.js';
export type { InputBody } from '#ledger';
