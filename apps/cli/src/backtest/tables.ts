import type { backtest } from '#risk';
import { table, type Column } from '../render/table.js';
import type { SetResult } from './result.js';

const right = (title: string): Column => ({ title, align: 'right' });

/** A fraction as per cent, without the sign. */
export const percent = (fraction: number, digits = 2): string =>
  Number.isFinite(fraction) ? (100 * fraction).toFixed(digits) : '∞';

/** A rise in per cent, or a dash where it was not measured. */
const rise = (fraction: number, measured: boolean): string =>
  measured ? percent(fraction, 0) : '–';

const interval = (difference: backtest.Interval | undefined): string =>
  difference === undefined ? '' : `${signed(difference.low)} .. ${signed(difference.high)}`;

const signed = (fraction: number): string => `${fraction < 0 ? '' : '+'}${percent(fraction, 0)}`;

/** One row a model: what it costs at equal coverage, and how it behaves as it is. */
export function modelsTable({ set, tested, report, every }: SetResult): string {
  const days = tested.dates.length;
  const title = `${set.name}: ${set.title}; ${days} days tested, ${tested.dates[0] ?? ''} to ${tested.dates.at(-1) ?? ''}, ${tested.books} books`;
  return table(
    [
      { title: 'model' },
      right('margin %'),
      right('k'),
      right('worst %'),
      right('Kupiec p'),
      { title: 'worst book' },
      right('p99/p1'),
      right('+1d %'),
      right('+5d %'),
      right('+30d %'),
      right('2nd half %'),
      right('worst %'),
      right('urs vs it, 95 %'),
    ],
    report.models.map((model) => [
      model.model,
      percent(model.avgMargin),
      model.k.toFixed(3),
      percent(model.worstExceedance),
      model.worstKupiecP.toFixed(3),
      model.worstBook,
      model.p99p1.toFixed(1),
      rise(model.procyclicality.rise1, every === 1),
      rise(model.procyclicality.rise5, every === 1),
      rise(model.procyclicality.rise30, every === 1),
      percent(model.halves.avgMargin),
      percent(model.halves.worstExceedance),
      interval(model.difference),
    ]),
    { title },
  );
}

/** What the columns mean: once, above the tables. */
export const LEGEND = [
  'margin %: average over books and days, of notional, every model scaled by its own k until its worst book is exceeded on 0.5 % of days.',
  'worst %, Kupiec p, worst book: un-tuned, k = 1, against 99.5 %. p99/p1 and rises: margin of a long position in the first factor.',
  '2nd half: k from the first half of the days, margin and worst exceedance on the second. Last: block bootstrap of the difference.',
].join('\n');

/** One row a book for one model, un-tuned. */
export function booksTable({ set, report }: SetResult, model: string): string {
  return table(
    [
      { title: 'book' },
      right('margin %'),
      right('exceeded'),
      right('coverage %'),
      right('Kupiec p'),
      right('indep. p'),
      right('joint p'),
      { title: 'light' },
    ],
    report.books
      .filter((book) => book.model === model)
      .map((book) => [
        book.book,
        percent(book.margin),
        `${book.exceptions} / ${book.days}`,
        percent(book.coverage),
        book.kupiecP.toFixed(3),
        book.independenceP.toFixed(3),
        book.jointP.toFixed(3),
        book.light,
      ]),
    { title: `${set.name}: ${model} at k = 1, book by book` },
  );
}

export function dataTable(files: readonly { file: string; sha256: string }[]): string {
  return table(
    [{ title: 'data' }, { title: 'SHA-256' }],
    files.map(({ file, sha256 }) => [file, sha256]),
  );
}

/** The path inside the day, one row a set that has one. */
export function pathTable(results: readonly SetResult[]): string | undefined {
  const rows = results.flatMap(({ set, path }) =>
    path === undefined
      ? []
      : [
          [
            set.name,
            String(path.books),
            String(path.days),
            percent(path.closeRate),
            percent(path.pathRate),
            path.lossRatio.toFixed(2),
          ],
        ],
  );
  if (rows.length === 0) return undefined;
  return table(
    [
      { title: 'set' },
      right('books'),
      right('days'),
      right('exceeded at close %'),
      right('at worst hour %'),
      right('99.5 % loss, hour / close'),
    ],
    rows,
    { title: 'Inside the day: the first model at k = 1, close to close against the worst hour' },
  );
}

/** One row a set: what every model asks at equal coverage, and by how much the first is below the grid. */
export function summaryTable(results: readonly SetResult[]): string {
  const names = results[0]?.report.models.map(({ model }) => model) ?? [];
  const hasGrid = names.indexOf('grid') > 0;
  const first = names[0] ?? '';
  return table(
    [
      { title: 'set' },
      right('days'),
      ...names.map(right),
      ...(hasGrid ? [right('below grid %')] : []),
      right(`Kupiec p, worst book of ${first}`),
    ],
    results.map(({ set, tested, report: { models } }) => {
      const grid = models.find(({ model }) => model === 'grid');
      const ours = models[0];
      return [
        set.name,
        String(tested.dates.length),
        ...models.map(({ avgMargin }) => percent(avgMargin)),
        ...(hasGrid && grid && ours ? [percent(1 - ours.avgMargin / grid.avgMargin, 1)] : []),
        ours?.worstKupiecP.toFixed(3) ?? '',
      ];
    }),
    { title: 'Average margin at equal coverage, % of notional' },
  );
}
