/** Why a price file was refused. Closed and stable. */
export type PriceFileCode =
  | 'price_file_empty'
  | 'price_file_too_large'
  | 'price_file_unknown_column'
  | 'price_file_bad_time'
  | 'price_file_bad_number'
  | 'price_file_duplicate_time'
  | 'price_file_out_of_order'
  | 'price_file_gap'
  | 'price_file_negative_price'
  | 'price_file_too_short';

/** A price file that cannot be used: which, where, why, and how to mend it. */
export class PriceFileError extends Error {
  override readonly name = 'PriceFileError';
  constructor(
    readonly code: PriceFileCode,
    readonly file: string,
    readonly where: string,
    reason: string,
    readonly fix: string,
  ) {
    super(`${file}${where === '' ? '' : `, ${where}`}: ${reason} (${code})`);
  }
}

/** Prices of one file: a time for each row, ascending, and columns of numbers. A blank cell is NaN: not traded then. */
export interface PriceFile {
  readonly file: string;
  /** `day`: times are midnights UTC of dates. `bar`: times at which bars open, UTC. Milliseconds since 1970. */
  readonly clock: 'day' | 'bar';
  readonly times: Float64Array;
  readonly columns: ReadonlyMap<string, Float64Array>;
}

/** More text than any price file has; a wrong file is refused before it fills memory. */
export const MAX_PRICE_FILE_CHARACTERS = 64_000_000;

const CLOCKS: Readonly<Record<string, PriceFile['clock']>> = {
  date: 'day',
  ts_ms: 'bar',
  ts_utc: 'bar',
};

/**
 * Reads a CSV whose first column is `date` (2024-08-05), `ts_ms` (milliseconds since 1970, UTC) or `ts_utc`
 * (2024-08-05T14:00Z), and whose other columns are decimal numbers.
 * @throws PriceFileError
 */
export function parsePriceFile(
  file: string,
  text: string,
  limit = MAX_PRICE_FILE_CHARACTERS,
): PriceFile {
  const refuse = refusal(file);
  if (text.length > limit)
    throw refuse('price_file_too_large', '', `more than ${limit} characters`, 'cut the file');
  const lines = text.split('\n').map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));
  while (lines.at(-1) === '') lines.pop();
  if (lines.length < 2)
    throw refuse(
      'price_file_empty',
      '',
      'no rows',
      'give a heading such as date,close, and one row a day',
    );
  const [key = '', ...names] = (lines[0] ?? '').split(',').map((name) => name.trim());
  const clock = CLOCKS[key];
  if (clock === undefined || names.length === 0)
    throw refuse(
      'price_file_unknown_column',
      'line 1',
      `the heading begins with "${key}"`,
      'let the first column be date, ts_ms or ts_utc, and name a column of prices after it',
    );
  const rows = lines.length - 1;
  const times = new Float64Array(rows);
  const columns = names.map(() => new Float64Array(rows));
  for (let row = 0; row < rows; row += 1) {
    const cells = (lines[row + 1] ?? '').split(',');
    const where = `line ${row + 2}`;
    times[row] = timeOf(key, cells[0] ?? '', where, refuse);
    refuseDisorder(times, row, where, cells[0] ?? '', refuse);
    if (cells.length !== names.length + 1)
      throw refuse(
        'price_file_bad_number',
        where,
        `${cells.length} cells where the heading has ${names.length + 1}`,
        'give every row as many cells as the heading; leave a cell empty where there is no price',
      );
    columns.forEach((column, index) => {
      column[row] = numberOf(cells[index + 1] ?? '', where, names[index] ?? '', refuse);
    });
  }
  return { file, clock, times, columns: new Map(names.map((name, i) => [name, columns[i]!])) };
}

type Refuse = (code: PriceFileCode, where: string, reason: string, fix: string) => PriceFileError;

/** The errors of one file. */
export function refusal(file: string): Refuse {
  return (code, where, reason, fix) => new PriceFileError(code, file, where, reason, fix);
}

const FORMS: Readonly<Record<string, RegExp>> = {
  date: /^\d{4}-\d{2}-\d{2}$/,
  ts_ms: /^\d{11,14}$/,
  ts_utc: /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}Z$/,
};

function timeOf(key: string, cell: string, where: string, refuse: Refuse): number {
  const time = key === 'ts_ms' ? Number(cell) : Date.parse(cell);
  // Date.parse rolls 31 February over to March in some forms: what does not print back is no date.
  const sound =
    FORMS[key]?.test(cell) === true &&
    (key !== 'date' || ((time >= 0 || time < 0) && dateOf(time) === cell));
  if (sound) return time;
  throw refuse(
    'price_file_bad_time',
    where,
    `"${cell}" is no ${key}`,
    'write dates as 2024-08-05, hours as 2024-08-05T14:00Z or in milliseconds since 1970',
  );
}

function refuseDisorder(
  times: Float64Array,
  row: number,
  where: string,
  cell: string,
  refuse: Refuse,
): void {
  if (row === 0) return;
  const before = times[row - 1] ?? 0;
  const now = times[row] ?? 0;
  if (now === before)
    throw refuse('price_file_duplicate_time', where, `${cell} stands twice`, 'keep one of them');
  if (now < before)
    throw refuse(
      'price_file_out_of_order',
      where,
      `${cell} comes after a later time`,
      'sort rows by time, oldest first',
    );
}

function numberOf(cell: string, where: string, column: string, refuse: Refuse): number {
  if (cell === '') return Number.NaN;
  const value = Number(cell);
  if (/^-?\d+(\.\d+)?([eE][-+]?\d+)?$/.test(cell) && Number.isFinite(value)) return value;
  throw refuse(
    'price_file_bad_number',
    where,
    `"${cell}" in column ${column} is no number`,
    'write plain decimals with a point, and leave the cell empty where there is no price',
  );
}

/** `2024-08-05` of milliseconds since 1970, UTC. */
export function dateOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}
