import { type Hex, hexToBigInt, numberToHex, recoverAddress } from 'viem';
import { SettlementRefused } from '../codes.js';

/** Order of secp256k1's group, SEC 2 section 2.4.1. */
const GROUP_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

/**
 * What a key service answered, as contracts take it: s in the lower half, the v that recovers this address. Services
 * leave v out, count it from 0, and give either s; none of that says whose signature it is.
 * @throws SettlementRefused where it is no signature of this digest by this address.
 */
export async function normalise(signature: string, digest: Hex, address: Hex): Promise<Hex> {
  if (!/^0x([0-9a-f]{128}|[0-9a-f]{130})$/i.test(signature)) {
    throw new SettlementRefused('SIGNER_ANSWER', 'signature', 'it is not 64 or 65 bytes');
  }
  const r = hexToBigInt(`0x${signature.slice(2, 66)}`);
  const s = hexToBigInt(`0x${signature.slice(66, 130)}`);
  if (r === 0n || r >= GROUP_ORDER || s === 0n || s >= GROUP_ORDER) {
    throw new SettlementRefused('SIGNER_ANSWER', 'signature', 'r or s is out of range');
  }
  const low = s > GROUP_ORDER / 2n ? GROUP_ORDER - s : s;
  const body = `${numberToHex(r, { size: 32 })}${numberToHex(low, { size: 32 }).slice(2)}` as const;
  for (const v of ['1b', '1c'] as const) {
    const candidate = `${body}${v}` as const;
    const signer = await recoverAddress({ hash: digest, signature: candidate }).catch(() => '');
    if (signer.toLowerCase() === address) return candidate;
  }
  throw new SettlementRefused('SIGNER_WRONG_KEY', 'signature', `it is not ${address}'s`);
}
