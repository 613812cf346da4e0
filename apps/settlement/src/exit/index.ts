/** Forced exits as their chain has them, and what operators answer to them. */
export * from './answer.js';
export * from './read.js';
export * from './watch.js';
