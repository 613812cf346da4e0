export { Problem, problemOf, statusOf } from './problem.js';
export type { ProblemDetails } from './problem.js';
export { ProblemFilter } from './problem.filter.js';
