import { describe, expect, it } from '@jest/globals';
import { currentKernel } from './adapters/kernel-files.js';
import { shippedUrsParameters } from './adapters/parameter-files.js';
import type { Book } from './book.js';
import { attributeChange, type RequirementChange } from './change.js';
import { sums } from './explain.js';
import type { Market } from './market.js';
import { UrsModel } from './models/urs/urs.js';
import { buildScenarios } from './scenarios/scenarios.js';
import { testMarket } from './testing/market.js';
import { randomHistory } from './testing/random-history.js';

const kernel = currentKernel();
const shipped = shippedUrsParameters();
const stricter = shipped.with('2.0.1', { 'core.k': 1.1 });
const history = (length: number) => randomHistory('test', ['A', 'B'], length, 7);
const model = (days: number, parameters = shipped) =>
  new UrsModel({
    kernel,
    parameters,
    scenarios: [buildScenarios(kernel, parameters, history(days))],
  });
const [today, tomorrow, changed, between] = [
  model(300),
  model(301),
  model(301, stricter),
  model(301),
];

const unit = (value: number) => ({ quantity: BigInt(value), quantityScale: 0 });
const book = (positions: Record<string, number>, cash = 1000): Book => ({
  account: 'M1-H',
  positions: Object.entries(positions).map(([instrument, q]) => ({ instrument, ...unit(q) })),
  collateral: [{ asset: 'USDT', ...unit(cash) }],
});
const early = testMarket();
const late: Market = {
  ...early,
  markSetId: 'later',
  time: early.time + 86_400_000_000,
  marks: new Map([...early.marks, ['A-PERP', { price: 112, source: 'settlement' }]]),
  underlyings: new Map([
    ...early.underlyings,
    ['A', { ...early.underlyings.get('A')!, price: 112 }],
  ]),
};
const step = ({ initialMargin }: RequirementChange, name: string): bigint | undefined =>
  initialMargin.parts?.find((each) => each.name === name)?.amount;

describe('the change of a requirement from one day to the next', () => {
  const from = { model: today, market: early, book: book({ 'A-PERP': 10, 'A-CALL': -4 }) };
  const to = {
    model: changed,
    market: late,
    book: book({ 'A-PERP': 15, 'A-CALL': -4, 'B-PERP': -2 }, 900),
  };
  const change = attributeChange(from, to, between);

  it('is attributed to positions, marks, scenarios and model, and every level sums exactly', () => {
    const [a, b] = [today.assess(from.book, early), changed.assess(to.book, late)];
    for (const amount of ['equity', 'initialMargin', 'maintenanceMargin'] as const) {
      const tree = change[amount];
      expect(tree.amount).toBe(b[amount] - a[amount]);
      expect(tree.parts?.map(({ name }) => name)).toEqual([
        'positions',
        'marks',
        'scenarios',
        'model',
      ]);
      expect(sums(tree)).toBe(true);
    }
    expect(change.equity.parts?.[0]?.amount).toBe(-100n * 10n ** 8n);
    for (const name of ['positions', 'marks', 'scenarios', 'model']) {
      expect(step(change, name)).not.toBe(0n);
    }
  });

  it('gives a step that did nothing as zero', () => {
    const still = attributeChange(from, { ...from, model: tomorrow });
    expect(step(still, 'positions')).toBe(0n);
    expect(step(still, 'marks')).toBe(0n);
    expect(step(still, 'model')).toBe(0n);
    expect(step(still, 'scenarios')).toBe(still.initialMargin.amount);
    const governed = attributeChange({ ...from, model: between }, { ...from, model: changed });
    expect(step(governed, 'model')).toBe(governed.initialMargin.amount);
    expect(governed.initialMargin.amount).toBeGreaterThan(0n);
  });

  it('takes what was listed since at its later mark', () => {
    const marks = new Map(early.marks);
    marks.delete('A-FUT');
    const instruments = new Map(early.instruments);
    instruments.delete('A-FUT');
    const listed = { ...to, model: today, book: book({ 'A-FUT': 3 }) };
    const fresh = attributeChange({ ...from, market: { ...early, marks, instruments } }, listed);
    expect(sums(fresh.initialMargin)).toBe(true);
  });

  it('refuses to guess the model in between, and to compare two accounts', () => {
    expect(() => attributeChange(from, to)).toThrow(/^model-mismatch: between: scenarios and/);
    expect(() => attributeChange(from, to, today)).toThrow(/^model-mismatch: between: it is /);
    const other = { ...to, book: { ...to.book, account: 'M2-H' } };
    expect(() => attributeChange(from, other, between)).toThrow(/^out-of-bounds: account/);
  });
});
