import { describe, expect, it } from '@jest/globals';
import { parsePriceFile, PriceFileError } from './price-file.js';
import { dailySeries, joinByDate, movesOf } from './series.js';

const csv = (...rows: string[]): string => ['date,close', ...rows].join('\n');
const code = (text: string): string => {
  try {
    parsePriceFile('own.csv', text);
  } catch (error) {
    if (error instanceof PriceFileError) return error.code;
    throw error;
  }
  return 'none';
};

describe('a price file', () => {
  it('is dates or times and columns of numbers; an empty cell is a day without a price', () => {
    const { clock, columns } = parsePriceFile(
      'a.csv',
      csv('2024-08-05,1.5\r', '2024-08-06,', '2024-08-07,-36.98', ''),
    );
    expect([clock, [...(columns.get('close') ?? [])]]).toEqual(['day', [1.5, NaN, -36.98]]);
    expect(parsePriceFile('b.csv', 'ts_ms,open,close\n1723161600000,1,2\n').clock).toBe('bar');
  });

  it.each([
    ['price_file_empty', 'date,close\n'],
    ['price_file_unknown_column', 'day,close\n2024-08-05,1\n'],
    ['price_file_unknown_column', 'date\n2024-08-05\n'],
    ['price_file_bad_time', csv('2024-02-31,1')],
    ['price_file_bad_time', csv('05.08.2024,1')],
    ['price_file_bad_number', csv('2024-08-05,1e999')],
    ['price_file_bad_number', csv('2024-08-05,NaN')],
    ['price_file_bad_number', csv('2024-08-05,1,2')],
    ['price_file_duplicate_time', csv('2024-08-05,1', '2024-08-05,2')],
    ['price_file_out_of_order', csv('2024-08-05,1', '2024-08-04,2')],
  ])('is refused as %s', (expected, text) => {
    expect(code(text)).toBe(expected);
  });

  it('is refused where it is larger than any price file is', () => {
    expect(() => parsePriceFile('a.csv', csv('2024-08-05,1'), 10)).toThrow(/price_file_too_large/);
  });

  it('may hold a negative price only where moves are absolute, and no hole of weeks', () => {
    const wti = parsePriceFile(
      'wti.csv',
      csv('2020-04-17,18.31', '2020-04-20,-36.98', '2020-04-21,8.91'),
    );
    const series = [dailySeries(wti, 'close')];
    expect(() => movesOf(series, [{ kind: 'relative' }], Math.log)).toThrow(
      /price_file_negative_price/,
    );
    const days = movesOf(series, [{ kind: 'absolute', reference: 60 }], Math.log);
    expect(days.map(({ moves }) => (60 * (moves[0] ?? 0)).toFixed(2))).toEqual(['-55.29', '45.89']);
    const hole = parsePriceFile('h.csv', csv('2024-01-01,1', '2024-03-01,1'));
    expect(() => movesOf([dailySeries(hole, 'close')], [{ kind: 'relative' }], Math.log)).toThrow(
      /price_file_gap/,
    );
    expect(() => dailySeries(hole, 'open')).toThrow(/price_file_unknown_column.*|no column open/);
  });

  it('is joined with others on the dates all have', () => {
    const a = dailySeries(
      parsePriceFile('a', csv('2024-01-01,1', '2024-01-02,2', '2024-01-04,4')),
      'close',
      'a',
    );
    const b = dailySeries(
      parsePriceFile('b', csv('2024-01-02,20', '2024-01-03,30', '2024-01-04,40')),
      'close',
      'b',
    );
    expect(joinByDate([a, b]).dates).toEqual(['2024-01-02', '2024-01-04']);
  });
});
