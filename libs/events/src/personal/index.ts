export * from './fields.js';
export * from './sealed.js';
export * from './vault.js';
