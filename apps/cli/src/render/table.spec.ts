import { describe, expect, it } from '@jest/globals';
import { decimal, divideRounded, minorUnits, pretty } from './decimal.js';
import { table } from './table.js';

describe('table', () => {
  it('aligns numbers right, words left, and rules off totals', () => {
    const text = table(
      [{ title: 'member' }, { title: 'cash', align: 'right' }],
      [
        ['M01', '1,234.50'],
        ['M02', '-7.00'],
      ],
      { title: 'Cash', footer: [['all', '1,227.50']] },
    );
    expect(text).toBe(
      [
        'Cash',
        '┌────────┬──────────┐',
        '│ member │     cash │',
        '├────────┼──────────┤',
        '│ M01    │ 1,234.50 │',
        '│ M02    │    -7.00 │',
        '├────────┼──────────┤',
        '│ all    │ 1,227.50 │',
        '└────────┴──────────┘',
      ].join('\n'),
    );
  });

  it('prints a heading over no rows, and empty cells for missing ones', () => {
    expect(table([{ title: 'a' }], []).split('\n')).toHaveLength(4);
    expect(table([{ title: 'a' }, { title: 'b' }], [['1']])).toContain('│ 1 │   │');
  });
});

describe('decimals', () => {
  it.each([
    [-5n, 2, '-0.05'],
    [123n, 0, '123'],
    [0n, 3, '0.000'],
    [6_183_763n, 2, '61837.63'],
  ])('%s at scale %i is %s, and back', (units, scale, text) => {
    expect(decimal(units, scale)).toBe(text);
    expect(minorUnits(text, scale)).toBe(units);
  });

  it('refuses what is not a plain decimal of the scale', () => {
    expect(() => minorUnits('1e3', 2)).toThrow('plain decimal');
    expect(() => minorUnits('0.001', 2)).toThrow('more than 2');
  });

  it('groups thousands and rounds for people', () => {
    expect(pretty(1_234_567_890n, 2)).toBe('12,345,678.90');
    expect(pretty(-123_456_789n, 8, 2)).toBe('-1.23');
    expect(pretty(1_999n, 3, 0)).toBe('2');
    expect(pretty(1_000n, 0)).toBe('1,000');
  });

  it('rounds a quotient half away from zero', () => {
    expect(divideRounded(5n, 2n)).toBe(3n);
    expect(divideRounded(-5n, 2n)).toBe(-3n);
    expect(divideRounded(1n, 3n)).toBe(0n);
    expect(() => divideRounded(1n, 0n)).toThrow('zero');
  });
});
