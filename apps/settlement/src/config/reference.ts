import { settingsReference } from '../../../../infra/settings/index.js';
import { cosignSettings } from './cosign-settings.js';
import { settlementSettings } from './settings.js';

const NOTE = [
  'Keys of APIs: 16 to 256 printable characters. A signer is a keystore with its password, or a remote signer with its address.',
];

/** References of what the settlement service and its co-signers read, by file under the project's root. */
export function configurationReferences(): ReadonlyMap<string, string> {
  return new Map([
    [
      'docs/configuration-settlement.md',
      settingsReference(
        'Configuration of the settlement service',
        'apps/settlement/src/config/settings.ts',
        settlementSettings,
        NOTE,
      ),
    ],
    [
      'docs/configuration-cosigner.md',
      settingsReference(
        'Configuration of a co-signer',
        'apps/settlement/src/config/cosign-settings.ts',
        cosignSettings,
        NOTE,
      ),
    ],
  ]);
}
