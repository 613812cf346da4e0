import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import { type KeyName, nameOf } from '../../../personal/vault.js';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** A wrapped key that the master key does not open: another master key, or bytes that were changed. */
export class WrapBroken extends Error {
  override readonly name = 'WrapBroken';
  constructor(name: KeyName) {
    super(`data key ${name.key} of ${name.subject} does not open with NOVATE_PERSONAL_KEY`);
  }
}

const aboutOf = (name: KeyName): Buffer => Buffer.from(`novate/wrap/1/${nameOf(name)}`, 'utf8');

/** A data key under the master key: nonce (12 random bytes), ciphertext, tag (16) of AES-256-GCM, bound to the key's name. */
export function wrapKey(master: Uint8Array, name: KeyName, secret: Uint8Array): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', master, nonce).setAAD(aboutOf(name));
  return Buffer.concat([nonce, cipher.update(secret), cipher.final(), cipher.getAuthTag()]);
}

export function unwrapKey(master: Uint8Array, name: KeyName, wrapped: Buffer): Uint8Array {
  try {
    const options = { authTagLength: TAG_BYTES };
    const nonce = wrapped.subarray(0, NONCE_BYTES);
    const decipher = createDecipheriv('aes-256-gcm', master, nonce, options).setAAD(aboutOf(name));
    decipher.setAuthTag(wrapped.subarray(wrapped.length - TAG_BYTES));
    const inner = wrapped.subarray(NONCE_BYTES, wrapped.length - TAG_BYTES);
    return Buffer.concat([decipher.update(inner), decipher.final()]);
  } catch {
    throw new WrapBroken(name);
  }
}

/** What a vault keeps of its master key: enough to tell another one, nothing to find it by. */
export function masterCheck(master: Uint8Array): Buffer {
  return createHmac('sha256', master).update('novate/vault/1').digest();
}
