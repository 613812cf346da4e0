/** What the settlement service and its co-signers read from their environment. */
export * from './config.js';
export * from './settings.js';
export * from './cosign-config.js';
export * from './cosign-settings.js';
export { configurationReferences } from './reference.js';
