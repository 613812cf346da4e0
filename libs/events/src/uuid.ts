import { createHash } from 'node:crypto';

/** Namespace of all event ids: UUIDv5 of the URL namespace and `novate/events`. */
export const EVENT_NAMESPACE = '6cbec66b-edea-51cb-9fba-ef975cfb4e33';

const namespaces = new Map<string, Buffer>();

/** RFC 9562 UUID version 5: SHA-1 of namespace and name. The same name always has the same id. */
export function uuidV5(namespace: string, name: string): string {
  let prefix = namespaces.get(namespace);
  if (prefix === undefined) {
    prefix = Buffer.from(namespace.replaceAll('-', ''), 'hex');
    namespaces.set(namespace, prefix);
  }
  const hash = createHash('sha1').update(prefix).update(name).digest();
  hash[6] = (hash[6]! & 0x0f) | 0x50;
  hash[8] = (hash[8]! & 0x3f) | 0x80;
  const hex = hash.toString('hex', 0, 16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
