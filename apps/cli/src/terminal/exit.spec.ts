import { describe, expect, it } from '@jest/globals';
import { CliError, ExitCode, report } from './exit.js';

function reported(error: unknown): { code: number; text: string } {
  let text = '';
  const code = report(error, (more) => (text += more));
  return { code, text };
}

describe('reporting an error', () => {
  it('says what is wrong and how to mend it, without a stack', () => {
    const { code, text } = reported(new CliError('no database', ExitCode.usage, 'set it'));
    expect(code).toBe(2);
    expect(text).toBe('novate: no database\n  fix: set it\n');
  });

  it('knows an unreachable service', () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), {
      code: 'ECONNREFUSED',
    });
    expect(reported(refused).code).toBe(3);
    expect(reported(new AggregateError([refused])).code).toBe(3);
  });

  it('shows the stack of a surprise', () => {
    const { code, text } = reported(new TypeError('surprise'));
    expect(code).toBe(1);
    expect(text).toContain('exit.spec');
  });
});
