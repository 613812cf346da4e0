import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import canonicalize from 'canonicalize';
import fc from 'fast-check';
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
  it('is what another implementation makes of any JSON', () => {
    const other = canonicalize as unknown as (value: unknown) => string;
    const key = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('__proto__', 'a\0b', 'a', 'b', '1'),
    );
    const value = fc.object({
      key,
      maxDepth: 4,
      withNullPrototype: false,
      values: [
        fc.string({ unit: 'binary' }),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.integer(),
        fc.boolean(),
        fc.constant(null),
      ],
    });
    fc.assert(
      fc.property(value, (data) => {
        const json = JSON.parse(JSON.stringify(data)) as unknown;
        expect(canonicalJson(json)).toBe(other(json));
      }),
      { numRuns: 500 },
    );
  });
  it('takes objects for one shape only where their keys are the same', () => {
    expect(canonicalJson({ b: 1, a: 2 })).toBe('{"a":2,"b":1}');
    expect(canonicalJson({ 'b\0a': 1 })).toBe('{"b\\u0000a":1}');
    expect(canonicalJson({ b: 1, 'a\0c': 2 })).toBe('{"a\\u0000c":2,"b":1}');
    expect(canonicalJson({ 'b\0a': 1, c: 2 })).toBe('{"b\\u0000a":1,"c":2}');
  });
  it.each([
    NaN,
    Infinity,
    '\ud800',
    undefined,
    { a: '\udc00' },
    { '\udc00': 1 },
    1n,
    { a: () => 1 },
  ])('refuses %p', (value) => {
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
