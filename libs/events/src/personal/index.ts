export * from './fields.js';
export * from './sealed.js';
