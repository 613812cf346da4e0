import { backtest, type Elementary } from '#risk';
import type { SetResult } from '../result.js';
import type { BacktestRun } from '../run.js';
import { bars, type Bar } from './bars.js';
import { coveragePlot, type CoverageRow } from './coverage.js';
import { modelColours, STYLE } from './style.js';
import { escapeText } from './svg.js';
import {
  behaviourTable,
  crashTable,
  htmlTable,
  kupiecBand,
  pathTable,
  percent,
  summaryTable,
} from './tables.js';
import { timelines } from './timeline.js';

/** The report as one file: no script, no font, no picture from elsewhere. The same run gives the same bytes. */
export function renderHtml(run: BacktestRun): string {
  const models = run.models.map(({ name }) => name);
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width,initial-scale=1">',
    '<title>Novate: backtest of margin models</title>',
    `<style>${STYLE}\n${modelColours(models)}</style></head><body><main>`,
    ...head(run, models),
    ...run.results.flatMap((result) => section(result, run.kernel)),
    ...closing(run, models),
    '</main></body></html>\n',
  ].join('\n');
}

function head({ results, models, seed }: BacktestRun, names: readonly string[]): string[] {
  return [
    '<h1>How much margin, and was it enough?</h1>',
    `<p class="lead">${models.length} margin models over ${results.length} sets of real prices, day by day, each model seeing only the days before. ` +
      'First what they cost when all are scaled to the same safety; then, un-scaled, how often each book lost more than was asked for.</p>',
    `<div class="row">${results.slice(0, 3).map(headline).join('')}</div>`,
    `<nav>${results.map(({ set }) => `<a href="#${set.name}">${escapeText(set.title)}</a>`).join('')}<a href="#crash">crash days</a><a href="#data">data</a></nav>`,
    '<div class="card"><h3>Average margin at equal coverage</h3>',
    '<p class="note">Per cent of notional, mean of all books and days, each model scaled until its worst book is exceeded on 0.5 % of days. Bold is the least of its row.</p>',
    summaryTable(results, names),
    `<p class="note">Seed ${seed}. ${models.map(({ name, version, title }) => `<b>${escapeText(name)}</b> ${escapeText(version)}: ${escapeText(title)}`).join(' · ')}</p></div>`,
  ];
}

/** The first model against its rivals, in one number. */
function headline({ set, report }: SetResult): string {
  const [first, ...others] = report.models;
  if (first === undefined) return '';
  const against = (name: string): string => {
    const other = others.find(({ model }) => model === name);
    if (other === undefined) return '';
    const difference = 100 * (first.avgMargin / other.avgMargin - 1);
    const sign = difference < 0 ? '−' : '+';
    return `<div class="big">${sign}${Math.abs(difference).toFixed(0)} % <small>against ${name}</small></div>`;
  };
  return (
    `<div class="card"><h3>${escapeText(set.title)}</h3>` +
    `<p class="note">${first.model}: ${percent(first.avgMargin, 1)} % of notional; worst book exceeded on ${percent(first.worstExceedance)} % of days at k = 1</p>` +
    `${against('grid')}${against('fhs')}</div>`
  );
}

function section(result: SetResult, f: Elementary): string[] {
  const { set, tested, report } = result;
  const [from, to] = [tested.dates[0] ?? '', tested.dates.at(-1) ?? ''];
  return [
    `<h2 id="${set.name}">${escapeText(set.title)}</h2>`,
    `<p class="note">${tested.dates.length} days tested, ${from} to ${to}; ${tested.books} books; ${set.factors.length} factors</p>`,
    timelineCard(result),
    '<div class="row">',
    card(
      'Cost: average margin at equal coverage',
      'per cent of notional; less is cheaper',
      bars(`Average margin at equal coverage, ${set.title}`, costBars(report), 2, ''),
    ),
    card(
      'Calm: 99th over 1st percentile of a long position’s margin',
      'less is calmer; a fixed grid is calm because it does not look',
      bars(`p99 over p1, ${set.title}`, calmBars(report), 1, '×'),
    ),
    coverageCard(result, f),
    '</div>',
    `<div class="card">${behaviourTable(result)}</div>`,
  ];
}

function card(title: string, note: string, content: string): string {
  return `<div class="card"><h3>${escapeText(title)}</h3><p class="note">${escapeText(note)}</p>${content}</div>`;
}

function costBars({ models }: backtest.SetReport): Bar[] {
  return models.map(({ model, avgMargin, k }) => ({
    model,
    value: 100 * avgMargin,
    tip: `${model}: ${percent(avgMargin)} % at k = ${k.toFixed(3)}`,
  }));
}

function calmBars({ models }: backtest.SetReport): Bar[] {
  return models.map(({ model, p99p1 }) => ({
    model,
    value: p99p1,
    tip: `${model}: ${p99p1.toFixed(2)}`,
  }));
}

/** The models drawn against each other: the first, and the best known rivals there are. */
function rivals({ report }: SetResult): string[] {
  const names = report.models.map(({ model }) => model);
  const first = names[0];
  const known = ['fhs', 'grid'].filter((name) => names.includes(name) && name !== first);
  return [first ?? '', ...(known.length > 0 ? known : names.slice(1, 3))];
}

function timelineCard(result: SetResult): string {
  const { set, tested, series } = result;
  const book = set.books.findIndex(({ options }) => options.length > 0);
  const shown = Math.max(0, book);
  const names = rivals(result);
  const ofBook = (table: Float64Array): Float64Array =>
    backtest
      .columnAt(table, shown, tested.books)
      .filter((_, row) => row % tested.panels === 0)
      .map((value) => 100 * value);
  const curves = names.flatMap((model) => {
    const found = series.find((each) => each.model === model);
    return found === undefined ? [] : [{ model, margins: ofBook(found.margins) }];
  });
  const name = set.books[shown]?.name ?? '';
  const plot = timelines({
    label: `Margin and losses of ${name}, ${set.title}`,
    dates: tested.dates.filter((_, row) => row % tested.panels === 0),
    losses: ofBook(tested.losses),
    curves,
  });
  const key = names.map((model) => `<span><i class="b-${model}"></i>${model}</span>`).join('');
  return (
    `<div class="card"><h3>${escapeText(name)}: margin and losses, un-scaled</h3>` +
    `<div class="key">${key}<span><i style="border-color:var(--loss)"></i>daily loss</span><span><b></b>loss beyond ${names[0] ?? ''}</span><span>per cent of notional</span></div>${plot}</div>`
  );
}

function coverageCard(result: SetResult, f: Elementary): string {
  const { report, set } = result;
  const names = rivals(result).slice(0, 2);
  const rows: CoverageRow[] = set.books.map(({ name }) => ({
    book: name,
    dots: names.flatMap((model) =>
      report.books
        .filter((each) => each.model === model && each.book === name)
        .map((each) => ({
          model,
          exceeded: 100 * (1 - each.coverage),
          tip: `${model}, ${name}: ${each.exceptions} of ${each.days} days, Kupiec p ${each.kupiecP.toFixed(3)}`,
        })),
    ),
  }));
  const plot = coveragePlot(
    `Exceedance by book, ${set.title}`,
    rows,
    kupiecBand(result, f),
    100 * backtest.TARGET,
  );
  return card(
    `Safety: days exceeded at k = 1, ${names[0] ?? ''} filled, ${names[1] ?? 'none'} hollow`,
    'per cent of days; dashed the target of 0.5 %, shaded what Kupiec’s test accepts at 95 %',
    plot,
  );
}

function closing(run: BacktestRun, models: readonly string[]): string[] {
  const crashes = crashTable(run.results, models);
  const path = pathTable(run.results);
  return [
    '<h2 id="crash">Crash days</h2>',
    '<p class="note">The long position that lost most, its loss, and what each model had asked for the evening before, un-scaled. Red: not enough.</p>',
    `<div class="card">${crashes === '' ? 'None of these sets covers one.' : crashes}</div>`,
    ...(path === ''
      ? []
      : [
          '<h2>Inside the day</h2>',
          `<p class="note">What liquidates continuously meets the worst hour, not the close. ${models[0] ?? ''} at k = 1.</p>`,
          `<div class="card">${path}</div>`,
        ]),
    '<h2 id="data">Data</h2>',
    `<div class="card">${htmlTable(
      ['file', 'SHA-256'],
      run.data.map(({ file, sha256 }) => [{ text: file }, { text: sha256, className: 'hash' }]),
    )}</div>`,
    `<footer>Seed ${run.seed} · kernel ${escapeText(run.kernel.hash)} · made by <code>novate backtest --html</code>; the same command gives the same file.</footer>`,
  ];
}
