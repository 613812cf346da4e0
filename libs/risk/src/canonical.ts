import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js';
import canonicalize from 'canonicalize';

/** RFC 8785 canonical JSON. Throws for what JSON cannot hold. */
export function canonicalJson(value: unknown): string {
  const text = (canonicalize as unknown as (v: unknown) => string | undefined)(value);
  if (text === undefined) throw new TypeError('value has no canonical JSON');
  return text;
}

/** Lower-case hex SHA-256 of a text's UTF-8 bytes. */
export function hashText(text: string): string {
  return bytesToHex(sha256(utf8ToBytes(text)));
}

/** Lower-case hex SHA-256 of a document's canonical JSON. */
export function hashDocument(document: unknown): string {
  return hashText(canonicalJson(document));
}

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

/** Merkle tree hash of RFC 9162, 2.1.1, over the leaves' bytes; hex. Of no leaf: SHA-256 of nothing. */
export function merkleRoot(leaves: readonly Uint8Array[]): string {
  if (leaves.length === 0) return bytesToHex(sha256(new Uint8Array()));
  return bytesToHex(subtree(leaves.map((leaf) => sha256(concatBytes(LEAF, leaf)))));
}

function subtree(hashes: readonly Uint8Array[]): Uint8Array {
  const [only] = hashes;
  if (hashes.length === 1 && only) return only;
  let split = 1;
  while (split * 2 < hashes.length) split *= 2;
  return sha256(concatBytes(NODE, subtree(hashes.slice(0, split)), subtree(hashes.slice(split))));
}

/** The same over texts in UTF-8. */
export function merkleRootOfTexts(leaves: readonly string[]): string {
  return merkleRoot(leaves.map((leaf) => utf8ToBytes(leaf)));
}

/** The same over hashes given in hex, as 32 bytes each. */
export function merkleRootOfHashes(leaves: readonly string[]): string {
  return merkleRoot(leaves.map((leaf) => hexToBytes(leaf)));
}
