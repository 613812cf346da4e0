export * from './event.js';
export * from './vocabulary.js';
export * from './journal/journal.js';
export * from './schema-versions.js';
export * from './uuid.js';
