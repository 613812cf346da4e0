/** A column of a table: its heading, and where its cells stand. Numbers stand right. */
export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
}

export interface TableOptions {
  /** Printed above the table. */
  readonly title?: string;
  /** Rows below a second rule: totals. */
  readonly footer?: readonly (readonly string[])[];
}

/**
 * Text table with box-drawing lines. Cells are printed as given; a missing cell is empty. Widths count code points,
 * which is right for the digits, ids and words printed here.
 */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  options: TableOptions = {},
): string {
  const footer = options.footer ?? [];
  const widths = columns.map(({ title }, index) => {
    const cells = [...rows, ...footer].map((row) => row[index] ?? '');
    return Math.max(...[title, ...cells].map(width));
  });
  const rule = (left: string, middle: string, right: string): string =>
    left + widths.map((size) => '─'.repeat(size + 2)).join(middle) + right;
  const line = (cells: readonly string[]): string =>
    `│${columns
      .map(({ align }, index) => ` ${pad(cells[index] ?? '', widths[index] ?? 0, align)} `)
      .join('│')}│`;
  return [
    ...(options.title === undefined ? [] : [options.title]),
    rule('┌', '┬', '┐'),
    line(columns.map(({ title }) => title)),
    rule('├', '┼', '┤'),
    ...rows.map(line),
    ...(footer.length === 0 ? [] : [rule('├', '┼', '┤'), ...footer.map(line)]),
    rule('└', '┴', '┘'),
  ].join('\n');
}

const width = (text: string): number => [...text].length;

function pad(text: string, size: number, align: 'left' | 'right' = 'left'): string {
  const space = ' '.repeat(Math.max(0, size - width(text)));
  return align === 'right' ? space + text : text + space;
}
