/** A settlement batch: its bytes, its header and digest, and how a leg of the journal becomes one. Pure. */
export * from './header.js';
export * from './leg.js';
export * from './payload.js';
