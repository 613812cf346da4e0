import { settingsReference } from '../../../../infra/settings/index.js';
import { settings } from './settings.js';

/** docs/configuration.md, made from the table the app reads its environment by. */
export function configurationReference(): string {
  return settingsReference(
    'Configuration of the clearing app',
    'apps/clearing/src/config/settings.ts',
    settings,
    [
      'Keys: 16 to 256 printable characters, each given to one role only. A role without a key is',
      'closed.',
    ],
  );
}
