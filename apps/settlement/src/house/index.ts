/** The house's journal as settlement reads it: followed over HTTP, folded once, with what every leg anchors. */
export * from './feed.js';
export * from './house-copy.js';
export type { BalanceProof, CreditedDeposit, LegData } from './rail-book.js';
export * from './signed-feed.js';
