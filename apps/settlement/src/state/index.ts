/** The batches of a rail, from due to reconciled: what happened, what it means, what to do next. Pure. */
export { decide, railDecider, type RailPolicy } from './decide.js';
export { evolve } from './evolve.js';
export * from './gate.js';
export * from './inputs.js';
export { type Effect, next, type Surroundings } from './next.js';
export { watched } from './observe.js';
export * from './rail-events.js';
export * from './rail-state.js';
