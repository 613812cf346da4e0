import { hash } from 'node:crypto';

/** Namespace of all event ids: UUIDv5 of the URL namespace and `novate/events`. */
export const EVENT_NAMESPACE = '6cbec66b-edea-51cb-9fba-ef975cfb4e33';

const namespaces = new Map<string, Buffer>();
const NAMESPACE_BYTES = 16;
/** Namespace and name of one id after the other: every event passes here, and names are short. */
const scratch = Buffer.alloc(1024);

function named(prefix: Buffer, name: string): Uint8Array {
  // A UTF-16 unit is three bytes of UTF-8 at most.
  if (NAMESPACE_BYTES + 3 * name.length > scratch.length) {
    return Buffer.concat([prefix, Buffer.from(name)]);
  }
  prefix.copy(scratch);
  return scratch.subarray(0, NAMESPACE_BYTES + scratch.write(name, NAMESPACE_BYTES));
}

/** RFC 9562 UUID version 5: SHA-1 of namespace and name. The same name always has the same id. */
export function uuidV5(namespace: string, name: string): string {
  let prefix = namespaces.get(namespace);
  if (prefix === undefined) {
    prefix = Buffer.from(namespace.replaceAll('-', ''), 'hex');
    namespaces.set(namespace, prefix);
  }
  const hex = hash('sha1', named(prefix, name), 'hex');
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
