import { describe, expect, it } from '@jest/globals';
import { journalPlace } from './journal.js';

const url = 'esdb://127.0.0.1:2113?tls=false';

describe('the journal a command reads', () => {
  it('is the one the environment names', () => {
    expect(journalPlace({ NOVATE_DATABASE_URL: 'postgres://h/d' })).toBe('postgres://h/d');
    const env = { NOVATE_JOURNAL: 'eventstoredb', EVENTSTOREDB_URL: url };
    expect(journalPlace(env)).toEqual({ eventStore: url, prefix: 'novate' });
    const named = { ...env, NOVATE_EVENTSTOREDB_PREFIX: 'house' };
    expect(journalPlace(named)).toEqual({ eventStore: url, prefix: 'house' });
  });
  it.each([
    [{}, 'NOVATE_DATABASE_URL is not set'],
    [{ NOVATE_JOURNAL: 'kafka' }, 'there is no journal "kafka"'],
    [{ NOVATE_JOURNAL: 'eventstoredb' }, 'EVENTSTOREDB_URL is not set'],
    [{ NOVATE_JOURNAL: 'eventstoredb', EVENTSTOREDB_URL: 'localhost' }, 'no connection string'],
  ])('is asked for in one line where %j', (env, message) => {
    expect(() => journalPlace(env)).toThrow(message);
    try {
      journalPlace(env);
    } catch (error) {
      expect(error).toMatchObject({ name: 'CliError', exitCode: 2 });
      expect((error as Error).message).not.toContain('\n');
    }
  });
});
