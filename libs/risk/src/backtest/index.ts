/** The backtest: what drives models over histories, and what is measured on them. Files, clocks and printing are the caller's. */
export * from './books.js';
export * from './bootstrap.js';
export * from './core-models.js';
export * from './measures.js';
export * from './model.js';
export * from './path.js';
export * from './price-file.js';
export * from './report.js';
export * from './run.js';
export * from './series.js';
export * from './statistics.js';
