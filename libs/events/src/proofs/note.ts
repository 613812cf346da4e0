import { createHash, createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { ProofRefused } from './errors.js';

/**
 * Signed notes after C2SP signed-note (c2sp.org/signed-note), as Go's sumdb writes them: a text that ends in a newline, an
 * empty line, and one line `\u2014 <key name> <base64 of key id and signature>` per signature. Only Ed25519 (type 0x01).
 */

/** A public key with its name. `id` is the first 4 bytes of SHA-256(name, 0x0A, 0x01, public key), hex. */
export interface VerifierKey {
  readonly name: string;
  readonly id: string;
  /** Ed25519, 32 bytes, hex. */
  readonly publicKey: string;
}

/** A key that signs. Its private part stays inside. */
export interface SigningKey {
  readonly verifier: VerifierKey;
  sign(text: string): Uint8Array;
}

export interface OpenedNote {
  readonly text: string;
  /** The known keys whose signature holds, in the order of their lines. At least one. */
  readonly signers: readonly VerifierKey[];
}

const ED25519 = 0x01;
const KEY_NAME = /^[^\s+\p{Z}\p{Cc}]{1,255}$/u;
const DASH = '\u2014';
/** Signatures of others (witnesses) are passed over; more of them than this is no note. */
const MAX_SIGNATURES = 64;
/** DER of an Ed25519 key up to the 32 bytes of the key itself (RFC 8410). */
const PUBLIC_DER = Buffer.from('302a300506032b6570032100', 'hex');
const PRIVATE_DER = Buffer.from('302e020100300506032b657004220420', 'hex');

/** @throws ProofRefused for a name with a space, a plus or a control character, or a key that is not 32 bytes of hex. */
export function verifierKey(name: string, publicKey: string): VerifierKey {
  if (!KEY_NAME.test(name)) throw new ProofRefused('key name', 'is empty or holds space or plus');
  if (!/^[0-9a-f]{64}$/.test(publicKey)) throw new ProofRefused('key', 'is not 32 bytes of hex');
  const hash = createHash('sha256').update(`${name}\n`).update(Uint8Array.of(ED25519));
  const id = hash.update(publicKey, 'hex').digest('hex').slice(0, 8);
  return { name, id, publicKey };
}

/** `<name>+<id>+<base64 of 0x01 and the key>`: how a verifier's key is written down and handed over. */
export function formatVerifierKey({ name, id, publicKey }: VerifierKey): string {
  return `${name}+${id}+${typed(publicKey)}`;
}

export function parseVerifierKey(text: string): VerifierKey {
  const [, name = '', id, key = ''] = /^([^+]+)\+([0-9a-f]{8})\+(\S+)$/.exec(text.trim()) ?? [];
  const parsed = verifierKey(name, untyped(key, 'verifier key'));
  if (parsed.id !== id) throw new ProofRefused('verifier key', `has id ${parsed.id}, says ${id}`);
  return parsed;
}

/** Reads `PRIVATE+KEY+<name>+<id>+<base64 of 0x01 and the 32-byte seed>`. The error never shows the key. */
export function parseSigningKey(text: string): SigningKey {
  const pattern = /^PRIVATE\+KEY\+([^+]+)\+([0-9a-f]{8})\+(\S+)$/;
  const [, name = '', id, key = ''] = pattern.exec(text.trim()) ?? [];
  const made = signingKey(name, untyped(key, 'signing key'));
  if (made.verifier.id !== id) throw new ProofRefused('signing key', 'its id is another key’s');
  return made;
}

/**
 * A signing key from its seed.
 * @param seed 32 bytes, hex
 */
export function signingKey(name: string, seed: string): SigningKey {
  const der = Buffer.concat([PRIVATE_DER, Buffer.from(seed, 'hex')]);
  const secret = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const spki = createPublicKey(secret).export({ format: 'der', type: 'spki' });
  const publicKey = spki.subarray(PUBLIC_DER.length).toString('hex');
  const verifier = verifierKey(name, publicKey);
  return { verifier, sign: (message) => sign(null, Buffer.from(message, 'utf8'), secret) };
}

/** The line `parseSigningKey` reads, from name and seed. */
export function formatSigningKey(name: string, seed: string): string {
  const { id } = signingKey(name, seed).verifier;
  return `PRIVATE+KEY+${name}+${id}+${typed(seed)}`;
}

/** Signs a text with one or more keys. */
export function signNote(text: string, ...keys: readonly SigningKey[]): string {
  refuseControls(text);
  if (!text.endsWith('\n')) throw new ProofRefused('note', 'its text does not end in a newline');
  const lines = keys.map((key) => {
    const { id, name } = key.verifier;
    const bytes = Buffer.concat([Buffer.from(id, 'hex'), key.sign(text)]);
    return `${DASH} ${name} ${bytes.toString('base64')}\n`;
  });
  return `${text}\n${lines.join('')}`;
}

/**
 * The text of a note, if at least one of the keys signed it and no signature of a known key is wrong. Signatures of
 * unknown keys are passed over.
 * @throws ProofRefused naming the line, counted from 1
 */
export function openNote(note: string, keys: readonly VerifierKey[]): OpenedNote {
  refuseControls(note);
  const end = note.lastIndexOf('\n\n');
  if (end < 0) throw new ProofRefused('note', 'has no empty line before its signatures');
  if (!note.endsWith('\n')) throw new ProofRefused('note', 'does not end in a newline');
  const text = note.slice(0, end + 1);
  const lines = note.slice(end + 2, -1).split('\n');
  if (lines.length > MAX_SIGNATURES) throw new ProofRefused('note', 'has too many signatures');
  const first = text.split('\n').length + 1;
  const signers: VerifierKey[] = [];
  const seen: string[] = [];
  lines.forEach((line, i) => {
    const place = `line ${first + i}`;
    const { name, id, signature } = readSignature(line, place);
    seen.push(`${name}+${id}`);
    const key = keys.find((known) => known.name === name && known.id === id);
    if (key === undefined || signers.includes(key)) return;
    if (!verify(null, Buffer.from(text, 'utf8'), publicKeyObject(key), signature)) {
      throw new ProofRefused(place, `the signature of ${name}+${id} is wrong`);
    }
    signers.push(key);
  });
  if (signers.length > 0) return { text, signers };
  const wanted = keys.map(({ name, id }) => `${name}+${id}`).join(' or ') || 'a known key';
  throw new ProofRefused(`line ${first}`, `signed by ${seen.join(', ')}, not by ${wanted}`);
}

interface Signature {
  readonly name: string;
  readonly id: string;
  readonly signature: Uint8Array;
}

function readSignature(line: string, place: string): Signature {
  const [dash, name = '', encoded = '', ...more] = line.split(' ');
  const bytes = fromBase64(encoded);
  if (dash !== DASH || !KEY_NAME.test(name) || more.length > 0 || !bytes || bytes.length < 5) {
    throw new ProofRefused(place, 'is not a signature line');
  }
  return { name, id: bytes.subarray(0, 4).toString('hex'), signature: bytes.subarray(4) };
}

function publicKeyObject({ publicKey }: VerifierKey): KeyObject {
  const key = Buffer.concat([PUBLIC_DER, Buffer.from(publicKey, 'hex')]);
  return createPublicKey({ key, format: 'der', type: 'spki' });
}

function refuseControls(note: string): void {
  // Every control character below U+0020 but the newline, and lone surrogates, which have no UTF-8.
  if (/[^\P{Cc}\n\u007f-\u009f]|\p{Surrogate}/u.test(note)) {
    throw new ProofRefused('note', 'holds a control character or broken text');
  }
}

function typed(hex: string): string {
  return Buffer.concat([Uint8Array.of(ED25519), Buffer.from(hex, 'hex')]).toString('base64');
}

function untyped(base64: string, place: string): string {
  const bytes = fromBase64(base64);
  if (bytes?.length !== 33) throw new ProofRefused(place, 'is not a key as signed notes write it');
  if (bytes[0] !== ED25519) throw new ProofRefused(place, 'is not an Ed25519 key');
  return bytes.subarray(1).toString('hex');
}

/** Strict: what does not encode back to the same text is refused, so that a note has one spelling. */
export function fromBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}
