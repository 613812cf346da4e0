import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { currentKernel } from '../../adapters/kernel-files.js';
import { shippedUrsParameters } from '../../adapters/parameter-files.js';
import type { Book } from '../../book.js';
import { sums } from '../../explain.js';
import type { RiskInstrument } from '../../instrument.js';
import type { LiquidityTier, Market } from '../../market.js';
import { buildScenarios } from '../../scenarios/scenarios.js';
import { vectors } from '../../testing/vectors.js';
import { UrsModel } from './urs.js';

type Numbers = Readonly<Record<string, number>>;
interface Example {
  readonly parametersVersion: string;
  readonly now: number;
  readonly history: readonly (readonly [date: string, ...values: number[]])[];
  readonly market: {
    readonly marks: Numbers;
    readonly funding: Numbers;
    readonly underlyings: Readonly<
      Record<
        string,
        {
          readonly tier: LiquidityTier;
          readonly price: number;
          readonly spread: number;
          readonly adv: number;
          readonly openInterest: number;
          readonly oracleConfidence: number;
          readonly crowding: number;
        }
      >
    >;
    readonly terms: Readonly<
      Record<
        string,
        readonly [
          kind: string,
          underlying: string,
          size: number,
          days: number,
          strike?: number,
          vol?: number,
        ]
      >
    >;
    readonly haircut: number;
    readonly peg: number;
  };
  readonly book: {
    readonly positions: Readonly<Record<string, readonly [quantity: number, settled?: number]>>;
    readonly collateral: Numbers;
  };
  readonly expected: {
    readonly target: readonly number[];
    readonly correlation: readonly (readonly number[])[];
    readonly shortfall: number;
    readonly worst: readonly {
      readonly scenario: number;
      readonly weight: number;
      readonly loss: number;
    }[];
    readonly positions: Numbers;
    readonly underlyings: Readonly<Record<string, Numbers>>;
    readonly totals: Numbers;
    readonly equity: number;
    readonly cents: Numbers;
  };
}

const example = vectors<Example>('urs-worked-example');
const { expected } = example;
const kernel = currentKernel();
const parameters = shippedUrsParameters();

function instrument(id: string): RiskInstrument {
  const [kind, underlying, contractSize, days, strike] = example.market.terms[id] ?? ['', '', 0, 0];
  const expiry = example.now + days * 86_400_000_000;
  const settlement = kind === 'inverse' ? 'inverse' : 'linear';
  const terms = { id, underlying, contractSize, settlement, quote: 'USDT' } as const;
  const common = { ...terms, allowsNegativePrice: false };
  if (kind === 'future') return { ...common, kind, expiry };
  if (kind !== 'call' && kind !== 'put') return { ...common, kind: 'perpetual' };
  const option = { type: kind, style: 'european', premium: 'futures-style' } as const;
  return {
    ...common,
    kind: 'option',
    expiry,
    option: { ...option, strike: strike ?? 0, volFactor: 'A-IV' },
  };
}

const market: Market = {
  markSetId: 'example',
  time: example.now,
  numeraire: { asset: 'USDT', scale: 2 },
  instruments: new Map(Object.keys(example.market.terms).map((id) => [id, instrument(id)])),
  marks: new Map(
    Object.entries(example.market.marks).map(([id, price]) => {
      const vol = example.market.terms[id]?.[5];
      const funding = example.market.funding[id];
      const more = {
        ...(vol !== undefined && { vol }),
        ...(funding !== undefined && { funding }),
      };
      return [id, { price, source: 'example', ...more }];
    }),
  ),
  underlyings: new Map(
    Object.entries(example.market.underlyings).map(([id, each]) => [
      id,
      { ...each, source: 'example', group: 'crypto' },
    ]),
  ),
  assets: new Map([
    ['A', { price: 100, source: 'example', haircut: example.market.haircut, factor: 'A' }],
  ]),
  pegs: new Map([['USDC', example.market.peg]]),
};

const book: Book = {
  account: 'example',
  positions: Object.entries(example.book.positions).map(([id, [quantity, settled]]) => ({
    instrument: id,
    quantity: BigInt(quantity),
    quantityScale: 0,
    ...(typeof settled === 'number' && { settledPrice: settled }),
  })),
  collateral: Object.entries(example.book.collateral).map(([asset, quantity]) => ({
    asset,
    quantity: BigInt(quantity),
    quantityScale: 0,
  })),
};

const scenarios = buildScenarios(kernel, parameters, {
  name: 'example',
  maximumGapDays: 1,
  factors: [
    { id: 'A', kind: 'price', move: 'relative' },
    { id: 'B', kind: 'price', move: 'relative' },
    { id: 'A-IV', kind: 'iv', move: 'relative' },
  ],
  days: example.history.map(([date, ...values]) => ({ date, values })),
});
const model = new UrsModel({ kernel, parameters, scenarios: [scenarios] });
const { requirement, sets, rules } = model.examine(book, market);

function near(actual: number | undefined, wanted: number | undefined, relative = 1e-10): void {
  const scale = Math.max(Math.abs(wanted ?? NaN), 1e-6);
  expect(Math.abs((actual ?? NaN) - (wanted ?? NaN))).toBeLessThanOrEqual(relative * scale);
}

describe('the worked example, computed apart in plain Python', () => {
  it('is of the parameters that are shipped', () => {
    expect(parameters.version).toBe(example.parametersVersion);
  });

  it('has the same volatilities and correlation', () => {
    const facts = scenarios.set.facts;
    expected.target.forEach((each, i) => near(facts?.target[i], each));
    expected.correlation.flat().forEach((each, i) => near(facts?.correlation[i], each));
  });

  it('has the same worst scenarios, weights and losses', () => {
    const [{ shortfall } = { shortfall: undefined }] = sets;
    near(shortfall?.value, expected.shortfall);
    expect(shortfall?.atoms.map(({ index }) => index)).toEqual(
      expected.worst.map(({ scenario }) => scenario),
    );
    expected.worst.forEach(({ weight, loss }, i) => {
      near((shortfall?.atoms[i]?.mass ?? 0) / parameters.number('core.alpha'), weight);
      near(shortfall?.atoms[i]?.loss, loss);
    });
  });

  it('has the same core, tail grid, floors, add-ons and margins', () => {
    for (const [name, value] of Object.entries(expected.totals)) {
      near((rules.totals as Numbers)[name], value, 1e-9);
    }
    Object.values(expected.underlyings).forEach((each, u) => {
      for (const [name, value] of Object.entries(each)) {
        if (name === 'lin' || name === 'sigma') continue;
        near((rules.underlyings[u] as Numbers | undefined)?.[name], value, 1e-9);
      }
    });
  });

  it('asks the same cents, and explains them', () => {
    const { equity, initialMargin, maintenanceMargin, explanation } = requirement;
    expect({ equity, initialMargin, maintenanceMargin }).toEqual({
      equity: BigInt(expected.cents['equity'] ?? 0),
      initialMargin: BigInt(expected.cents['initialMargin'] ?? 0),
      maintenanceMargin: BigInt(expected.cents['maintenanceMargin'] ?? 0),
    });
    for (const tree of Object.values(explanation)) expect(sums(tree)).toBe(true);
    for (const { name, amount } of explanation.positions.parts ?? []) {
      expect(Math.abs(Number(amount) - (expected.positions[name] ?? NaN) * 100)).toBeLessThan(1);
    }
  });

  it('is printed in the standard with these numbers', () => {
    const text = readFileSync(
      new URL('../../../../../docs/risk-standard.md', import.meta.url),
      'utf8',
    );
    const section = text.slice(text.indexOf('## 17. Worked example')).split('\n## ')[0] ?? '';
    const { totals, positions, worst, cents } = expected;
    const numbers = [
      ...Object.values(totals).filter((each) => each !== 0),
      ...Object.values(positions),
      ...worst.map(({ loss }) => loss),
      ...expected.target.map((each) => each * 100),
    ];
    const printed = [
      ...numbers.map((each) => each.toFixed(4)),
      ...Object.values(cents).map((each) => (each / 100).toFixed(2)),
    ];
    expect(printed.filter((each) => !section.includes(each))).toEqual([]);
  });
});
