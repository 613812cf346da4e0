import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { writeKeystore } from '../../../settlement/src/signer/index.js';
import { SettlementRefused } from '../../../settlement/src/codes.js';
import { CliError, ExitCode } from '../terminal/exit.js';

export interface KeystoreOptions {
  readonly out: string;
  /** Take the key from standard input, 0x and 64 hex digits, instead of drawing one. */
  readonly import?: boolean;
  readonly json?: boolean;
}

const KEY = /^0x[0-9a-f]{64}$/;

/** `novate keystore`: an encrypted file with a key of the submitter or of a co-signer. Prints its address, never the key. */
export async function runKeystore({ out, import: given, json }: KeystoreOptions): Promise<number> {
  const password = process.env['NOVATE_KEYSTORE_PASSWORD'];
  if (!password) {
    throw new CliError(
      'NOVATE_KEYSTORE_PASSWORD is not set, so there is nothing to encrypt the key with',
      ExitCode.usage,
      'read -rs NOVATE_KEYSTORE_PASSWORD && export NOVATE_KEYSTORE_PASSWORD',
    );
  }
  const key =
    given === true ? readFileSync(0, 'utf8').trim() : `0x${randomBytes(32).toString('hex')}`;
  if (!KEY.test(key)) {
    throw new CliError('standard input is no key', ExitCode.usage, 'give 0x and 64 hex digits.');
  }
  try {
    const address = await writeKeystore(out, key as `0x${string}`, password);
    process.stdout.write(
      json === true ? `${JSON.stringify({ address, keystore: out })}\n` : `${address} in ${out}\n`,
    );
    return ExitCode.ok;
  } catch (error) {
    if (!(error instanceof SettlementRefused)) throw error;
    throw new CliError(error.message, ExitCode.usage, error.fix);
  }
}
