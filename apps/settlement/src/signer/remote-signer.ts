import { request as requestPlain } from 'node:http';
import { request as requestTls } from 'node:https';
import { type Hex, isHash } from 'viem';
import { SettlementRefused } from '../codes.js';
import { normalise } from './signature.js';
import { signerOf, type SignerPort } from './signer-port.js';

export interface RemoteSignerOptions {
  /** Where to post to. */
  readonly url: string;
  /** The address of the key to use; every answer is checked against it. */
  readonly address: Hex;
  /** Sent as `authorization: Bearer`; never logged. */
  readonly token?: string;
  /** Client certificate, its key and the signer's authority, PEM. */
  readonly tls?: { readonly cert?: string; readonly key?: string; readonly ca?: string };
  /** Milliseconds; 5,000 unless given. */
  readonly timeoutMs?: number;
}

const MAX_ANSWER_BYTES = 4_096;

/**
 * A signer behind HTTP: `POST {"address", "digest"}`, answered by `{"signature"}` of r, s and perhaps v. It may hold its key
 * in hardware or at a cloud; it is trusted for nothing, since an answer that is no signature of the address is refused.
 */
export function remoteSigner(options: RemoteSignerOptions): SignerPort {
  const address = options.address.toLowerCase() as Hex;
  return signerOf(address, async (digest) => {
    if (!isHash(digest))
      throw new SettlementRefused('SIGNER_ANSWER', 'digest', 'it is not 32 bytes');
    const { status, body } = await post(options, JSON.stringify({ address, digest }));
    if (status === 401 || status === 403) {
      throw new SettlementRefused('SIGNER_REFUSED', 'signer', `it answers ${status}`);
    }
    if (status !== 200) throw unavailable(`it answers ${status}`);
    return normalise(signatureIn(body), digest, address);
  });
}

function signatureIn(body: string): string {
  try {
    const answer: unknown = JSON.parse(body);
    if (typeof answer === 'object' && answer !== null && 'signature' in answer) {
      return String(answer.signature);
    }
  } catch {
    // Said below: what was answered is not quoted, it may be anything.
  }
  throw new SettlementRefused('SIGNER_ANSWER', 'signature', 'there is none in the answer');
}

function post(
  { url, token, tls, timeoutMs = 5_000 }: RemoteSignerOptions,
  json: string,
): Promise<{ status: number; body: string }> {
  const target = new URL(url);
  const request = target.protocol === 'https:' ? requestTls : requestPlain;
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => reject(unavailable(error.message));
    const headers = {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(json),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    };
    const signal = AbortSignal.timeout(timeoutMs);
    const asked = request(target, { ...tls, method: 'POST', headers, signal }, (answer) => {
      let body = '';
      answer.setEncoding('utf8');
      answer.on('error', fail);
      answer.on('data', (part: string) => {
        body += part;
        if (body.length > MAX_ANSWER_BYTES) answer.destroy(new Error('its answer is too long'));
      });
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body }));
    });
    asked.on('error', fail);
    asked.end(json);
  });
}

function unavailable(reason: string): SettlementRefused {
  return new SettlementRefused('SIGNER_UNAVAILABLE', 'signer', reason);
}
