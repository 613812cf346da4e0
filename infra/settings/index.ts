/** How programs read their environment: a table of settings, every problem at once, and a reference made of the table. */
export { ConfigError, list, namedKeys, problemsOf, redactedBy, valueOf } from './read.js';
export { settingsReference } from './reference.js';
export {
  type Environment,
  integer,
  type NamedKey,
  type Setting,
  type SettingKind,
  text,
} from './setting.js';
