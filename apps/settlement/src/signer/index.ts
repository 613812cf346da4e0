/** Where keys are: an encrypted file, or a service that signs over HTTP. */
export { fileSigner, writeKeystore } from './file-signer.js';
export { remoteSigner, type RemoteSignerOptions } from './remote-signer.js';
export { normalise } from './signature.js';
export type { SignerPort } from './signer-port.js';
