import { backtest } from '#risk';
import type { SetResult } from '../result.js';
import { escapeText } from './svg.js';

/** A cell: words left, numbers right, and a class where it says something. */
export interface Cell {
  readonly text: string;
  readonly className?: string;
}

export function htmlTable(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const cell = (tag: string, { text, className = '' }: Cell): string =>
    `<${tag}${className === '' ? '' : ` class="${className}"`}>${escapeText(text)}</${tag}>`;
  return [
    '<div class="scroll"><table><thead><tr>',
    ...head.map((text) => cell('th', { text })),
    '</tr></thead><tbody>',
    ...rows.map((cells) => `<tr>${cells.map((each) => cell('td', each)).join('')}</tr>`),
    '</tbody></table></div>',
  ].join('');
}

export const percent = (fraction: number, digits = 2): string =>
  Number.isFinite(fraction) ? (100 * fraction).toFixed(digits) : '∞';

const signed = (fraction: number): string =>
  `${fraction < 0 ? '−' : '+'}${Math.abs(100 * fraction).toFixed(0)}`;

/** All sets and models at equal coverage: the table of the evidence. */
export function summaryTable(results: readonly SetResult[], models: readonly string[]): string {
  const rows = results.map(({ set, report }): Cell[] => {
    const least = Math.min(...report.models.map(({ avgMargin }) => avgMargin));
    return [
      { text: set.title },
      ...models.map((name) => {
        const found = report.models.find(({ model }) => model === name);
        if (found === undefined) return { text: '' };
        return {
          text: percent(found.avgMargin),
          ...(found.avgMargin === least ? { className: 'best' } : {}),
        };
      }),
    ];
  });
  return htmlTable(['average margin, % of notional', ...models], rows);
}

export function behaviourTable({ report, every }: SetResult): string {
  const rise = (value: number): string => (every === 1 ? percent(value, 0) : '–');
  return htmlTable(
    [
      'model',
      'k',
      'worst book, k = 1, %',
      'Kupiec p',
      'p99/p1',
      'rise 1 d, %',
      '5 d',
      '30 d',
      'half 2: margin, %',
      'worst, %',
      'first against it, 95 %',
    ],
    report.models.map((model) => [
      { text: model.model },
      { text: model.k.toFixed(3) },
      { text: percent(model.worstExceedance) },
      {
        text: model.worstKupiecP.toFixed(3),
        ...(model.worstKupiecP < 0.05 ? { className: 'hit' } : {}),
      },
      { text: model.p99p1.toFixed(1) },
      { text: rise(model.procyclicality.rise1) },
      { text: rise(model.procyclicality.rise5) },
      { text: rise(model.procyclicality.rise30) },
      { text: percent(model.halves.avgMargin) },
      { text: percent(model.halves.worstExceedance) },
      {
        text:
          model.difference === undefined
            ? ''
            : `${signed(model.difference.low)} … ${signed(model.difference.high)} %`,
      },
    ]),
  );
}

/** Days everybody remembers. */
const CRASHES: readonly (readonly [date: string, what: string])[] = [
  ['2008-10-15', 'financial crisis'],
  ['2015-01-15', 'Swiss franc'],
  ['2020-03-12', 'Black Thursday'],
  ['2020-04-20', 'WTI at −36.98'],
  ['2022-05-09', 'LUNA'],
  ['2022-06-13', 'Celsius'],
  ['2022-11-08', 'FTX'],
  ['2022-11-09', 'FTX, second day'],
  ['2024-08-05', 'yen carry'],
  ['2025-10-10', 'largest liquidation day'],
];

/** Worst outright or named book of each set on each of those days: its loss, and what each model had asked for. */
export function crashTable(results: readonly SetResult[], models: readonly string[]): string {
  const rows = CRASHES.flatMap(([date, what]) =>
    results.flatMap((result) => crashRow(result, date, what, models)),
  );
  if (rows.length === 0) return '';
  return htmlTable(['day', '', 'set', 'book', 'loss, %', ...models], rows);
}

function crashRow(
  { set, tested, series }: SetResult,
  date: string,
  what: string,
  models: readonly string[],
): Cell[][] {
  const row = tested.dates.indexOf(date);
  if (row < 0) return [];
  const losses = tested.losses.subarray(row * tested.books, (row + 1) * tested.books);
  const outright = set.books.findIndex(({ name }) => name.startsWith('long '));
  // The long outright that lost most that day: the position one would ask about.
  const book = set.books.reduce(
    (best, { name }, index) =>
      name.startsWith('long ') && (losses[index] ?? 0) > (losses[best] ?? 0) ? index : best,
    Math.max(0, outright),
  );
  const loss = losses[book] ?? 0;
  // Only where the day was one for this set: a loss of at least half of what the first model asked for.
  const asked = series[0]?.margins[row * tested.books + book] ?? 0;
  if (loss < asked / 2) return [];
  return [
    [
      { text: date },
      { text: what, className: 'word' },
      { text: set.name, className: 'word' },
      { text: set.books[book]?.name ?? '', className: 'word' },
      { text: percent(loss, 1) },
      ...models.map((model) => {
        const margins = series.find((each) => each.model === model)?.margins;
        const margin = margins?.[row * tested.books + book] ?? Number.NaN;
        return { text: percent(margin, 1), ...(loss > margin ? { className: 'hit' } : {}) };
      }),
    ],
  ];
}

export function pathTable(results: readonly SetResult[]): string {
  const rows = results.flatMap(({ set, path }): Cell[][] =>
    path === undefined
      ? []
      : [
          [
            { text: set.title },
            { text: String(path.books) },
            { text: String(path.days) },
            { text: percent(path.closeRate) },
            { text: percent(path.pathRate) },
            { text: path.lossRatio.toFixed(2) },
          ],
        ],
  );
  return rows.length === 0
    ? ''
    : htmlTable(
        [
          'set',
          'books',
          'days',
          'exceeded at the close, %',
          'at the worst hour, %',
          '99.5 % loss, hour / close',
        ],
        rows,
      );
}

/** Band of exceedance, per cent, that Kupiec's test accepts at 95 %. */
export function kupiecBand(
  { tested }: SetResult,
  kernel: Parameters<typeof backtest.kupiecAcceptance>[2],
): readonly [number, number] {
  const n = Math.floor(tested.dates.length / tested.panels);
  const [low, high] = backtest.kupiecAcceptance(n, backtest.TARGET, kernel);
  return [(100 * low) / n, (100 * high) / n];
}
