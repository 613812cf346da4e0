import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** A Java program of version 17 or later, or why there is none. */
export function findJava(): { readonly java: string; readonly version: string } | string {
  const home = process.env['JAVA_HOME'];
  let found: string | undefined;
  for (const java of [...(home === undefined ? [] : [join(home, 'bin', 'java')]), 'java']) {
    const { stderr } = spawnSync(java, ['-version'], { encoding: 'utf8' });
    const version = /version "(\d+)[^"]*"/.exec(stderr ?? '');
    if (version === null) continue;
    if (Number(version[1]) >= 17) return { java, version: version[1] ?? '' };
    found ??= version[1];
  }
  return found === undefined ? 'no Java found, 17 is needed' : `Java ${found} is below 17`;
}
