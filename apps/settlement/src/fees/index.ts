/** What a transaction offers for gas, and how much gas it asks for. Pure. */
export * from './fees.js';
