import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { type Hex, keccak256, numberToHex } from 'viem';
import { privateKeyToAddress } from 'viem/accounts';
import { remoteSigner, type RemoteSignerOptions } from './index.js';
import { KEY, signerContract } from './signer.contract.js';
import { type Answering, honest, httpSigner } from './testing/http-signer.js';

const ADDRESS = privateKeyToAddress(KEY).toLowerCase() as Hex;
const DIGEST = keccak256('0x01');
const ORDER = BigInt('0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141');

const answer = (signature: string): ReturnType<Answering> => [200, JSON.stringify({ signature })];
/** The other s that the same key could have signed with. */
const high = (signature: Hex): Hex => {
  const s = ORDER - BigInt(`0x${signature.slice(66, 130)}`);
  const v = signature.endsWith('1b') ? '1c' : '1b';
  return `${signature.slice(0, 66)}${numberToHex(s, { size: 32 }).slice(2)}${v}` as Hex;
};

/** Asks a signer that answers like this for one signature. */
async function ask(answering: Answering, options: Partial<RemoteSignerOptions> = {}): Promise<Hex> {
  const server = await httpSigner(KEY, answering);
  try {
    const { url } = server;
    return await remoteSigner({ url, address: ADDRESS, ...options }).signDigest(DIGEST);
  } finally {
    await server.close();
  }
}

signerContract('a service over HTTP', async () => {
  const { url, close } = await httpSigner(KEY);
  return { signer: remoteSigner({ url, address: ADDRESS }), close };
});

describe('a signer over HTTP', () => {
  it.each<[string, Answering]>([
    ['the upper s', (signature) => answer(high(signature))],
    [
      'v counted from 0',
      (signature) => answer(signature.replace(/1b$/, '00').replace(/1c$/, '01')),
    ],
    ['no v', (signature) => answer(signature.slice(0, -2))],
    ['a wrong v', (signature) => answer(`${signature.slice(0, -2)}2d`)],
    ['capitals', (signature) => answer(`0x${signature.slice(2).toUpperCase()}`)],
  ])('may answer with %s: the signature is the same', async (_what, answering) => {
    expect(await ask(answering)).toBe(await ask(honest));
  });

  it.each<[string, Answering, string]>([
    ['that asks who we are', () => [401, ''], '8406_SIGNER_REFUSED'],
    ['that fails', () => [500, 'secret'], '8405_SIGNER_UNAVAILABLE'],
    ['that never answers', () => undefined, '8405_SIGNER_UNAVAILABLE'],
    ['that answers no JSON', () => [200, '<html>'], '8407_SIGNER_ANSWER'],
    ['that answers without a signature', () => [200, '{}'], '8407_SIGNER_ANSWER'],
    ['that answers half a signature', (s) => answer(s.slice(0, 60)), '8407_SIGNER_ANSWER'],
    ['that answers zeroes', () => answer(`0x${'00'.repeat(65)}`), '8407_SIGNER_ANSWER'],
    ['that answers without end', () => [200, 'x'.repeat(100_000)], '8405_SIGNER_UNAVAILABLE'],
    ['of another digest', (s) => answer(s.replace(/^0x../, '0x01')), '8408_SIGNER_WRONG_KEY'],
  ])('%s has not signed', async (_what, answering, code) => {
    const error = await ask(answering, { timeoutMs: 200 }).catch((e: Error) => e);
    expect(String(error)).toContain(code);
    expect(String(error)).not.toContain('secret');
  });

  it('with another key than configured has not signed', async () => {
    const address = privateKeyToAddress(DIGEST);
    await expect(ask(honest, { address })).rejects.toThrow('8408_SIGNER_WRONG_KEY');
  });

  it('that is not there has not signed', async () => {
    const server = await httpSigner(KEY);
    await server.close();
    const signer = remoteSigner({ url: server.url, address: ADDRESS });
    await expect(signer.signDigest(DIGEST)).rejects.toThrow('8405_SIGNER_UNAVAILABLE');
  });

  it('is sent the token', async () => {
    const server = await httpSigner(KEY);
    await remoteSigner({ url: server.url, address: ADDRESS, token: 't0k' }).signDigest(DIGEST);
    expect(server.headers.authorization).toBe('Bearer t0k');
    await server.close();
  });

  const hasOpenssl = spawnSync('openssl', ['version']).status === 0;
  const itWithOpenssl = hasOpenssl ? it : it.skip;
  itWithOpenssl('is shown a certificate and has to show one (needs openssl)', async () => {
    const ours = await certificate();
    const theirs = await certificate();
    const mutual = { ...theirs, ca: ours.cert, requestCert: true, rejectUnauthorized: true };
    const server = await httpSigner(KEY, honest, mutual);
    const signed = (tls: RemoteSignerOptions['tls'] & object): Promise<Hex> =>
      remoteSigner({ url: server.url, address: ADDRESS, tls }).signDigest(DIGEST);
    try {
      expect(await signed({ ...ours, ca: theirs.cert })).toBe(await ask(honest));
      await expect(signed({ ca: theirs.cert })).rejects.toThrow('8405_SIGNER_UNAVAILABLE');
      await expect(signed({ ...ours, ca: ours.cert })).rejects.toThrow('8405_SIGNER_UNAVAILABLE');
    } finally {
      await server.close();
    }
  });
});

/** A certificate that vouches for itself, made by openssl. */
async function certificate(): Promise<{ cert: string; key: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'novate-tls-'));
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  try {
    await promisify(execFile)('openssl', [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
      ...['-subj', '/CN=signer', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2'],
      ...['-keyout', key, '-out', cert],
    ]);
    return { cert: await readFile(cert, 'utf8'), key: await readFile(key, 'utf8') };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
