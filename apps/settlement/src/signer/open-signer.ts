import type { KeyPlace } from '../config/index.js';
import { fileSigner } from './file-signer.js';
import { remoteSigner } from './remote-signer.js';
import type { SignerPort } from './signer-port.js';

/** Opens the key the configuration names. */
export function openSigner(place: KeyPlace): Promise<SignerPort> {
  if ('keystore' in place) return fileSigner(place.keystore, place.password);
  return Promise.resolve(remoteSigner(place));
}
