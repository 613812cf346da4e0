import { open, readFile, stat } from 'node:fs/promises';
import type { Hex } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { SettlementRefused } from '../codes.js';
import { decryptKey, encryptKey, type Keystore, parseKeystore, SCRYPT } from './keystore.js';
import { signerOf, type SignerPort } from './signer-port.js';

/**
 * Writes a key to a new file that only its owner can read.
 * @throws SettlementRefused where the file exists: a key is never overwritten.
 */
export async function writeKeystore(
  path: string,
  key: Hex,
  password: string,
  cost: Pick<Keystore['scrypt'], 'n' | 'r' | 'p'> = SCRYPT,
): Promise<Hex> {
  const keystore = await encryptKey(key, password, cost);
  const file = await open(path, 'wx', 0o600).catch((error: unknown) => {
    if (!isCode(error, 'EEXIST')) throw error;
    throw new SettlementRefused('KEYSTORE_EXISTS', 'keystore', `${path} exists`);
  });
  try {
    await file.writeFile(`${JSON.stringify(keystore, undefined, 2)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  return keystore.address;
}

/**
 * A signer whose key lies in a file under a password. The key is in this process's memory from here on, and nowhere in
 * what the signer shows of itself.
 * @throws SettlementRefused, 84xx, for a file others can read, one that is no keystore, or a wrong password.
 */
export async function fileSigner(path: string, password: string): Promise<SignerPort> {
  const { mode } = await stat(path);
  // Windows has no such bits.
  if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
    const reason = `${path} has mode ${(mode & 0o777).toString(8)}`;
    throw new SettlementRefused('KEYSTORE_MODE', 'keystore', reason);
  }
  const keystore = parseKeystore(await readFile(path, 'utf8'));
  const account = privateKeyToAccount(await decryptKey(keystore, password));
  if (account.address.toLowerCase() !== keystore.address) {
    const reason = `it says ${keystore.address} and holds the key of another address`;
    throw new SettlementRefused('KEYSTORE_INVALID', 'keystore', reason);
  }
  return signerOf(keystore.address, (hash) => account.sign({ hash }));
}

function isCode(error: unknown, code: string): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}
