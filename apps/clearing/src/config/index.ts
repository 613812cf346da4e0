export { ConfigError, readConfig, redacted } from './config.js';
export type { Config, NamedKey } from './config.js';
