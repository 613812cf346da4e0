import { createCipheriv, createDecipheriv, randomBytes, scrypt } from 'node:crypto';
import { promisify } from 'node:util';
import { bytesToHex, type Hex } from 'viem';
import { privateKeyToAddress } from 'viem/accounts';
import { SettlementRefused } from '../codes.js';

/** A private key under a password: scrypt makes the key that AES-256-GCM encrypts it with. All bytes are hexadecimal. */
export interface Keystore {
  readonly version: 1;
  /** Lower case; what the key must come to, and part of what is authenticated. */
  readonly address: Hex;
  readonly scrypt: {
    readonly n: number;
    readonly r: number;
    readonly p: number;
    readonly salt: string;
  };
  readonly aes256gcm: { readonly iv: string; readonly text: string; readonly tag: string };
}

/** Cost of one guess of the password: 128 MiB and a few hundred milliseconds. */
export const SCRYPT = { n: 2 ** 17, r: 8, p: 1 } as const;
/** A file asks for no more memory than this, whoever wrote it. */
const MAX_MEMORY = 512 * 2 ** 20;

type Cost = Pick<Keystore['scrypt'], 'n' | 'r' | 'p'>;
const derive = promisify<string, Uint8Array, number, object, Buffer>(scrypt);

/** Encrypts a private key. The cost is for tests that open many. */
export async function encryptKey(
  key: Hex,
  password: string,
  cost: Cost = SCRYPT,
): Promise<Keystore> {
  const address = privateKeyToAddress(key).toLowerCase() as Hex;
  const salt = randomBytes(32);
  const iv = randomBytes(12);
  const head = { version: 1, address, scrypt: { ...cost, salt: salt.toString('hex') } } as const;
  const cipher = createCipheriv('aes-256-gcm', await keyOf(head.scrypt, password), iv);
  cipher.setAAD(Buffer.from(JSON.stringify(head)));
  const text = Buffer.concat([cipher.update(Buffer.from(key.slice(2), 'hex')), cipher.final()]);
  const aes256gcm = {
    iv: iv.toString('hex'),
    text: text.toString('hex'),
    tag: cipher.getAuthTag().toString('hex'),
  };
  return { ...head, aes256gcm };
}

/**
 * The private key of a keystore.
 * @throws SettlementRefused for a wrong password, which cannot be told from an altered file.
 */
export async function decryptKey(keystore: Keystore, password: string): Promise<Hex> {
  const { version, address, aes256gcm } = keystore;
  const { n, r, p, salt } = keystore.scrypt;
  const head = { version, address, scrypt: { n, r, p, salt } };
  const iv = Buffer.from(aes256gcm.iv, 'hex');
  const key = await keyOf(head.scrypt, password);
  const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: 16 });
  decipher.setAAD(Buffer.from(JSON.stringify(head)));
  decipher.setAuthTag(Buffer.from(aes256gcm.tag, 'hex'));
  try {
    const text = Buffer.from(aes256gcm.text, 'hex');
    return bytesToHex(Buffer.concat([decipher.update(text), decipher.final()]));
  } catch {
    const reason = `the password does not open the key of ${address}`;
    throw new SettlementRefused('KEYSTORE_PASSWORD', 'password', reason);
  }
}

/**
 * Reads a keystore's JSON; nothing of it is quoted in an error.
 * @throws SettlementRefused where it is none of version 1, or asks for too much memory.
 */
export function parseKeystore(json: string): Keystore {
  try {
    return checked(JSON.parse(json) as Loose);
  } catch (error) {
    if (error instanceof SettlementRefused) throw error;
    throw invalid('it is no JSON');
  }
}

/** What a file may hold in the places we read. */
interface Loose {
  readonly version?: unknown;
  readonly address?: unknown;
  readonly scrypt?: Readonly<Record<'n' | 'r' | 'p' | 'salt', unknown>>;
  readonly aes256gcm?: Readonly<Record<'iv' | 'text' | 'tag', unknown>>;
}

function checked({ version, address, scrypt: cost, aes256gcm: sealed }: Loose): Keystore {
  if (version !== 1) throw invalid('its version is not 1');
  if (typeof address !== 'string' || !/^0x[0-9a-f]{40}$/.test(address)) throw invalid('address');
  if (cost === undefined || sealed === undefined) throw invalid('it holds no encrypted key');
  const n = whole(cost.n);
  const r = whole(cost.r);
  const p = whole(cost.p);
  if (128 * n * r > MAX_MEMORY || p > 16 || n < 2 || (n & (n - 1)) !== 0) throw invalid('scrypt');
  return {
    version,
    address: address as Hex,
    scrypt: { n, r, p, salt: bytes(cost.salt, 32) },
    aes256gcm: {
      iv: bytes(sealed.iv, 12),
      text: bytes(sealed.text, 32),
      tag: bytes(sealed.tag, 16),
    },
  };
}

function whole(value: unknown): number {
  if (typeof value === 'number' && Number.isInteger(value) && value > 0) return value;
  throw invalid('scrypt');
}

function bytes(value: unknown, length: number): string {
  const isHex = typeof value === 'string' && /^[0-9a-f]*$/.test(value);
  if (isHex && value.length === 2 * length) return value;
  throw invalid(`${length} bytes are missing or of another length`);
}

function invalid(reason: string): SettlementRefused {
  return new SettlementRefused('KEYSTORE_INVALID', 'keystore', reason);
}

function keyOf({ n, r, p, salt }: Keystore['scrypt'], password: string): Promise<Buffer> {
  // The same password typed on another keyboard has the same bytes.
  const text = password.normalize('NFKC');
  const options = { N: n, r, p, maxmem: MAX_MEMORY + 2 ** 20 };
  return derive(text, Buffer.from(salt, 'hex'), 32, options);
}
