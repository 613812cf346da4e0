export { ConfigError, readConfig, redacted, singleRoles } from './config.js';
export type { Config, NamedKey } from './config.js';
