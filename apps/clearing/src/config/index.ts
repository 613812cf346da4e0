export { readConfig, redacted, singleRoles } from './config.js';
export type { Config } from './config.js';
export { ConfigError, type NamedKey } from '../../../../infra/settings/index.js';
