import { createHash, timingSafeEqual } from 'node:crypto';
import type { Principal } from './principal.js';

interface HashedKey {
  readonly principal: Principal;
  readonly digest: Buffer;
}

const digestOf = (key: string) => createHash('sha256').update(key).digest();

/**
 * The API keys of one process. Only their SHA-256 is kept, and a lookup compares with every key in
 * constant time, so neither memory nor timing gives a key away.
 */
export class KeyRing {
  private readonly keys: readonly HashedKey[];

  constructor(entries: readonly { readonly principal: Principal; readonly key: string }[]) {
    this.keys = entries.map(({ principal, key }) => ({ principal, digest: digestOf(key) }));
  }

  /** Whose key `token` is, undefined when nobody's. */
  identify(token: string): Principal | undefined {
    const digest = digestOf(token);
    let found: Principal | undefined;
    for (const key of this.keys) if (timingSafeEqual(key.digest, digest)) found ??= key.principal;
    return found;
  }

  /** Reads `Authorization: Bearer <key>`. */
  fromHeader(authorization: string | undefined): Principal | undefined {
    const token = /^Bearer ([\x21-\x7e]{1,512})$/.exec(authorization ?? '')?.[1];
    return token === undefined ? undefined : this.identify(token);
  }
}
