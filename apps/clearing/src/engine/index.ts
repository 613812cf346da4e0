export { Engine } from './engine.js';
export type { BatchReport, EngineOptions, Machine } from './engine.js';
export { crashAt, crashPoints } from './crash-point.js';
export type { CrashHook, CrashPoint } from './crash-point.js';
export { recordedEvents } from './queue.js';
export type { EngineItem, Mark, Outcome } from './queue.js';
export { Progress } from './progress.js';
