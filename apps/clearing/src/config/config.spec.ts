import { describe, expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { ConfigError, readConfig, redacted } from './index.js';
import { configurationReference } from './reference.js';

const base = {
  NOVATE_DATABASE_URL: 'postgres://user:secret-word@127.0.0.1/novate',
  NOVATE_PERSONAL_KEY: Buffer.alloc(32, 7).toString('base64'),
};

describe('readConfig', () => {
  it('needs the database and the master key only, and stays on loopback', () => {
    const config = readConfig(base);
    expect(config.http).toEqual({ host: '127.0.0.1', port: 8420 });
    expect(config.kafka).toBeUndefined();
    expect(config.keys).toEqual({ custodians: [], cosigners: [], venues: [], members: [] });
  });

  it('lists every error at once', () => {
    const env = {
      NOVATE_PERSONAL_KEY: 'dG9vIHNob3J0',
      NOVATE_HTTP_PORT: '99999',
      NOVATE_KAFKA_BROKERS: 'nowhere',
      NOVATE_KEY_OPERATOR: 'short',
      NOVATE_VENUE_KEYS: 'v=0123456789abcdef,v=0123456789abcdeg',
      NOVATE_CRASH_POINT: 'somewhere',
    };
    let problems: readonly string[] = [];
    try {
      readConfig(env);
    } catch (error) {
      problems = (error as ConfigError).problems;
    }
    expect(problems.map((line) => line.split(' ')[0])).toEqual([
      'NOVATE_DATABASE_URL',
      'NOVATE_PERSONAL_KEY',
      'NOVATE_KAFKA_BROKERS',
      'NOVATE_HTTP_PORT',
      'NOVATE_KEY_OPERATOR',
      'NOVATE_VENUE_KEYS',
      'NOVATE_CRASH_POINT',
    ]);
  });

  it('refuses one key for two roles, and crash points in production', () => {
    const key = '0123456789abcdef';
    const shared = { ...base, NOVATE_KEY_OPERATOR: key, NOVATE_MEMBER_KEYS: `M01=${key}` };
    expect(() => readConfig(shared)).toThrow('NOVATE_KEY_OPERATOR and member M01');
    const crash = { ...base, NOVATE_CRASH_POINT: 'after-append', NODE_ENV: 'production' };
    expect(() => readConfig(crash)).toThrow('refused in production');
  });

  it('keeps the journal where it is told, and refuses what cannot keep one', () => {
    expect(readConfig(base).journal).toBe(base.NOVATE_DATABASE_URL);
    const chosen = { ...base, NOVATE_JOURNAL: 'eventstoredb' };
    expect(readConfig(chosen).journal).toEqual({ prefix: 'novate' });
    const url = 'esdb://127.0.0.1:2113?tls=false';
    const named = { ...chosen, EVENTSTOREDB_URL: url, NOVATE_EVENTSTOREDB_PREFIX: 'house' };
    expect(readConfig(named).journal).toEqual({ eventStore: url, prefix: 'house' });
    for (const [more, problem] of [
      [{ NOVATE_JOURNAL: 'kurrent' }, 'NOVATE_JOURNAL is none of postgres, eventstoredb'],
      [{ ...chosen, EVENTSTOREDB_URL: 'http://localhost' }, 'write esdb://user:password@host:2113'],
      [{ ...named, EVENTSTOREDB_URL: `${url}&throwOnAppendFailure=false` }, 'remove it'],
      [{ ...chosen, NODE_ENV: 'production' }, 'a simulated journal is refused in production'],
    ] as const) {
      expect(() => readConfig({ ...base, ...more })).toThrow(problem);
    }
  });

  it('never prints a secret', () => {
    const env = { ...base, NOVATE_KEY_OPERATOR: '0123456789abcdef', NOVATE_HTTP_PORT: '1' };
    const printed = JSON.stringify(redacted(env));
    expect(printed).not.toMatch(/secret-word|0123456789abcdef/);
    expect(printed).toContain('"NOVATE_HTTP_PORT":"1"');
  });

  it('is what docs/configuration.md says', async () => {
    expect(await readFile('docs/configuration.md', 'utf8')).toBe(configurationReference());
  });
});
