import { spawnSync } from 'node:child_process';
import { chownSync } from 'node:fs';

/** A user of this machine, by number. */
export interface User {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

const id = (flag: string, name: string): number =>
  Number.parseInt(spawnSync('id', [flag, name], { encoding: 'utf8' }).stdout, 10);

/**
 * Whom Postgres runs as, since it refuses to run as root: `postgres` if there is one, else `nobody`, which every
 * Unix has, so that no account has to be created. `undefined` when we are not root.
 */
export function unprivilegedUser(): User | undefined {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ['postgres', 'nobody']) {
    const user = { name, uid: id('-u', name), gid: id('-g', name) };
    if (Number.isInteger(user.uid) && Number.isInteger(user.gid)) return user;
  }
  throw new Error("Postgres refuses to run as root and there is no user 'postgres' or 'nobody'");
}

/** Gives a file or folder to `user`, if there is one to give it to. */
export function giveTo(user: User | undefined, path: string): void {
  if (user !== undefined) chownSync(path, user.uid, user.gid);
}
