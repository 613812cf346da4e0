import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { currentKernel } from '../adapters/kernel-files.js';
import { shippedUrsParameters } from '../adapters/parameter-files.js';
import { randomHistory } from '../testing/random-history.js';
import type { Factor, FactorHistory, HistoryDay } from './factor-history.js';
import { historyRoot, shock } from './factor-history.js';
import { fillProxies } from './proxy.js';
import { buildScenarios, ScenarioBuilder, scenarioRoot } from './scenarios.js';

const kernel = currentKernel();
const parameters = shippedUrsParameters();
const history = randomHistory('crypto', ['BTC', 'ETH', 'SOL'], 260, 7);
const { days, ...head } = history;
const withDay = (index: number, change: Partial<HistoryDay>): FactorHistory => ({
  ...history,
  days: days.map((day, i) => (i === index ? { ...day, ...change } : day)),
});
const build = (from: FactorHistory) => buildScenarios(kernel, parameters, from);

describe('scenarios of a factor history', () => {
  const whole = build(history);

  it('have a date for each history scenario and a mirror for each', () => {
    expect(whole.set.scenarios).toBe(2 * whole.dates.length);
    expect(whole.dates.at(-1)).toBe(days.at(-1)?.date);
    expect(whole.ownDays).toEqual([259, 259, 259]);
  });

  it('are the same bits whether days come at once or one by one', () => {
    const builder = new ScenarioBuilder(kernel, parameters, head);
    for (const day of days.slice(0, 240)) builder.add(day);
    builder.seal().set.release();
    for (const day of days.slice(240)) builder.add(day);
    const grown = builder.seal();
    expect(grown.root).toBe(whole.root);
    for (const i of [0, 1, 2]) expect(grown.set.column(i)).toEqual(whole.set.column(i));
    expect(grown.set.weights()).toEqual(whole.set.weights());
    builder.release();
  });

  it('have a root anybody can recompute, which every value enters', () => {
    const sha = (...parts: readonly (string | Buffer)[]): Buffer =>
      parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest();
    const leaves = [
      '{"factors":[{"id":"A","kind":"price","move":"relative"}],"maximumGapDays":1,"name":"x"}',
      '["2024-01-01",1.5]',
      '["2024-01-02",2]',
    ].map((leaf) => sha(Buffer.of(0), leaf)) as [Buffer, Buffer, Buffer];
    const root = sha(Buffer.of(1), sha(Buffer.of(1), leaves[0], leaves[1]), leaves[2]);
    const small: FactorHistory = {
      name: 'x',
      maximumGapDays: 1,
      factors: [{ id: 'A', kind: 'price', move: 'relative' }],
      days: [
        { date: '2024-01-01', values: [1.5] },
        { date: '2024-01-02', values: [2] },
      ],
    };
    expect(historyRoot(small)).toBe(root.toString('hex'));
    expect(scenarioRoot([{ ...whole, root: historyRoot(small) }])).toBe(
      sha(Buffer.of(0), root).toString('hex'),
    );
    const touched = withDay(3, { values: (days[3]?.values ?? []).map((v) => (v ?? 0) * 1.0001) });
    expect(historyRoot(touched)).not.toBe(whole.root);
  });

  it('take returns as each kind of factor says', () => {
    const of = (kind: Factor['kind'], move: Factor['move']): number =>
      shock({ id: 'f', kind, move } as Factor, 2, 3, { ...kernel, log: (x) => x });
    expect(of('price', 'relative')).toBe(0.5);
    expect(of('price', 'absolute')).toBe(1);
    expect(of('difference', 'absolute')).toBe(1);
    expect(of('iv', 'relative')).toBe(1.5);
  });

  it('follow a price below zero where the factor moves in absolute steps', () => {
    const absolute = {
      ...history,
      factors: [{ id: 'WTI', kind: 'price', move: 'absolute' }] as const,
    };
    const levels = days.map(({ date, values }, t) => ({
      date,
      values: [t === 250 ? -36.98 : 18 + (values[0] ?? 0) * 0.2],
    }));
    const { set } = build({ ...absolute, days: levels });
    expect(Math.min(...set.column(0))).toBeLessThan(-0.9);
    set.release();
  });

  it.each<[string, RegExp, () => FactorHistory]>([
    ['no factor', /^history-empty: factors: /, () => ({ ...history, factors: [] })],
    ['no day', /^history-empty: crypto: /, () => ({ ...history, days: [] })],
    ['few days', /^history-too-short: crypto: /, () => ({ ...history, days: days.slice(0, 180) })],
    [
      'a day missing',
      /^history-gap: 2020-01-06: 2 days after/,
      () => ({ ...history, days: days.toSpliced(4, 1) }),
    ],
    [
      'a day twice',
      /^history-gap: /,
      () => ({ ...history, days: days.toSpliced(4, 0, days[3] as HistoryDay) }),
    ],
    ['no date', /^history-gap: yesterday: /, () => withDay(5, { date: 'yesterday' })],
    [
      'a value missing',
      /^history-gap: ETH 2020-01-06: /,
      () => withDay(5, { values: [1, null, 1] }),
    ],
    [
      'a column missing',
      /^history-gap: 2020-01-06: 2 values/,
      () => withDay(5, { values: [1, 1] }),
    ],
    ['NaN', /^not-finite: BTC 2020-01-06: /, () => withDay(5, { values: [NaN, 1, 1] })],
    [
      'a price of zero',
      /^price-not-positive: SOL 2020-01-06: /,
      () => withDay(5, { values: [1, 1, 0] }),
    ],
    [
      'a factor twice',
      /^out-of-bounds: factors: /,
      () => ({ ...history, factors: [...head.factors.slice(0, 2), ...head.factors.slice(0, 1)] }),
    ],
  ])('refuse %s by name', (_what, pattern, make) => {
    expect(() => build(make())).toThrow(pattern);
  });
});

describe('the proxy rule', () => {
  const rule = { betaDays: 60, shrink: 0.5, donorQuantile: 0.9, winsor: 3 };
  const listed = (id: string, returns: readonly (number | null)[]) => ({
    id,
    eligible: true,
    returns,
  });
  const wave = (t: number, scale: number): number => scale * (((t * 7919) % 13) / 6 - 1);
  const calm = Array.from({ length: 200 }, (_, t) => wave(t, 0.01) + wave(t * 3, 0.001));
  const wild = Array.from({ length: 200 }, (_, t) => wave(t, 0.01) - wave(t * 3, 0.05));
  const fresh = (own: number): (number | null)[] =>
    calm.map((each, t) => (t < 200 - own ? null : 2 * each));

  it('fills with the group and the residual of the donor, own returns afterwards', () => {
    const full = [listed('A', calm), listed('B', wild), listed('D', calm)];
    const filled = fillProxies([...full, listed('C', fresh(30))], rule);
    expect(filled.slice(0, 3)).toEqual(full);
    const returns = filled[3]?.returns ?? [];
    expect(returns.slice(170)).toEqual(fresh(30).slice(170));
    // B is the wildest about the mean of the three, so B lends: r = m + (B - beta m), and r - B is a multiple of m.
    const mean = calm.map((each, t) => (2 * each + (wild[t] ?? 0)) / 3);
    const multiple = ((returns[1] ?? 0) - (wild[1] ?? 0)) / (mean[1] ?? 1);
    returns.slice(0, 170).forEach((each, t) => {
      expect(each).toBeCloseTo((wild[t] ?? 0) + multiple * (mean[t] ?? 0), 12);
    });
  });

  it('uses beta 1 up to 60 own days and half its own beyond', () => {
    const flat = { ...rule, winsor: 1 };
    const of = (own: number) => {
      const filled =
        fillProxies([listed('A', calm), listed('C', fresh(own))], flat)[1]?.returns ?? [];
      // One donor that is the market itself: no residual, so the filled return is beta x market.
      return (filled[0] ?? 0) / (calm[0] ?? 1);
    };
    expect(of(60)).toBeCloseTo(1, 12);
    expect(of(61)).toBeCloseTo(1.5, 12);
  });

  it('serves a new listing, and refuses where nothing can lend', () => {
    const late = randomHistory('crypto', ['BTC', 'ETH', 'NEW'], 260, 9);
    const listedLate: FactorHistory = {
      ...late,
      days: late.days.map(({ date, values: [a, b, c] }, t) => ({
        date,
        values: [a ?? null, b ?? null, t < 200 ? null : (c ?? null)],
      })),
    };
    const scenarios = build(listedLate);
    expect(scenarios.ownDays).toEqual([259, 259, 59]);
    const builder = new ScenarioBuilder(kernel, parameters, late);
    for (const day of listedLate.days.slice(0, 250)) builder.add(day);
    builder.seal();
    for (const day of listedLate.days.slice(250)) builder.add(day);
    expect(builder.seal().set.column(2)).toEqual(scenarios.set.column(2));
    const alone = fillProxies.bind(undefined, [listed('C', fresh(30))], rule);
    expect(alone).toThrow(/^history-too-short: C: /);
  });
});
