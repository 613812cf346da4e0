import { randomBytes } from 'node:crypto';
import { type KeyName, nameOf, type SubjectKeys } from '../../personal/vault.js';

/** A key store that ends with its process. */
export function memoryKeys(draw: () => Uint8Array = () => randomBytes(32)): SubjectKeys {
  const keys = new Map<string, Uint8Array | 'destroyed'>();
  const made = new Map<string, number>();
  let obeyed = 0;
  const isLive = (name: KeyName): boolean => keys.get(nameOf(name)) instanceof Uint8Array;
  const latest = (subject: string): KeyName => ({ subject, key: made.get(subject) ?? 0 });
  return {
    async current(subject) {
      let name = latest(subject);
      if (!isLive(name)) {
        name = { subject, key: name.key + 1 };
        made.set(subject, name.key);
        keys.set(nameOf(name), draw());
      }
      return { ...name, secret: keys.get(nameOf(name)) as Uint8Array };
    },
    async live(subject) {
      const name = latest(subject);
      return isLive(name) ? name.key : 0;
    },
    async find(names) {
      const found = new Map<string, Uint8Array | 'destroyed'>();
      for (const name of names) {
        const key = keys.get(nameOf(name));
        if (key !== undefined) found.set(nameOf(name), key);
      }
      return found;
    },
    async destroy(subject, through) {
      let destroyed = 0;
      for (let key = 1; key <= Math.min(through, latest(subject).key); key += 1) {
        if (!isLive({ subject, key })) continue;
        keys.set(nameOf({ subject, key }), 'destroyed');
        destroyed += 1;
      }
      return destroyed;
    },
    obeyed: async () => obeyed,
    async setObeyed(events) {
      obeyed = events;
    },
    close: async () => undefined,
  };
}
