import { hash } from 'node:crypto';

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
  const hex = hash('sha1', Buffer.concat([prefix, Buffer.from(name)]), 'hex');
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
