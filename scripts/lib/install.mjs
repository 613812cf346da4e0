import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure, root, run } from './process.mjs';

const OLDEST = [20, 19];

export function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return;
  throw new Failure(
    `Node ${process.versions.node} is too old: install ${OLDEST.join('.')} or later (https://nodejs.org)`,
  );
}

export const sha256 = (text) => createHash('sha256').update(text).digest('hex');

/** Content of a file, or nothing where there is none. */
export const readIfThere = (file) => (existsSync(file) ? readFileSync(file, 'utf8') : '');

/** `npm ci` if node_modules is missing or the lock changed since. No package's install script runs. */
export async function install() {
  const stamp = join(root, 'node_modules/.novate-lock');
  const lock = sha256(readFileSync(join(root, 'package-lock.json')));
  if (readIfThere(stamp) === lock) return;
  console.error('novate: installing dependencies (about half a minute, once)');
  await run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    stdio: ['ignore', process.stderr, process.stderr],
    shell: process.platform === 'win32',
    failure:
      'npm ci failed, see above: mend package-lock.json (npm install) or the network (npm ping)',
  });
  unlinkOtherNode();
  writeFileSync(stamp, lock);
}

/** A test runs the kernel under another Node, out of npm, whose link would stand before the machine's own in every script. */
function unlinkOtherNode() {
  for (const suffix of ['', '.cmd', '.ps1'])
    rmSync(join(root, `node_modules/.bin/node${suffix}`), { force: true });
}
