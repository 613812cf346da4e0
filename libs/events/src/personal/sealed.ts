import { createCipheriv, createDecipheriv, createHmac, hkdfSync } from 'node:crypto';
import { canonicalJson } from '../canonical.js';

/**
 * Sealed text: a personal field as it stands in an event, in place of the plain text.
 *
 *     sealed/1/<subject>/<key number>/<box>
 *
 * `subject` is whose data it is (`member:M01`), `key number` which of its data keys sealed it (1, 2, ...). `box` is base64url
 * without padding of nonce (12 bytes), ciphertext and tag (16 bytes) of AES-256-GCM (NIST SP 800-38D).
 *
 * Plain text: UTF-8, one byte 0x80, then zero bytes up to a multiple of 64 bytes (ISO/IEC 7816-4), so that its length tells
 * little. Associated data: the canonical JSON of [`novate/sealed/1`, subject, key number, event type, field, id of the
 * fact]: sealed text moved to another fact, field or subject does not open.
 *
 * Two keys come out of the 32-byte data key by HKDF-SHA-256 (RFC 5869) without salt, infos `novate/sealed/1/encrypt` and
 * `novate/sealed/1/nonce`. The nonce is the first 12 bytes of HMAC-SHA-256 under the second, over the length of the
 * associated data (8 bytes, big-endian), the associated data and the padded text: a synthetic nonce (as SIV, RFC 5297). So the
 * same fact always seals to the same bytes, a retry included, and a nonce comes twice only for the same text at the same place or
 * with probability 2^-96 per pair of sealings, of which a subject has few. What it tells: that two equal sealings are equal.
 */
export interface Sealed {
  readonly subject: string;
  readonly key: number;
  readonly box: Buffer;
}

/** The one place a sealed text belongs to. */
export interface SealedPlace {
  readonly type: string;
  readonly field: string;
  /** Id of the fact: member of a registration, withdrawal of a request. */
  readonly id: string;
}

/** Sealed text that does not open: of another place or key, or changed since it was sealed. */
export class SealBroken extends Error {
  override readonly name = 'SealBroken';
  constructor({ type, field, id }: SealedPlace) {
    super(`${type} ${id}: its field ${field} does not open with its key: it was changed, or moved`);
  }
}

const FORMAT = 'novate/sealed/1';
const SEALED = /^sealed\/1\/([a-z]+:[A-Za-z0-9._-]{1,64})\/([1-9]\d{0,8})\/([A-Za-z0-9_-]{123,})$/;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const PADDED = 64;
const END = 0x80;

/** Takes sealed text apart; undefined where it is plain text. */
export function parseSealed(text: string): Sealed | undefined {
  const match = SEALED.exec(text);
  if (match === null) return undefined;
  const [, subject = '', key = '', box = ''] = match;
  return { subject, key: Number(key), box: Buffer.from(box, 'base64url') };
}

/**
 * Seals a text under a subject's data key.
 * @param dataKey 32 bytes
 */
export function sealText(
  text: string,
  place: SealedPlace,
  { subject, key }: Pick<Sealed, 'subject' | 'key'>,
  dataKey: Uint8Array,
): string {
  const plain = padded(text);
  const about = aboutOf(place, subject, key);
  const nonce = nonceOf(dataKey, about, plain);
  const cipher = createCipheriv('aes-256-gcm', derived(dataKey, 'encrypt'), nonce).setAAD(about);
  const box = Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  return `sealed/1/${subject}/${key}/${box.toString('base64url')}`;
}

/** The plain text of sealed text; throws SealBroken where it is not what was sealed for this place. */
export function openText(
  { subject, key, box }: Sealed,
  place: SealedPlace,
  dataKey: Uint8Array,
): string {
  const nonce = box.subarray(0, NONCE_BYTES);
  const about = aboutOf(place, subject, key);
  try {
    const options = { authTagLength: TAG_BYTES };
    const decipher = createDecipheriv(
      'aes-256-gcm',
      derived(dataKey, 'encrypt'),
      nonce,
      options,
    ).setAAD(about);
    decipher.setAuthTag(box.subarray(box.length - TAG_BYTES));
    const inner = box.subarray(NONCE_BYTES, box.length - TAG_BYTES);
    return unpadded(Buffer.concat([decipher.update(inner), decipher.final()]));
  } catch {
    // The cipher's own words tell nothing more, and must not differ by what is wrong.
    throw new SealBroken(place);
  }
}

function derived(dataKey: Uint8Array, use: 'encrypt' | 'nonce'): Uint8Array {
  if (dataKey.byteLength !== 32) throw new RangeError('a data key has 32 bytes');
  return new Uint8Array(hkdfSync('sha256', dataKey, '', `${FORMAT}/${use}`, 32));
}

function aboutOf({ type, field, id }: SealedPlace, subject: string, key: number): Buffer {
  return Buffer.from(canonicalJson([FORMAT, subject, key, type, field, id]), 'utf8');
}

function nonceOf(dataKey: Uint8Array, about: Buffer, plain: Buffer): Buffer {
  const length = Buffer.alloc(8);
  length.writeBigUInt64BE(BigInt(about.byteLength));
  const hmac = createHmac('sha256', derived(dataKey, 'nonce')).update(length).update(about);
  return hmac.update(plain).digest().subarray(0, NONCE_BYTES);
}

function padded(text: string): Buffer {
  const bytes = Buffer.byteLength(text, 'utf8');
  const out = Buffer.alloc(Math.ceil((bytes + 1) / PADDED) * PADDED);
  out.write(text, 'utf8');
  out[bytes] = END;
  return out;
}

function unpadded(padded: Buffer): string {
  return padded.subarray(0, padded.lastIndexOf(END)).toString('utf8');
}
