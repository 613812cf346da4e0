import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { canonicalJson, canonicalLine, leafHash } from './canonical.js';
import { trade } from './testing/facts.js';

describe('canonical JSON', () => {
  it('is that of RFC 8785, section 3.2.2 and 3.2.3', () => {
    // The RFC's example of section 3.2.2, then its property sorting example.
    const example = {
      numbers: [Number('333333333.33333329'), 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
      string: '\u20ac$\u000F\u000aA\'\u0042\u0022\u005c\\"/',
      literals: [null, true, false],
    };
    expect(canonicalJson(example)).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],' +
        '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    );
    const sorted = {
      '\u20ac': 'Euro Sign',
      '\r': 'Carriage Return',
      '\ufb33': 'Hebrew Letter Dalet With Dagesh',
      '1': 'One',
      '\ud83d\ude00': 'Emoji: Grinning Face',
      '\u0080': 'Control',
      '\u00f6': 'Latin Small Letter O With Diaeresis',
    };
    expect(Object.values(JSON.parse(canonicalJson(sorted)) as object).slice(1)).toEqual([
      'Carriage Return',
      'Control',
      'Latin Small Letter O With Diaeresis',
      'Euro Sign',
      'Emoji: Grinning Face',
      'Hebrew Letter Dalet With Dagesh',
    ]);
  });
  it('does not depend on the order of keys, and leaves out what is undefined', () => {
    expect(canonicalJson({ b: 1, a: [{ d: '', c: undefined }] })).toBe('{"a":[{"d":""}],"b":1}');
  });
  it.each([NaN, Infinity, '\ud800', undefined, { a: '\udc00' }])('refuses %p', (value) => {
    expect(() => canonicalJson(value)).toThrow();
  });
});

describe('a leaf', () => {
  it('is the hash of a zero byte and the line', () => {
    const event = { ...trade(1), position: 1, recordedAt: 2 };
    const bytes = Buffer.concat([Buffer.of(0), Buffer.from(canonicalLine(event), 'utf8')]);
    expect(leafHash(event)).toBe(createHash('sha256').update(bytes).digest('hex'));
  });
});
