import { table } from '../render/table.js';
import type { BenchRow } from './statistics.js';

const whole = (value: number): string => Math.round(value).toLocaleString('en');

/** The rows as a table for people. */
export function renderRows(rows: readonly BenchRow[]): string {
  const right = (title: string) => ({ title, align: 'right' as const });
  const notes = rows.flatMap(({ id, note }) => (note === undefined ? [] : [`${id}: ${note}`]));
  const lines = table(
    [
      { title: 'row' },
      right('ours'),
      right('baseline'),
      { title: 'unit' },
      right('ratio'),
      right('goal'),
      { title: 'met' },
      { title: 'against' },
    ],
    rows.map((row) => [
      row.id,
      whole(row.value),
      whole(row.againstValue),
      row.unit,
      `${row.ratio.toFixed(2)}x`,
      row.better === 'lower' ? `<= ${row.goal}x` : `${row.goal}x`,
      row.met ? 'yes' : 'NO',
      row.against,
    ]),
    { title: `medians of ${rows[0]?.samples ?? 0} interleaved samples` },
  );
  return [lines, ...notes].join('\n');
}
