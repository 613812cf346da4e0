import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { resolvePostgres } from './postgres.js';
import { printServices } from './print.js';
import { resolveService, waysFromEnvironment } from './resolve.js';
import type { Resolved } from './types.js';

const found: Resolved = {
  name: 'kafka',
  how: 'embedded',
  detail: 'a broker',
  url: '127.0.0.1:1',
  stop: () => Promise.resolve(),
};
const no = (reason: string) => (): Promise<string> => Promise.resolve(reason);

describe('resolving a service', () => {
  const before = { ...process.env };
  beforeEach(() => {
    delete process.env['NOVATE_SERVICES'];
  });
  afterEach(() => {
    process.env = { ...before };
  });

  it('takes the first way that works', async () => {
    const attempts = {
      environment: no('not set'),
      docker: () => Promise.reject(new Error('image not found')),
      local: no('not installed'),
      embedded: () => Promise.resolve(found),
    };
    expect(await resolveService('kafka', attempts)).toBe(found);
  });

  it('is skipped with the reason of every way when none works', async () => {
    const attempts = {
      environment: no('not set'),
      docker: () => Promise.reject(new Error('image not found')),
      local: no('not installed'),
      embedded: no('no Java'),
    };
    const resolved = await resolveService('kafka', attempts);
    expect(resolved.how).toBe('skipped');
    expect(resolved.reason).toBe(
      'environment: not set; docker: image not found; local: not installed; embedded: no Java',
    );
  });

  it('tries only what NOVATE_SERVICES lists, in that order', () => {
    expect(waysFromEnvironment('embedded, docker')).toEqual(['embedded', 'docker']);
    expect(() => waysFromEnvironment('podman')).toThrow("names 'podman': use any of environment");
  });

  it('refuses a database URL that does not work instead of using another server', async () => {
    process.env['NOVATE_DATABASE_URL'] = 'postgresql://nobody@127.0.0.1:1/none';
    await expect(resolvePostgres()).rejects.toThrow('NOVATE_DATABASE_URL cannot be used');
  });

  it('prints the choice as a table', () => {
    let text = '';
    printServices([found], { write: (line: string) => (text += line) });
    expect(text).toBe('  service  from      detail\n  kafka    embedded  a broker\n');
  });
});
