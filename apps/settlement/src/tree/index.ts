/** The tree a batch commits its balances to, and the proofs members exit with. Pure once it is open. */
export * from './balance-tree.js';
export * from './leaf.js';
